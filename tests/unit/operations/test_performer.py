"""Calls: answered whatever happens, and never made against the run or another hand."""

import asyncio
import threading
from pathlib import Path

import pytest

from nomad_console.clients.errors import Refused
from nomad_console.clients.threads import Threads
from nomad_console.domain.node import Node, NodeDetail
from nomad_console.operations.journal import read
from nomad_console.upgrade.events import Unknown
from nomad_console.upgrade.gates import Gate
from tests.support.conducting import Stage, World, at_work, until
from tests.support.snapshots import node_id, with_node


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


class SlowWrite:
    """A write that a worker thread is in until it is let go."""

    def __init__(self) -> None:
        self.threads = Threads(2)
        self.entered, self.let_go = threading.Event(), threading.Event()

    async def set_eligibility(self, node: str, *, eligible: bool) -> int:
        assert (node, eligible) == (node_id(2), False)
        return await self.threads.write(self._blocking)

    def _blocking(self) -> int:
        self.entered.set()
        assert self.let_go.wait(10)
        return 4711

    async def reached(self) -> None:
        await asyncio.get_running_loop().run_in_executor(None, self.entered.wait, 10)


@pytest.fixture
async def slow(world: World, monkeypatch: pytest.MonkeyPatch) -> SlowWrite:
    made = SlowWrite()
    monkeypatch.setattr(world.cluster, "set_eligibility", made.set_eligibility)
    return made


async def test_the_answer_of_a_write_under_way_is_journaled_though_the_console_leaves(
    world: World, slow: SlowWrite
) -> None:
    stage = Stage(world, 2)
    loop = asyncio.get_running_loop()
    async with at_work(stage):
        stage.conductor.confirm(node_id(2), Gate.START, await stage.opened(Gate.START))
        await stage.clock.advance(0)
        await slow.reached()
        loop.call_later(0.05, slow.let_go.set)  # when the console has long been cancelled
    assert stage.journaled[-1] == "Answered"
    await slow.threads.close()


async def test_an_answer_that_never_came_is_journaled_as_unknown(
    world: World, slow: SlowWrite
) -> None:
    stage = Stage(world, 2)
    async with asyncio.TaskGroup() as tasks, at_work(stage):
        stage.conductor.confirm(node_id(2), Gate.START, await stage.opened(Gate.START))
        await stage.clock.advance(0)
        await slow.reached()
        tasks.create_task(slow.threads.close(0.05))
    event = read(stage.journal.path).events[-1]
    assert isinstance(event, Unknown)
    assert event.reason == "the console left before the answer came"
    slow.let_go.set()


async def test_a_host_command_that_cannot_be_started_is_said(world: World) -> None:
    async with at_work(Stage(world, 2, host_command=("/nowhere/tool", "{name}"))) as stage:
        await stage.gate(Gate.START, Gate.DETACH, Gate.DRAIN, Gate.UPGRADE)
        await stage.cluster.pass_time(1)
        assert stage.run.hold is not None
        assert "cannot start /nowhere/tool" in stage.run.hold.reason
        assert stage.journaled.index("Intended") < stage.journaled.index("HostEnded")


async def test_a_host_command_is_not_run_against_another_hand_nor_written_down(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ran = tmp_path / "ran"
    async with at_work(Stage(world, 2, host_command=("touch", str(ran)))) as stage:
        await stage.gate(Gate.START, Gate.DETACH, Gate.DRAIN)
        code = await stage.opened(Gate.UPGRADE)

        async def newer(_: str) -> tuple[Node, NodeDetail]:
            changed = with_node(world.cluster.latest, 2, eligibility="eligible")
            return changed.nodes[node_id(2)], changed.details[node_id(2)]

        monkeypatch.setattr(world.cluster, "node", newer)
        stage.conductor.confirm(node_id(2), Gate.UPGRADE, code)
        await stage.clock.advance(0)
        assert stage.journaled[-1] == "Disturbed"
        assert "Intended" not in stage.journaled
    assert not ran.exists()


async def test_a_node_that_cannot_be_read_is_not_written_to(world: World) -> None:
    async with at_work(Stage(world, 2)) as stage:
        world.cluster.failing = Refused("nomad", "GET /v1/node/x", 403, "Permission denied")
        await stage.gate(Gate.START)
        assert "Failed" in stage.journaled
        assert stage.written == []


async def test_what_was_said_before_is_there_when_a_run_is_gone_on_with(world: World) -> None:
    async with at_work(Stage(world, 2, host_command=("echo", "upgrading", "{name}"))) as stage:
        await stage.gate(Gate.START, Gate.DETACH, Gate.DRAIN, Gate.UPGRADE)
        await until(stage, lambda: stage.run.upgrade.exit_code == 0)
    again = Stage(world, again=True)
    assert list(again.conductor.output[node_id(2)]) == ["upgrading c2"]
    again.journal.close()
