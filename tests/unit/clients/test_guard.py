import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from nomad_console.clients.autoscaling import AutoScaling
from nomad_console.clients.consul import Consul
from nomad_console.clients.elb import Elb
from nomad_console.clients.errors import ApiError, ReadOnly
from nomad_console.clients.guard import Guard, aws_guard, consul_guard, nomad_guard
from nomad_console.clients.nomad import Nomad
from nomad_console.clients.nomad_calls import DrainSpec
from nomad_console.domain.target import TargetKey
from tests.support.backends import consul_at, elb_at, nomad_at, scaling_at
from tests.support.serving import Listener

NODE = "9030af16-25ee-b12b-d341-f337c9c8fa52"
WRITES = {
    Nomad: {"drain", "set_eligibility", "evaluate_job", "stop_allocation"},
    Consul: {"open_session", "renew_session", "end_session", "acquire", "release"},
    Elb: {"register", "deregister"},
    AutoScaling: set(),
}
NO_CALLS = {"close", "library"}  # they speak to nobody
VALUES: dict[str, object] = {
    "node_id": NODE,
    "alloc_id": NODE,
    "namespace": "default",
    "job_id": "web",
    "name": "c1",
    "state": "critical",
    "ttl_s": 30,
    "session": NODE,
    "path": "nomad-console/global/run",
    "value": b"",
    "ids": ["i-0123456789abcdef0"],
    "arn": "arn:aws:elasticloadbalancing:x:1:targetgroup/a/b",
    "key": TargetKey("arn", "10.0.0.1", 80),
    "zone": "",
    "quic": "",
    "spec": DrainSpec(60, ignore_system_jobs=False),
    "mark_eligible": False,
    "eligible": True,
    "meta": {"run": "1"},
    "topics": ["Node"],
}


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    found = Listener()
    yield found
    found.close()


def public(client: type) -> list[str]:
    return [
        name
        for name, value in inspect.getmembers(client, inspect.isfunction)
        if not name.startswith("_") and name not in NO_CALLS
    ]


def arguments(method: Callable[..., Any]) -> tuple[list[object], dict[str, object]]:
    """A value for every parameter that has no default."""
    positional, named = list[object](), dict[str, object]()
    for name, parameter in inspect.signature(method).parameters.items():
        if parameter.default is not inspect.Parameter.empty:
            continue
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            named[name] = VALUES[name]
        else:
            positional.append(VALUES[name])
    return positional, named


async def outcome(client: object, name: str) -> BaseException | None:
    """What calling a method ended in, with nobody behind the listening port."""
    method = getattr(client, name)
    positional, named = arguments(method)
    called = method(*positional, **named)
    try:
        if inspect.isasyncgen(called):
            await anext(called)
        else:
            await called
    except ApiError as error:
        return error
    return None


