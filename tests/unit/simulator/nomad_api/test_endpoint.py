import gzip
from urllib.parse import quote

import msgspec
import pytest

from nomad_console.simulator.nomad_api.acl import READ_ONLY, Acl, Token
from tests.support.nomad_http import NomadLab
from tests.support.nomad_sockets import Wire, on_socket
from tests.support.recorded import recorded

SECRET = "11111111-2222-3333-4444-555555555555"


@pytest.mark.parametrize(
    "name",
    [
        "error-400-bad-filter",
        "error-400-index",
        "error-400-per-page",
        "error-400-unknown-field",
        "error-400-wait",
        "error-404-allocation",
        "error-404-deployment",
        "error-404-evaluation",
        "error-404-job",
        "error-404-node",
        "error-500-bad-allocation-id",
        "error-500-bad-node-id",
        "error-bad-next-token",
        "error-bad-next-token-allocations",
        "error-namespace",
        "error-region",
        "allocations-filter-migrate",
        "job-allocations-unknown-job",
    ],
)
async def test_an_error_is_answered_as_recorded(name: str) -> None:
    call = recorded(f"nomad/{name}.json")
    query = dict(part.split("=", 1) for part in call["request"]["query"].split("&") if part)
    answer = await NomadLab().get(call["request"]["path"], **query)
    assert answer.status_code == call["status"]
    if isinstance(call["body"], str):
        assert answer.text == call["body"]
    else:
        assert answer.json() == call["body"]
    for header, text in call["headers"].items():
        if header == "X-Nomad-Index":
            assert header in answer.headers
        else:
            assert answer.headers[header] == text


async def test_gzip_is_sent_to_whoever_takes_it_even_for_an_error() -> None:
    lab = NomadLab(settled=False)
    async with lab.client(gzip=True) as client:
        for path in ("/v1/status/leader", "/v1/node/x", "/v1/nodes"):
            assert (await client.get(path)).headers["Content-Encoding"] == "gzip"
        assert "Content-Encoding" not in (await client.get("/v1/nope")).headers
    assert "Content-Encoding" not in (await lab.get("/v1/nodes")).headers


async def test_a_wrong_method_is_405() -> None:
    answer = await NomadLab(settled=False).put("/v1/nodes", {})
    assert (answer.status_code, answer.text) == (405, "Invalid method")


async def test_a_token_may_come_in_any_of_three_ways() -> None:
    lab = NomadLab(Acl([Token(SECRET, "a", "reader", READ_ONLY)]), settled=False)
    async with lab.client() as client:
        for headers in ({"X-Nomad-Token": SECRET}, {"Authorization": f"Bearer {SECRET}"}):
            assert (await client.get("/v1/nodes", headers=headers)).status_code == 200
        assert (await client.get("/v1/nodes", params={"token": SECRET})).status_code == 200
        assert (await client.get("/v1/nodes")).text == "Permission denied"


async def body(wire: Wire) -> tuple[int, object]:
    """The index and the body of an answer on the wire."""
    headers = dict(line.split(": ", 1) for line in (await wire.head())[1:])
    text = await wire.body(int(headers["content-length"]))
    return int(headers["x-nomad-index"]), msgspec.json.decode(text)


async def test_a_blocked_read_wakes_on_its_table_and_not_on_others() -> None:
    lab = NomadLab()
    indexes = lab.state.table_index
    identity = lab.node_id("c1")
    own = lab.state.nodes[identity]["ModifyIndex"]
    async with on_socket(lab) as socket:
        nodes = await socket.get(f"/v1/nodes?index={indexes['nodes']}")
        node = await socket.get(f"/v1/node/{identity}?index={own}")
        evaluations = await socket.get(f"/v1/evaluations?index={indexes['evaluations']}")
        assert await nodes.silent()
        lab.cluster.job_evaluate("default", "web")
        assert (await body(evaluations))[0] == indexes["evaluations"]
        assert await nodes.silent()
        lab.cluster.touch_allocation(next(iter(lab.state.allocs_by_node[identity])))
        lab.advance(2)
        index, rows = await body(nodes)  # equal to the last list: only hidden fields changed
        assert index == indexes["nodes"]
        assert rows == (await lab.get("/v1/nodes")).json()
        assert await node.silent()
        lab.cluster.set_eligibility(identity, "ineligible")
        assert (await body(node))[0] > own


