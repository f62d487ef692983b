from typing import Any

import msgspec
import pytest

from nomad_console.simulator.nomad_api.acl import (
    NODE_ONLY,
    READ_ONLY,
    Acl,
    Token,
    one_namespace,
)
from tests.support.nomad_http import NomadLab
from tests.support.nomad_sockets import Wire, on_socket
from tests.support.recorded import recorded

STREAM = "/v1/event/stream"
SECRETS = {
    "read-only": "11111111-2222-3333-4444-555555555555",
    "one-namespace": "22222222-2222-3333-4444-555555555555",
    "node-only": "33333333-2222-3333-4444-555555555555",
}
UNKNOWN = "99999999-2222-3333-4444-555555555555"


def tokens() -> list[Token]:
    rights = {
        "read-only": READ_ONLY,
        "one-namespace": one_namespace("prod"),
        "node-only": NODE_ONLY,
    }
    return [Token(SECRETS[name], name, name, rights[name]) for name in SECRETS]


async def events(wire: Wire) -> list[Any]:
    found: list[Any] = msgspec.json.decode(await wire.line())["Events"]
    return found


async def test_an_accepted_stream_is_a_bare_200_with_a_heartbeat_at_once() -> None:
    lab = NomadLab()
    lab.cluster.set_eligibility(lab.node_id("c2"), "ineligible")
    async with on_socket(lab) as socket:
        wire = await socket.get(f"{STREAM}?topic=Node&index=99999", "Accept-Encoding: gzip\r\n")
        head = await wire.head()
        assert head[0] == "http/1.1 200 ok"
        assert "connection: close" in head
        assert "content-type: application/json" in head
        names = {line.partition(":")[0] for line in head}
        assert not names & {"transfer-encoding", "content-encoding", "content-length"}
        assert "x-nomad-index" not in names
        assert await wire.line() == b"{}\n"
        (last,) = await events(wire)  # an index of the future: the last item again
        lab.cluster.set_eligibility(lab.node_id("c1"), "ineligible")
        (event,) = await events(wire)
        assert event["Index"] > last["Index"]
        assert (event["Type"], event["Key"]) == ("NodeEligibility", lab.node_id("c1"))
        assert event["Payload"]["Node"]["SecretID"] == ""
        lab.advance(30)
        assert await wire.line() == b"{}\n"


async def test_a_reader_who_hangs_up_is_forgotten() -> None:
    lab = NomadLab()
    async with on_socket(lab) as socket:
        wire = await socket.get(f"{STREAM}?topic=Node")
        await wire.head()
        await wire.line()
        assert lab.view.streams.open == 1
        await wire.close()
        while lab.view.streams.open:
            await (await socket.get("/v1/status/leader")).head()


@pytest.mark.parametrize(
    "name",
    [
        "stream-node-only-node",
        "stream-node-only-allocation",
        "stream-one-namespace-all",
        "stream-one-namespace-own",
        "stream-read-only-all",
        "stream-read-only-all-topics",
        "stream-read-only-nodepool",
        "stream-read-only-unknown-topic",
        "stream-no-token",
    ],
)
async def test_a_refused_stream_is_a_200_that_stays_silent(name: str) -> None:
    call = recorded(f"nomad/acl/{name}.json")
    secret = call["request"]["headers"].get("X-Nomad-Token", "").strip("<>")
    header = f"X-Nomad-Token: {SECRETS[secret]}\r\n" if secret else ""
    async with on_socket(NomadLab(Acl(tokens()))) as socket:
        wire = await socket.get(f"{STREAM}?{call['request']['query']}", header)
        assert (await wire.head())[0] == "http/1.1 200 ok"
        if "\r\n\r\n{}\n" in call["raw_answer_start"]:
            assert await wire.line() == b"{}\n"
        else:
            assert await wire.silent()


async def test_a_refused_stream_closes_by_itself_later_an_unknown_token_at_once() -> None:
    lab = NomadLab(Acl(tokens()))
    async with on_socket(lab) as socket:
        refused = await socket.get(f"{STREAM}?topic=Node")
        await refused.head()
        assert await refused.silent()
        lab.advance(40)
        assert await refused.rest() == b""
        wrong = await socket.get(f"{STREAM}?topic=Node", f"X-Nomad-Token: {UNKNOWN}\r\n")
        await wrong.head()
        assert await wrong.rest() == b""


async def test_only_a_bad_index_or_method_is_refused_in_words() -> None:
    lab = NomadLab()
    bad = await lab.get(STREAM, index="x")
    assert (bad.status_code, bad.text) == (
        400,
        'Unable to parse index: strconv.Atoi: parsing "x": invalid syntax',
    )
    assert (await lab.put(STREAM)).status_code == 405


async def test_without_a_namespace_only_the_default_one_is_streamed() -> None:
    lab = NomadLab()
    async with on_socket(lab) as socket:
        plain = await socket.get(f"{STREAM}?topic=Job&index=99999")
        every = await socket.get(f"{STREAM}?topic=Job&index=99999&namespace=*")
        for wire in (plain, every):
            await wire.head()
            assert await wire.line() == b"{}\n"
        lab.cluster.deregister_job("prod", "api")
        seen = [event["Namespace"] for event in await events(every)]
        while "prod" not in seen:
            seen = [event["Namespace"] for event in await events(every)]
        lab.cluster.deregister_job("default", "web")
        assert {event["Namespace"] for event in await events(plain)} == {"default"}


async def test_rights_taken_away_end_the_stream() -> None:
    lab = NomadLab()
    async with on_socket(lab) as socket:
        wire = await socket.get(f"{STREAM}?topic=Job&index=99999&namespace=*")
        await wire.head()
        await wire.line()
        lab.acl.forbid("prod")
        await wire.rest()
        again = await socket.get(f"{STREAM}?topic=Job&namespace=*")
        await again.head()
        assert await again.silent()
        own = await socket.get(f"{STREAM}?topic=Job&namespace=default")
        await own.head()
        assert await own.line() == b"{}\n"
