import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from anyio.lowlevel import checkpoint

from nomad_console.simulator.nomad.state import State
from nomad_console.simulator.nomad_api.acl import (
    MANAGEMENT,
    NODE_ONLY,
    READ_ONLY,
    Rights,
    one_namespace,
)
from nomad_console.simulator.nomad_api.stream import (
    HEARTBEAT,
    MAX_BEHIND,
    EventStreams,
    Subscription,
)
from nomad_console.simulator.timeline import Timeline
from tests.support.manual_clock import ManualClock


def spaces(namespace: str | None) -> frozenset[str]:
    return frozenset({"default", "prod"} if namespace is None else {namespace})


class Broadcast:
    """A store without tables, and a stream of what is published in it."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.timeline = Timeline(self.clock)
        self.state = State()
        self.streams = EventStreams(self.state, self.timeline)
        self.permitted = True

    def publish(
        self, index: int, *topics: str, job: str = "web", namespace: str = "default"
    ) -> None:
        events = [
            {
                "Topic": topic,
                "Type": "PlanResult",
                "Key": f"{topic}-{index}",
                "Namespace": "" if topic == "Node" else namespace,
                "FilterKeys": None if topic == "Node" else [job, ""],
                "Index": index,
                "Payload": {
                    topic: {"ID": f"{topic}-{index}", "NextAllocation": "", "Drain": False}
                },
            }
            for topic in topics
        ]
        self.state.broker.publish(index, events)

    def follow(self, *topics: str, namespace: str | None = "default", index: int = 0) -> "Follower":
        subscription = Subscription.of(topics, spaces(namespace))
        return Follower(self.streams.follow(subscription, index, lambda: self.permitted))


class Follower:
    """Reads what is there without waiting for more."""

    def __init__(self, lines: AsyncIterator[bytes]) -> None:
        self._lines = lines
        self._next: asyncio.Task[bytes] | None = None
        self.ended = False

    async def read(self) -> list[Any]:
        texts: list[bytes] = []
        while not self.ended:
            self._next = self._next or asyncio.get_running_loop().create_task(self._read_one())
            for _ in range(5):
                await checkpoint()
            if not self._next.done():
                break
            try:
                texts.append(self._next.result())
            except StopAsyncIteration:
                self.ended = True
            self._next = None
        return [msgspec.json.decode(line) for line in b"".join(texts).splitlines()]

    async def _read_one(self) -> bytes:
        try:
            return await anext(self._lines)
        except StopAsyncIteration:
            self.ended = True
            return b""

    async def indexes(self) -> list[int]:
        return [line["Index"] for line in await self.read() if line]


async def test_a_heartbeat_comes_at_once_and_every_thirty_seconds() -> None:
    broadcast = Broadcast()
    follower = broadcast.follow("Node")
    assert await follower.read() == [{}]
    for _ in range(3):
        broadcast.clock.jump(30)
        broadcast.timeline.run_due()
        assert await follower.read() == [{}]
    assert HEARTBEAT == b"{}\n"


async def test_all_events_of_one_index_come_in_one_line_of_their_topics() -> None:
    broadcast = Broadcast()
    follower = broadcast.follow("Allocation", "Node")
    await follower.read()
    broadcast.publish(7, "Allocation", "Evaluation", "Node")
    broadcast.publish(8, "Evaluation")
    (line,) = await follower.read()
    assert line["Index"] == 7
    assert [event["Topic"] for event in line["Events"]] == ["Allocation", "Node"]
    assert line["Events"][0]["Payload"] == {"Allocation": {"ID": "Allocation-7"}}
    assert line["Events"][1]["Payload"]["Node"]["Drain"] is False


@pytest.mark.parametrize(
    ("index", "seen"),
    [(0, [3, 4, 5]), (4, [4, 5]), (1, [3, 4, 5]), (99, [5])],
    ids=["all", "inclusive", "older than the buffer: the oldest, silently", "future: the last"],
)
async def test_the_start_is_the_closest_item_of_the_buffer(index: int, seen: list[int]) -> None:
    broadcast = Broadcast()
    for number in (3, 4, 5):
        broadcast.publish(number, "Node")
    follower = broadcast.follow("Node", index=index)
    assert await follower.indexes() == seen
    broadcast.publish(6, "Node")
    assert await follower.indexes() == [6]


async def test_the_buffer_holds_a_hundred_transactions() -> None:
    broadcast = Broadcast()
    for number in range(1, 151):
        broadcast.publish(number, "Node")
    assert await broadcast.follow("Node").indexes() == list(range(51, 151))


async def test_asking_twice_for_a_topic_gets_nothing_of_it() -> None:
    broadcast = Broadcast()
    broadcast.publish(3, "Node")
    assert await broadcast.follow("Node", "Node").read() == [{}]


async def test_keys_are_ids_jobs_and_deployments_and_count_twice_if_both_match() -> None:
    broadcast = Broadcast()
    broadcast.publish(3, "Allocation", job="web")
    broadcast.publish(4, "Allocation", job="api")
    assert await broadcast.follow("Allocation:web").indexes() == [3]
    assert await broadcast.follow("Allocation:Allocation-4").indexes() == [4]
    (_, line) = await broadcast.follow("Allocation:web", "Allocation:Allocation-3").read()
    assert len(line["Events"]) == 2


async def test_without_a_topic_all_of_them() -> None:
    broadcast = Broadcast()
    broadcast.publish(3, "Node", "Service")
    (_, line) = await broadcast.follow().read()
    assert len(line["Events"]) == 2


async def test_namespaces_are_kept_apart_and_nodes_have_none() -> None:
    broadcast = Broadcast()
    broadcast.publish(3, "Job", "Node", namespace="prod")
    (_, line) = await broadcast.follow("Job", "Node").read()
    assert [event["Topic"] for event in line["Events"]] == ["Node"]
    assert await broadcast.follow("Job", namespace="prod").indexes() == [3]
    assert await broadcast.follow("Job", namespace=None).indexes() == [3]


async def test_a_line_is_encoded_once_for_all_who_chose_the_same() -> None:
    broadcast = Broadcast()
    subscription = Subscription.of(["Node"], spaces(None))
    lines = [broadcast.streams.follow(subscription, 0, lambda: True) for _ in range(2)]
    for stream in lines:
        assert await anext(stream) == HEARTBEAT
    broadcast.publish(3, "Node", "Job")
    first, second = [await anext(stream) for stream in lines]
    assert first is second


async def test_who_reads_too_slowly_is_dropped() -> None:
    broadcast = Broadcast()
    follower = broadcast.follow("Node")
    await follower.read()
    for number in range(MAX_BEHIND + 1):
        broadcast.publish(number, "Node")
    await follower.read()
    assert follower.ended
    assert broadcast.streams.open == 0


async def test_a_stream_ends_when_its_rights_are_gone() -> None:
    broadcast = Broadcast()
    follower = broadcast.follow("Job")
    await follower.read()
    broadcast.streams.check()
    await follower.read()
    assert not follower.ended
    broadcast.permitted = False
    broadcast.streams.check()
    await follower.read()
    assert follower.ended


@pytest.mark.parametrize(
    ("topics", "namespace", "rights", "permitted"),
    [
        (["Node"], "default", NODE_ONLY, True),
        (["Allocation"], "default", NODE_ONLY, False),
        (["Node", "Allocation", "Job"], None, READ_ONLY, True),
        (["Job"], "prod", one_namespace("prod"), True),
        (["Job"], None, one_namespace("prod"), False),
        (["NodePool"], None, READ_ONLY, False),
        ([], None, READ_ONLY, False),
        (["Nodes"], None, READ_ONLY, False),
        ([], None, MANAGEMENT, True),
        (["Node"], None, Rights(), False),
    ],
)
def test_one_right_lacking_refuses_the_whole_stream(
    topics: list[str],
    namespace: str | None,
    rights: Rights,
    permitted: bool,
) -> None:
    subscription = Subscription.of(topics, spaces(namespace))
    assert subscription.permitted(rights) is permitted
