"""Every client method against servers and proxies that answer nonsense, over real sockets."""

import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, NamedTuple

import pytest

from nomad_console.clients import http, sessions
from nomad_console.clients.autoscaling import AutoScaling
from nomad_console.clients.consul import Consul
from nomad_console.clients.elb import Elb
from nomad_console.clients.errors import ApiError
from nomad_console.clients.listing import Page
from nomad_console.clients.nomad import Nomad
from nomad_console.clients.nomad_calls import DrainSpec
from nomad_console.clients.probe import Visitor
from nomad_console.domain.target import TargetKey
from tests.support.backends import consul_at, elb_at, nomad_at, scaling_at
from tests.support.hostile import (
    JSON,
    RUDE,
    TOKEN,
    TRANSPORT,
    XML,
    HostileServer,
    answer,
    chunked,
    hostile_server,
)
from tests.support.recorded import recorded_body
from tests.support.recorded_elb import recorded_xml

ID = "e7b508fe-b617-b9fe-48c9-fc281ce58934"
KEY = "nomad-console/global/run"
SPEC = DrainSpec(60.0, ignore_system_jobs=False)
TARGET = TargetKey("arn:group", "i-1", 80)
WRITTEN = {"Index": 7}


class Case(NamedTuple):
    """A method, a good answer to it, and the endpoint that its errors name."""

    method: str
    call: Callable[[Any], Awaitable[object]]
    good: bytes
    endpoint: str

    def __str__(self) -> str:
        return self.method


def nomad(
    method: str, call: Callable[[Nomad], Awaitable[object]], good: object, endpoint: str
) -> Case:
    return Case(f"nomad-{method}", call, json.dumps(good).encode(), endpoint)


def of_id(name: str) -> str:
    return str(recorded_body(name)["ID"])


NODE, ALLOCATION = of_id("nomad/node.json"), of_id("nomad/allocation.json")
NOMAD = [
    nomad("nodes", lambda n: n.nodes(), recorded_body("nomad/nodes.json"), "GET /v1/nodes"),
    nomad(
        "allocations",
        lambda n: n.allocations(),
        recorded_body("nomad/allocations.json"),
        "GET /v1/allocations",
    ),
    nomad("node", lambda n: n.node(NODE), recorded_body("nomad/node.json"), "GET /v1/node/"),
    nomad(
        "allocation",
        lambda n: n.allocation(ALLOCATION),
        recorded_body("nomad/allocation.json"),
        "GET /v1/allocation/",
    ),
    nomad("job_stubs", lambda n: n.job_stubs(), recorded_body("nomad/jobs.json"), "GET /v1/jobs"),
    nomad(
        "job",
        lambda n: n.job("default", "web"),
        recorded_body("nomad/job-web.json"),
        "GET /v1/job/web",
    ),
    nomad(
        "deployments",
        lambda n: n.deployments(),
        recorded_body("nomad/deployments.json"),
        "GET /v1/deployments",
    ),
    nomad(
        "blocked_evaluations",
        lambda n: n.blocked_evaluations(),
        recorded_body("nomad/evaluations-blocked.json"),
        "GET /v1/evaluations",
    ),
    nomad(
        "namespaces",
        lambda n: n.namespaces(),
        recorded_body("nomad/namespaces.json"),
        "GET /v1/namespaces",
    ),
    nomad(
        "agent", lambda n: n.agent(), recorded_body("nomad/agent-self.json"), "GET /v1/agent/self"
    ),
    nomad(
        "servers",
        lambda n: n.servers(),
        recorded_body("nomad/agent-members.json"),
        "GET /v1/agent/members",
    ),
    nomad("leader", lambda n: n.leader(), "10.0.0.9:4647", "GET /v1/status/leader"),
    nomad(
        "token",
        lambda n: n.token(),
        recorded_body("nomad/acl/token-self-management.json"),
        "GET /v1/acl/token/self",
    ),
    nomad(
        "drain",
        lambda n: n.drain(ID, SPEC, mark_eligible=False, meta={}),
        WRITTEN,
        f"POST /v1/node/{ID}/drain",
    ),
    nomad(
        "set_eligibility",
        lambda n: n.set_eligibility(ID, eligible=True),
        WRITTEN,
        f"POST /v1/node/{ID}/eligibility",
    ),
    nomad(
        "evaluate_job",
        lambda n: n.evaluate_job("default", "web"),
        WRITTEN,
        "POST /v1/job/web/evaluate",
    ),
    nomad(
        "stop_allocation",
        lambda n: n.stop_allocation(ID),
        WRITTEN,
        f"POST /v1/allocation/{ID}/stop",
    ),
]