def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reads need not wait for an answer that will not come."""
    monkeypatch.setattr("nomad_console.clients.http.READ_S", 0.05)
    monkeypatch.setattr("nomad_console.clients.sessions.READ_S", 0.05)
    monkeypatch.setattr("nomad_console.clients.http.STREAM_READ_S", 0.05)
    monkeypatch.setattr("nomad_console.clients.aws_calls._READ_S", 0.05)


@pytest.mark.parametrize(
    ("kind", "at"),
    [(Nomad, nomad_at), (Consul, consul_at), (Elb, elb_at), (AutoScaling, scaling_at)],
    ids=lambda x: x.__name__,
)
async def test_every_method_called_in_read_only_mode(
    kind: type, at: Any, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(monkeypatch)
    async with at(listener.address, read_only=True) as client:
        names = public(kind)
        assert WRITES[kind] <= set(names)
        for name in names:
            error = await outcome(client, name)
            connections = listener.connections()
            if name in WRITES[kind]:
                assert isinstance(error, ReadOnly), name
                assert connections == 0, name
            else:
                assert error is not None, name
                assert not isinstance(error, ReadOnly), f"{name}: {error}"
        assert client.guard.writes == 0
        assert client.guard.refused == len(WRITES[kind])


async def test_writes_pass_the_guard_in_read_write_mode(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(monkeypatch)
    async with (
        nomad_at(listener.address, read_only=False) as nomad,
        consul_at(listener.address, read_only=False) as consul,
        elb_at(listener.address, read_only=False) as elb,
    ):
        for client in (nomad, consul, elb):
            for name in WRITES[type(client)]:
                error = await outcome(client, name)
                assert not isinstance(error, ReadOnly), name
                assert listener.connections() == 1, name
            assert client.guard.writes == len(WRITES[type(client)])


RAW_NOMAD: list[Callable[[Any], object]] = [
    lambda api: api["node"].drain_node_with_spec(NODE, {"Deadline": 1}),
    lambda api: api["node"].eligible_node(NODE, eligible=False),
    lambda api: api["node"].purge_node(NODE),
    lambda api: api["job"].deregister_job("web"),
    lambda api: api["job"].register_job("web", {}),
    lambda api: api["job"].evaluate_job("web"),
    lambda api: api["job"].dispatch_job("web"),
    lambda api: api["acl"].generate_bootstrap(),
    lambda api: api["acl"].delete_token(NODE),
    lambda api: api["agent"].join_agent("10.0.0.1"),
    lambda api: api["agent"].force_leave("s1"),
    lambda api: api["allocation"].stop_allocation(NODE),
    lambda api: api["node"].session.post("http://127.0.0.1:1/v1/system/gc"),
    lambda api: api["node"].session.get("http://127.0.0.1:1/v1/../v1/system/gc/../../../x"),
]
RAW_CONSUL: list[Callable[[Any], object]] = [
    lambda library: library.session.create("x"),
    lambda library: library.session.renew(NODE),
    lambda library: library.session.destroy(NODE),
    lambda library: library.kv.put("nomad-console/global/run", "y"),
    lambda library: library.kv.put("nomad-console/x", "y"),
    lambda library: library.kv.put("nomad-console/../run", "y"),
    lambda library: library.kv.get("x"),
    lambda library: library.kv.delete("nomad-console/global/run"),
    lambda library: library.agent.service.register("x"),
    lambda library: library.agent.maintenance(True),  # noqa: FBT003 — the library's own form
    lambda library: library.catalog.deregister("c1"),
    lambda library: library.event.fire("x"),
    lambda library: library.txn.put([]),
    lambda library: library.http.session.delete("http://127.0.0.1:1/v1/kv/x"),
]
RAW_AWS: list[Callable[[Any], object]] = [
    lambda library: library.register_targets(TargetGroupArn="a", Targets=[{"Id": "b"}]),
    lambda library: library.deregister_targets(TargetGroupArn="a", Targets=[{"Id": "b"}]),
    lambda library: library.delete_target_group(TargetGroupArn="a"),
    lambda library: library.modify_target_group(TargetGroupArn="a"),
    lambda library: library.set_subnets(LoadBalancerArn="a"),
    lambda library: library.create_load_balancer(Name="a"),
]


@pytest.mark.parametrize("call", RAW_NOMAD)
async def test_python_nomad_itself_cannot_write(call: Any, listener: Listener) -> None:
    async with nomad_at(listener.address) as nomad:
        with pytest.raises(ReadOnly):
            call(nomad._calls.endpoints())
    assert listener.connections() == 0


@pytest.mark.parametrize("call", RAW_CONSUL)
async def test_py_consul_itself_cannot_write(call: Any, listener: Listener) -> None:
    async with consul_at(listener.address) as consul:
        for calls in (consul._calls, consul._locks):
            with pytest.raises(ReadOnly):
                call(calls.library())
    assert listener.connections() == 0


@pytest.mark.parametrize("call", RAW_CONSUL[4:])
async def test_py_consul_cannot_do_what_we_never_do(call: Any, listener: Listener) -> None:
    async with consul_at(listener.address, read_only=False) as consul:
        with pytest.raises(ReadOnly):
            call(consul._locks.library())
    assert listener.connections() == 0


@pytest.mark.parametrize("call", RAW_AWS)
async def test_boto3_itself_cannot_write(call: Any, listener: Listener) -> None:
    async with elb_at(listener.address) as elb:
        with pytest.raises(ReadOnly):
            call(elb.library())
    assert listener.connections() == 0


@pytest.mark.parametrize("call", RAW_AWS[2:])
async def test_boto3_cannot_do_what_we_never_do(call: Any, listener: Listener) -> None:
    async with elb_at(listener.address, read_only=False) as elb:
        with pytest.raises(ReadOnly):
            call(elb.library())
    assert listener.connections() == 0


async def test_another_service_of_the_same_session_is_guarded_too(listener: Listener) -> None:
    async with elb_at(listener.address) as elb:
        with pytest.raises(ReadOnly):
            elb.library("sts").decode_authorization_message(EncodedMessage="x")
    assert listener.connections() == 0


@pytest.mark.parametrize("read_only", [True, False])
async def test_auto_scaling_is_only_looked_at(read_only: bool, listener: Listener) -> None:
    async with scaling_at(listener.address, read_only=read_only) as scaling:
        with pytest.raises(ReadOnly):
            scaling.library().enter_standby(
                AutoScalingGroupName="g", ShouldDecrementDesiredCapacity=True
            )
    assert listener.connections() == 0


async def test_httpx_itself_cannot_write(listener: Listener) -> None:
    async with nomad_at(listener.address) as nomad:
        client = nomad._reads._client(__import__("httpx").Limits())
        with pytest.raises(ReadOnly):
            await client.post(f"{listener.address}/v1/system/gc")
        with pytest.raises(ReadOnly):
            await client.get(f"{listener.address}/v1/operator/snapshot")
        await client.aclose()
    assert listener.connections() == 0


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/system/gc"),
        ("PUT", f"/v1/node/{NODE}/drain"),
        ("POST", "/v1/jobs"),
        ("GET", "/v1/nodes/"),
        ("GET", "/v1/node/../system/gc"),
        ("GET", "/v1/job/%2e%2e/versions"),
        ("GET", "/v1/job/a\nb"),
        ("get", "/v1/nodes"),
        ("GET", "/v2/nodes"),
        ("GET", "http://elsewhere/v1/nodes"),
        ("DELETE", "/v1/job/web"),
    ],
)
def test_what_is_not_listed_is_refused_in_either_mode(method: str, path: str) -> None:
    for read_only in (True, False):
        guard = nomad_guard(read_only=read_only)
        with pytest.raises(ReadOnly):
            guard.check(method, path)
        assert (guard.reads, guard.writes, guard.refused) == (0, 0, 1)


@pytest.mark.parametrize(
    ("guard", "method", "path"),
    [
        (nomad_guard(read_only=True), "GET", "/v1/job/a%2Fperiodic-1"),
        (nomad_guard(read_only=True), "POST", "/v1/search/fuzzy"),
        (nomad_guard(read_only=True), "POST", "/v1/jobs/parse"),
        (consul_guard(read_only=True), "GET", "/v1/health/node/c1"),
        (aws_guard(read_only=True), "call", "DescribeTargetHealth"),
        (aws_guard(read_only=True), "call", "AssumeRoleWithWebIdentity"),
        (aws_guard(read_only=False), "call", "RegisterTargets"),
        (nomad_guard(read_only=False), "POST", f"/v1/node/{NODE}/drain"),
    ],
)
def test_what_is_listed_passes_and_is_counted(guard: Guard, method: str, path: str) -> None:
    guard.check(method, path)
    assert guard.reads + guard.writes == 1
    assert guard.refused == 0


def test_the_refusal_says_which_mode_refuses() -> None:
    with pytest.raises(ReadOnly, match="read-only"):
        nomad_guard(read_only=True).check("POST", f"/v1/node/{NODE}/drain")
    with pytest.raises(ReadOnly, match="not among"):
        nomad_guard(read_only=False).check("POST", "/v1/system/gc")
