import asyncio
import gzip

import pytest
from starlette.types import Message

from tests.support.consul_world import ConsulWorld
from tests.support.recorded import recorded


async def test_a_read_carries_the_headers_of_consul() -> None:
    async with ConsulWorld().http() as http:
        answer = await http.get("catalog/nodes")
        stale = await http.get("catalog/nodes?stale")
        plain = await http.get("internal/ui/services")
    assert answer.headers["X-Consul-Index"] == "5"
    assert answer.headers["X-Consul-Knownleader"] == "true"
    assert answer.headers["X-Consul-Lastcontact"] == "0"
    assert answer.headers["X-Consul-Effective-Consistency"] == "leader"
    assert stale.headers["X-Consul-Effective-Consistency"] == "stale"
    assert "X-Consul-Effective-Consistency" not in plain.headers


async def test_a_blocking_read_waits_for_a_newer_index() -> None:
    world = ConsulWorld()
    async with world.http() as http, asyncio.TaskGroup() as tasks:
        index = (await http.get("health/service/web")).headers["X-Consul-Index"]
        waiting = tasks.create_task(http.get(f"health/service/web?index={index}&wait=60s"))
        await world.clock.advance(1)
        assert not waiting.done()
        world.serve()
        answer = await waiting
    assert int(answer.headers["X-Consul-Index"]) > int(index)
    assert len(answer.json()) == 1


async def test_it_sleeps_on_through_what_does_not_concern_it() -> None:
    world = ConsulWorld()
    world.serve(1)
    async with world.http() as http, asyncio.TaskGroup() as tasks:
        index = (await http.get("health/service/web")).headers["X-Consul-Index"]
        waiting = tasks.create_task(http.get(f"health/service/web?index={index}&wait=3s"))
        await world.clock.advance(1)
        world.serve(2, name="api")
        await world.clock.advance(1.9)
        assert not waiting.done()
        await world.clock.advance(0.3)
        answer = await waiting
    call = recorded("consul/health-state-critical-blocking-timeout.json")
    assert 3 <= call["elapsed_s"] <= 3 + 3 / 16
    assert answer.headers["X-Consul-Index"] == index


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("index=x", "Invalid index"),
        ("index=1&wait=x", "Invalid wait time"),
        ("stale&consistent", "Cannot specify ?stale with ?consistent, conflicting semantics."),
    ],
)
async def test_what_cannot_be_read_is_a_400(query: str, words: str) -> None:
    async with ConsulWorld().http() as http:
        answer = await http.get(f"health/state/any?{query}")
    assert (answer.status_code, answer.text) == (400, words)


async def test_a_bad_filter_is_a_500_as_recorded() -> None:
    call = recorded("consul/health-service-bad-filter.json")
    async with ConsulWorld().http() as http:
        answer = await http.get("health/service/web", params={"filter": 'Node.Nope == "c1"'})
    assert (answer.status_code, answer.text) == (call["status"], call["body"])
    assert answer.headers["X-Consul-Knownleader"] == "false"


async def test_large_answers_are_compressed_for_who_takes_it() -> None:
    world = ConsulWorld()
    for number in range(20):
        world.serve(number)
    async with world.http() as http:
        plain = await http.get("health/state/any", headers={"Accept-Encoding": "identity"})
        async with http.stream("GET", "health/state/any") as packed:
            raw = b"".join([part async for part in packed.aiter_raw()])
        small = await http.get("catalog/services")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(raw) == plain.content
    assert "Content-Encoding" not in small.headers


async def test_a_reader_that_has_gone_away_is_waited_for_no_longer() -> None:
    world = ConsulWorld()
    messages: list[Message] = [{"type": "http.request", "body": b""}, {"type": "http.disconnect"}]
    answered: list[Message] = []

    async def receive() -> Message:
        return messages.pop(0) if len(messages) > 1 else messages[0]

    async def send(message: Message) -> None:
        answered.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/v1/catalog/nodes",
        "query_string": b"index=9&wait=600s",
        "headers": [],
    }
    await world.app(scope, receive, send)
    assert answered[0]["status"] == 200
    assert world.clock.elapsed() == 0