def consul(
    method: str, call: Callable[[Consul], Awaitable[object]], good: object, endpoint: str
) -> Case:
    return Case(f"consul-{method}", call, json.dumps(good).encode(), endpoint)


YES = True
ENTRY = [{"Key": KEY, "Value": "dXM=", "Session": ID}]
CONSUL = [
    consul(
        "services",
        lambda c: c.services(),
        recorded_body("consul/internal-ui-services.json"),
        "GET /v1/internal/ui/services",
    ),
    consul(
        "checks",
        lambda c: c.checks("any"),
        recorded_body("consul/health-state-any.json"),
        "GET /v1/health/state/any",
    ),
    consul("agent", lambda c: c.agent(), recorded_body("consul/agent-self.json"), "GET /v1/agent"),
    consul("leader", lambda c: c.leader(), "10.0.0.9:8300", "GET /v1/status/leader"),
    consul("open_session", lambda c: c.open_session("x", 30), {"ID": ID}, "PUT /v1/session/create"),
    consul("renew_session", lambda c: c.renew_session(ID), [{"ID": ID}], "PUT /v1/session/renew/"),
    consul("end_session", lambda c: c.end_session(ID), YES, "PUT /v1/session/destroy/"),
    consul("acquire", lambda c: c.acquire(KEY, b"us", ID), YES, f"PUT /v1/kv/{KEY}"),
    consul("release", lambda c: c.release(KEY, b"us", ID), YES, f"PUT /v1/kv/{KEY}"),
    consul("entry", lambda c: c.entry(KEY), ENTRY, f"GET /v1/kv/{KEY}"),
]
AWS = [
    Case(f"elb-{method}", call, recorded_xml(name).strip(), endpoint)
    for method, call, name, endpoint in (
        (
            "load_balancers",
            lambda e: e.load_balancers(),
            "describe-load-balancers",
            "DescribeLoadBalancers",
        ),
        (
            "target_groups",
            lambda e: e.target_groups(),
            "describe-target-groups",
            "DescribeTargetGroups",
        ),
        (
            "attributes",
            lambda e: e.attributes("arn:group"),
            "describe-target-group-attributes",
            "DescribeTargetGroupAttributes",
        ),
        (
            "targets",
            lambda e: e.targets("arn:group"),
            "describe-target-health",
            "DescribeTargetHealth",
        ),
        ("register", lambda e: e.register(TARGET, "", ""), "register-targets", "RegisterTargets"),
        ("deregister", lambda e: e.deregister(TARGET), "deregister-targets", "DeregisterTargets"),
    )
]
_CALLER = b"<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::1:user/a</Arn>"
AWS += [
    Case(
        "elb-identity",
        lambda e: e.identity(),
        _CALLER + b"</GetCallerIdentityResult></GetCallerIdentityResponse>",
        "GetCallerIdentity",
    )
]
SCALING = Case(
    "scaling-instances",
    lambda s: s.instances(["i-1"]),
    b"<DescribeAutoScalingInstancesResponse><DescribeAutoScalingInstancesResult>"
    b"<AutoScalingInstances><member><InstanceId>i-1</InstanceId>"
    b"<AutoScalingGroupName>web</AutoScalingGroupName></member></AutoScalingInstances>"
    b"</DescribeAutoScalingInstancesResult></DescribeAutoScalingInstancesResponse>",
    "DescribeAutoScalingInstances",
)


