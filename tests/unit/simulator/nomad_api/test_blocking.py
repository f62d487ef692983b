import asyncio

from anyio.lowlevel import checkpoint

from nomad_console.simulator.nomad.state import State
from nomad_console.simulator.nomad_api.blocking import Wakes
from nomad_console.simulator.timeline import Timeline
from tests.support.manual_clock import ManualClock


class Sleep:
    """One reader asleep on the evaluations table."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.timeline = Timeline(self.clock)
        self.state = State()
        self.wakes = Wakes(self.state, self.timeline)

    def current(self) -> int:
        return self.state.table_index["evaluations"]

    async def beyond(self, index: int, wait: float) -> None:
        await self.wakes.beyond(index, wait, ("evaluations",), self.current)

    def write(self) -> None:
        change = self.state.change("EvaluationUpdated")
        row = {"ID": "e", "Namespace": "default", "JobID": "web", "CreateIndex": change.index}
        change.put("evaluations", row)
        self.state.write(change)

    async def pass_time(self, seconds: float) -> None:
        self.clock.jump(seconds)
        self.timeline.run_due()
        await checkpoint()
        await checkpoint()


async def test_an_old_index_answers_at_once() -> None:
    await Sleep().beyond(0, 300)


async def test_a_write_wakes_the_reader_and_leaves_nothing_behind() -> None:
    sleep = Sleep()
    async with asyncio.TaskGroup() as tasks:
        reader = tasks.create_task(sleep.beyond(1, 300))
        await sleep.pass_time(1)
        assert not reader.done()
        sleep.write()
    assert sleep.timeline.next_due() is None
    assert not sleep.wakes._sleepers


async def test_without_a_write_it_ends_shortly_after_the_wait() -> None:
    sleep = Sleep()
    async with asyncio.TaskGroup() as tasks:
        reader = tasks.create_task(sleep.beyond(1, 16))
        await sleep.pass_time(0)
        await sleep.pass_time(16)
        assert not reader.done()
        await sleep.pass_time(1)
        assert reader.done()


async def test_an_index_of_the_future_waits_through_writes() -> None:
    sleep = Sleep()
    async with asyncio.TaskGroup() as tasks:
        reader = tasks.create_task(sleep.beyond(99, 16))
        await sleep.pass_time(0)
        sleep.write()
        await sleep.pass_time(1)
        assert not reader.done()
        await sleep.pass_time(16)
        assert reader.done()
