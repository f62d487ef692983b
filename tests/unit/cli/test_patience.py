"""One time-out for all that a command waits for."""

import asyncio

import pytest

from nomad_console.cli.patience import Patience
from nomad_console.domain.snapshot import ClusterSnapshot
from tests.support.commands import connections
from tests.support.manual_clock import ManualClock
from tests.support.small_cluster import SmallCluster


def patient(seconds: float, *, quiet: bool = False) -> tuple[ManualClock, Patience]:
    clock = ManualClock()
    seen = connections(SmallCluster(clock))
    object.__setattr__(seen, "clock", clock)
    return clock, Patience(seen, seconds, quiet=quiet)


async def test_what_takes_long_is_said_once_and_never_after_the_time(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock, patience = patient(10)
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(patience.until(lambda _: ["a", "b", "c", "d\x1b"]))
        await clock.advance(2.9)
        assert capsys.readouterr().err == ""
        await clock.advance(7.2)
    assert waiting.result() is False
    assert patience.left_s == 0
    assert capsys.readouterr().err == "waiting for a, b, c and 1 more, 7 s at most\n"


async def test_the_waits_of_a_command_share_one_time_out() -> None:
    clock, patience = patient(10, quiet=True)
    silence = asyncio.Event()

    async def ask() -> None:
        await silence.wait()

    async with asyncio.TaskGroup() as tasks:
        spending = tasks.create_task(patience.spend(ask, "the agents"))
        await clock.advance(10.1)
    assert spending.done()
    assert await patience.until(lambda _: ["a"]) is False
    assert await patience.until(lambda _: []) is True


async def test_scripts_that_read_json_hear_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    clock, patience = patient(10, quiet=True)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(patience.until(lambda _: ["a"]))
        await clock.advance(10.1)
    assert capsys.readouterr().err == ""


async def test_what_fails_while_it_is_asked_is_not_swallowed() -> None:
    _, patience = patient(10)

    async def fail() -> None:
        raise ValueError("broken")

    with pytest.raises(ExceptionGroup) as failed:
        await patience.spend(fail, "the agents")
    assert str(failed.value.exceptions[0]) == "broken"


async def test_nothing_to_wait_for_is_enough() -> None:
    _, patience = patient(10)

    def awaited(snapshot: ClusterSnapshot) -> list[str]:
        return [] if snapshot.nodes else ["nodes"]

    assert await patience.until(awaited) is True