class Backends(NamedTuple):
    server: HostileServer
    address: str
    clients: dict[str, Any]


@pytest.fixture
async def backends(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Backends]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", TOKEN)
    for module in (http, sessions):
        monkeypatch.setattr(module, "LARGEST", 1_000_000)
    monkeypatch.setattr(http, "WHOLE", 1_000_000)
    async with AsyncExitStack() as stack:
        address, server = await stack.enter_async_context(hostile_server())
        made = {
            "nomad": nomad_at(address, read_only=False, token=TOKEN),
            "consul": consul_at(address, read_only=False, token=TOKEN),
            "elb": elb_at(address, read_only=False),
            "scaling": scaling_at(address),
        }
        clients = {name: await stack.enter_async_context(one) for name, one in made.items()}
        yield Backends(server, address, clients)


async def outcome(backends: Backends, case: Case, raw: bytes) -> object:
    """What the method gives; an ApiError is checked to be fit to be shown."""
    backends.server.raw = raw
    client = backends.clients[str(case).partition("-")[0]]
    try:
        found = await case.call(client)
        return (found.rows, found.index, found.next_token) if isinstance(found, Page) else found
    except ApiError as error:
        check(error, case.endpoint)
        return error


def check(error: ApiError, endpoint: str) -> None:
    said = f"{error} {error.hint} {error!r}"
    assert endpoint in error.endpoint
    assert said.isprintable()
    assert TOKEN not in said
    assert len(said) < 1_200
    assert error.text


async def indexes(backends: Backends) -> tuple[list[int], ApiError]:
    """What a stream gave before it failed, and how it failed."""
    found = list[int]()
    try:
        async for frame in backends.clients["nomad"].events(["Node"]):
            found.append(frame.index)
    except ApiError as error:
        return found, error
    raise AssertionError("a stream is endless or fails")


# Whole answers to those who do not look at the header that lies.
BENIGN = {"length-twice", "length-nonsense", "length-too-long", "gzip-that-is-none"}


@pytest.mark.parametrize("case", [*NOMAD, *CONSUL, *AWS, SCALING], ids=str)
async def test_no_method_takes_nonsense_for_an_answer(backends: Backends, case: Case) -> None:
    xml = case in AWS or case is SCALING
    right = await outcome(backends, case, answer(case.good))
    assert not isinstance(right, ApiError), right
    assert await outcome(backends, case, chunked(case.good)) == right
    blind = JSON if case.method == "consul-end_session" else ()  # py-consul looks at 200 alone
    for name, bent in (TRANSPORT | (XML if xml else JSON)).items():
        found = await outcome(backends, case, bent(case.good))
        same = (name in BENIGN or name in blind) and found == right
        assert isinstance(found, ApiError) or same, f"{name}: {found!r}"


async def test_squeezed_answers_are_read(backends: Backends) -> None:
    for case in (*NOMAD, *CONSUL):
        raw = answer(gzip.compress(case.good), "200 OK", "Content-Encoding: gzip")
        right = await outcome(backends, case, answer(case.good))
        assert await outcome(backends, case, raw) == right, case.method


async def test_a_single_record_is_the_one_that_was_asked_for(backends: Backends) -> None:
    for case in NOMAD:
        if case.method not in {"nomad-node", "nomad-allocation", "nomad-job"}:
            continue
        for bent in (
            case.good[:-1] + b',"ID":"another"}',
            case.good.replace(b'"ID": "', b'"ID": "x', 1),
        ):
            assert isinstance(await outcome(backends, case, answer(bent)), ApiError)
        first = case.good[:1] + b'"ID":"another",' + case.good[1:]  # the last of two counts
        right = await outcome(backends, case, answer(case.good))
        assert await outcome(backends, case, answer(first)) == right


