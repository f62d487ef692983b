"""Runs that somebody is at, and runs that nobody is at, by the locks on this host and in Consul."""

from pathlib import Path

import msgspec

from nomad_console.clients.errors import Refused
from nomad_console.domain.plan import Step
from nomad_console.operations.lock import key_of
from nomad_console.operations.lock_file import Holder, LockFile
from nomad_console.operations.whereabouts import OpenRuns, Whereabouts
from nomad_console.settings.values import Missing
from tests.support.commands import SETTINGS
from tests.support.journals import keep
from tests.support.manual_clock import EPOCH, ManualClock
from tests.support.play import at_step
from tests.support.small_consul import SmallConsul
from tests.support.upgrading import Agents

OFF = Missing("not configured", "")
HOLDER = Holder("7f3a0000", "ann@bastion", 4711, EPOCH)


def left(where: Path) -> None:
    play = at_step(Step.DRAIN, 2)
    keep(where, play.run, play.journal)


async def held_by(consul: SmallConsul, holder: Holder) -> str:
    session = await consul.open_session("nomad-console", 30)
    assert await consul.acquire(key_of("global"), msgspec.json.encode(holder), session)
    return session


async def test_the_lock_on_this_host_tells_them_apart(tmp_path: Path) -> None:
    found = Whereabouts(SETTINGS, Agents(), OFF, tmp_path)
    assert await found.look() == OpenRuns()
    left(tmp_path)
    assert [one.id for one in (await found.look()).left] == ["7f3a0000"]
    lock = LockFile(tmp_path / "prod.global.lock")
    lock.write(HOLDER)
    runs = await found.look()
    assert runs.left == ()
    (live,) = runs.live
    assert live.holder == HOLDER
    assert live.kept is not None
    assert (live.kept.where, live.kept.outcome) == (
        "at drain of c2",
        "under way by ann@bastion (process 4711)",
    )
    lock.close()
    assert [one.id for one in (await found.look()).left] == ["7f3a0000"]


async def test_a_holder_in_consul_is_at_its_run_wherever_its_journal_lies(tmp_path: Path) -> None:
    consul = SmallConsul(ManualClock())
    session = await held_by(consul, HOLDER)
    found = Whereabouts(SETTINGS, Agents(), consul, tmp_path)
    runs = await found.look()
    assert [(one.holder, one.kept) for one in runs.live] == [(HOLDER, None)]
    left(tmp_path)  # a folder that two hosts share
    runs = await found.look()
    assert (runs.left, len(runs.live)) == ((), 1)
    assert runs.live[0].kept is not None
    await consul.release(key_of("global"), b"", session)
    runs = await found.look()
    assert ([one.id for one in runs.left], runs.live) == (["7f3a0000"], ())


async def test_a_session_that_outlives_its_process_on_this_host_is_nobody(tmp_path: Path) -> None:
    consul = SmallConsul(ManualClock())
    await held_by(consul, HOLDER)
    left(tmp_path)
    lock = LockFile(tmp_path / "prod.global.lock")
    lock.write(HOLDER)
    lock.close()
    runs = await Whereabouts(SETTINGS, Agents(), consul, tmp_path).look()
    assert ([one.id for one in runs.left], runs.live) == (["7f3a0000"], ())


async def test_without_a_region_or_consul_the_locks_here_are_told(tmp_path: Path) -> None:
    agents = Agents()
    agents.failing = Refused("nomad", "GET /v1/agent/self", 403, "Permission denied")
    left(tmp_path)
    runs = await Whereabouts(SETTINGS, agents, SmallConsul(ManualClock()), tmp_path).look()
    assert [one.id for one in runs.left] == ["7f3a0000"]
