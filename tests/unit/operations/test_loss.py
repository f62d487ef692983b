import asyncio

import msgspec

from nomad_console.operations.loss import HANG_UP_S, Loss
from nomad_console.upgrade.commands import CancelDrain
from nomad_console.upgrade.run import Pending, Run
from tests.support.manual_clock import EPOCH, ManualClock
from tests.support.plans import a_plan
from tests.support.snapshots import node_id

ENDING = Pending(CancelDrain(id="1", node=node_id(2), run_id="7f3a0000"))


def a_run(*pending: Pending, hung_up: bool = True) -> Run:
    run = Run.of(a_plan(2))
    upgrade = msgspec.structs.replace(run.upgrades[0], pending=pending)
    at = EPOCH if hung_up else None
    return msgspec.structs.replace(run, upgrades=(upgrade,), hung_up_at=at)


async def test_it_is_settled_when_it_is_journaled_and_our_drain_has_ended() -> None:
    clock = ManualClock()
    loss = Loss(clock)
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(loss.settled())
        for run in (a_run(hung_up=False), a_run(ENDING)):
            loss.look(run, over=False)
            await clock.advance(1)
            assert not waiting.done()
        loss.look(a_run(), over=False)
        await clock.advance(0)
        assert waiting.result()


async def test_an_end_that_was_refused_and_a_run_that_is_over_are_waited_for_no_longer() -> None:
    refused = msgspec.structs.replace(ENDING, trouble="Permission denied")
    for run, over in ((a_run(refused), False), (a_run(ENDING), True)):
        loss = Loss(ManualClock())
        loss.look(run, over=over)
        assert await loss.settled()


async def test_the_time_is_counted_from_the_loss() -> None:
    clock = ManualClock()
    loss = Loss(clock)
    clock.jump(HANG_UP_S)
    assert not await loss.settled()