async def test_pages_that_never_end_are_given_up(backends: Backends) -> None:
    nomads: Nomad = backends.clients["nomad"]
    backends.server.raw = answer(b"[]", "200 OK", "X-Nomad-NextToken: again")
    with pytest.raises(ApiError, match="its own successor"):
        await nomads.node_allocations(ID)
    elb: Elb = backends.clients["elb"]
    scaling: AutoScaling = backends.clients["scaling"]
    for body, end, token, call in (
        (recorded_xml("describe-target-groups"), b"TargetGroups", b"NextMarker", elb.target_groups),
        (SCALING.good, b"AutoScalingInstances", b"NextToken", lambda: scaling.instances(["i-1"])),
    ):
        close = b"</" + end + b">"
        more = close + b"<" + token + b">again</" + token + b">"
        backends.server.raw = answer(body.replace(close, more, 1))
        with pytest.raises(ApiError, match="its own successor"):
            await call()


async def test_index_headers_of_no_measure_are_none(backends: Backends) -> None:
    for said in ("9" * 5_000, "-7", "1e9", "٣", "0x10", ""):
        backends.server.raw = answer(
            b"[]", "200 OK", f"X-Nomad-Index: {said}".encode().decode("latin-1")
        )
        assert (await backends.clients["nomad"].nodes()).index == 0


STREAMS = {
    "cut-in-a-character": '{"Index":7,"Events":[{"Topic":"größe'.encode()[:-3],
    "cut-in-a-line": b'{"Index":7',
    "glued": b"{}{}\n",
    "not-utf-8": b'{"Index":7,"Events":[{"Topic":"\xff"}]}\n',
    "list": b"[]\n",
    "empty-line": b"\n",
    "long-number": b'{"Index":1' + b"0" * 400 + b"}\n",
    "nested": b'{"x":' + b"[" * 100_000 + b"\n",
    "page": b"<html><body>sign in",
    "rude": RUDE.encode() + b"\n",
    "line-without-end": b"{" * 2_000_000,
}


@pytest.mark.parametrize("bent", STREAMS.values(), ids=STREAMS)
async def test_a_stream_gives_whole_frames_and_then_an_error(
    backends: Backends, bent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nomad_console.clients.nomad_stream.LARGEST", 1_000_000)
    good = b'{}\n{"Index":5,"Events":null}\n'
    for wrap in (answer, chunked):
        backends.server.raw = wrap(good + bent)
        found, error = await indexes(backends)
        assert found == [0, 5]
        check(error, "GET /v1/event/stream")


async def test_a_large_frame_is_one(backends: Backends) -> None:
    padded = b'{"Index":9,"Events":null,"Padding":"' + b"x" * 17_000_000 + b'"}\n'
    backends.server.raw = chunked(b"{}\n" + padded + b'{"Index":10}\n{"Index":11}\n')
    found, error = await indexes(backends)
    assert found == [0, 9, 10, 11]
    assert error.text == "the event stream ended"


async def test_a_visitor_says_what_is_wrong_in_few_words(backends: Backends) -> None:
    visitor = Visitor()
    for name, bent in TRANSPORT.items():
        backends.server.raw = bent(b"hello")
        said = await visitor.get(backends.address)
        assert said.isprintable()
        assert len(said) <= 100, name
    backends.server.raw = answer(b"", f"503 {'z' * 5_000}")
    assert (await visitor.get(backends.address)).startswith("503 zzz")
    await visitor.close()


@pytest.mark.parametrize("bent", ["5ec7\n", "5e c7", "5ec7-é", "5ec7\x00", " 5ec7"])
async def test_a_token_that_no_header_carries_is_not_shown(bent: str) -> None:
    async with (
        hostile_server() as (address, server),
        nomad_at(address, token=bent, read_only=False) as nomads,
        consul_at(address, token=bent) as consuls,
    ):
        server.raw = answer(b"[]")
        for call in (nomads.nodes, nomads.leader, consuls.leader, lambda: consuls.checks("any")):
            with pytest.raises(ApiError, match="no header can carry") as caught:
                await call()
            assert "5e" not in f"{caught.value} {caught.value!r} {caught.value.hint}"
            assert caught.value.__cause__ is None