async def test_a_nodes_allocations_wake_on_their_own_node_alone() -> None:
    lab = NomadLab()
    first, second = lab.node_id("c1"), lab.node_id("c2")
    async with on_socket(lab) as socket:
        wires = {
            name: await socket.get(f"/v1/node/{name}/allocations?index={lab.state.index}")
            for name in (first, second)
        }
        assert await wires[first].silent()
        lab.cluster.touch_allocation(next(iter(lab.state.allocs_by_node[second])))
        lab.advance(2)
        assert (await body(wires[second]))[0] == lab.state.table_index["allocations"]
        assert await wires[first].silent()


async def test_a_blocked_read_ends_after_its_wait_with_the_index_there_is() -> None:
    lab = NomadLab()
    async with on_socket(lab) as socket:
        wire = await socket.get("/v1/nodes?index=99999999&wait=3s")
        assert await wire.silent()
        lab.advance(3)
        assert await wire.silent()
        lab.advance(1)
        assert (await body(wire))[0] == lab.state.table_index["nodes"]


async def test_without_a_leader_reads_fail_after_five_seconds_and_stale_ones_do_not() -> None:
    lab = NomadLab()
    for name in ("s1", "s2"):
        lab.cluster.servers.stop(name)
    async with on_socket(lab, "c1") as socket:
        wire = await socket.get("/v1/nodes")
        assert await wire.silent()
        lab.advance(5)
        head = await wire.head()
        assert head[0].startswith("http/1.1 500")
        length = next(line for line in head if line.startswith("content-length"))
        text = await wire.body(int(length.partition(": ")[2]))
        assert text == b"rpc error: No cluster leader"
        assert (await (await socket.get("/v1/nodes?stale=true")).head())[0] == "http/1.1 200 ok"
        stream = await socket.get("/v1/event/stream?topic=Node")
        await stream.head()
        assert await stream.line() == b"{}\n"


async def test_what_only_a_leader_knows_fails_late_even_when_stale_is_enough() -> None:
    lab = NomadLab()
    for name in ("s1", "s2"):
        lab.cluster.servers.stop(name)
    expected = {
        "/v1/status/leader?stale=true": b"No cluster leader",
        "/v1/operator/autopilot/health?stale=true": b"No cluster leader",
        "/v1/agent/health": b'{"server":{"message":"No cluster leader","ok":false}}',
    }
    async with on_socket(lab, "s3") as socket:
        wires = {path: await socket.get(path) for path in expected}
        for wire in wires.values():
            assert await wire.silent()
        lab.advance(5)
        for path, text in expected.items():
            head = await wires[path].head()
            assert head[0].startswith("http/1.1 500")
            assert await wires[path].body(len(text)) == text


async def test_slow_answers_come_all_the_same() -> None:
    lab = NomadLab()
    lab.view.slowness = 2.0
    async with on_socket(lab) as socket:
        wire = await socket.get("/v1/status/leader")
        assert await wire.silent()
        lab.advance(2)
        assert (await wire.head())[0] == "http/1.1 200 ok"


async def test_a_filter_arrives_unharmed_from_the_query() -> None:
    lab = NomadLab()
    text = quote('Attributes["nomad.version"] == "2.0.4"')
    async with on_socket(lab) as socket:
        wire = await socket.get(f"/v1/nodes?filter={text}", "Accept-Encoding: gzip\r\n")
        headers = dict(line.split(": ", 1) for line in (await wire.head())[1:])
        rows = msgspec.json.decode(gzip.decompress(await wire.body(int(headers["content-length"]))))
    assert len(rows) == 4
