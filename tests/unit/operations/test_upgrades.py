"""One run at a time, begun only from a plan that nothing stands against, gone on with by its id."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from nomad_console.clients.errors import Refused
from nomad_console.domain.finding import Finding, Level
from nomad_console.domain.node import Node
from nomad_console.operations.conductor import Conductor
from nomad_console.operations.journal import path_of, read
from nomad_console.operations.lock_file import Holder, LockFile
from nomad_console.operations.upgrades import UpgradeRefused, Upgrades, Watching
from nomad_console.upgrade.gates import Gate
from nomad_console.upgrade.run import Outcome
from tests.support.manual_clock import EPOCH, ManualClock
from tests.support.plans import a_plan
from tests.support.small_cluster import SmallCluster
from tests.support.snapshots import node_id
from tests.support.upgrading import Agents, small_upgrades


class Bastion:
    """A host with one folder of journals; each `console` is another process on it."""

    def __init__(self, where: Path) -> None:
        self.where = where
        self.clock = ManualClock()
        self.cluster = SmallCluster(self.clock)
        self.cluster.publish()
        self.agents = Agents()

    def console(self) -> Upgrades:
        upgrades, self.agents = small_upgrades(self.cluster, self.clock, self.where)
        return upgrades

    @property
    def node(self) -> Node:
        return self.cluster.latest.nodes[node_id(2)]

    async def open(self, conductor: Conductor, wanted: Gate) -> None:
        """Answer this gate when it opens."""
        for _ in range(100):
            gate = conductor.run.upgrade.gate
            if gate is not None and gate.code:
                assert gate.gate is wanted
                conductor.confirm(conductor.run.upgrade.node, gate.gate, gate.code)
                await self.cluster.pass_time(2)
                return
            await self.cluster.pass_time(1)
        raise AssertionError(f"{wanted} never opened: {conductor.run.hold}")


@asynccontextmanager
async def conducted(
    conductor: Conductor, bastion: Bastion, *, start: bool = True
) -> AsyncIterator[None]:
    if start:
        conductor.start()
    async with asyncio.TaskGroup() as tasks:
        conducting = tasks.create_task(conductor.conduct())
        await bastion.cluster.pass_time(1)
        yield
        conducting.cancel()


@pytest.fixture
def bastion(tmp_path: Path) -> Bastion:
    return Bastion(tmp_path)


async def test_a_run_begins_with_a_journal_that_holds_the_plan_and_who_took_it_up(
    bastion: Bastion,
) -> None:
    upgrades = bastion.console()
    plan = a_plan(2)
    conductor = await upgrades.begin(plan)
    assert upgrades.current is conductor
    head = read(Path(conductor.journal_path)).head
    assert (head.plan, head.cluster, head.begun_at) == (plan, "prod-eu", EPOCH)
    assert "@" in head.by
    assert conductor.lock_word == "locked on this host only: not configured"
    await conductor.give_up()


async def test_a_second_run_waits_for_the_first(bastion: Bastion) -> None:
    upgrades = bastion.console()
    first = await upgrades.begin(a_plan(2))
    first.run = msgspec.structs.replace(first.run, started_at=EPOCH)
    with pytest.raises(UpgradeRefused, match="run 7f3a0000 is not over yet"):
        await upgrades.begin(a_plan(3))
    assert upgrades.current is first
    another = msgspec.structs.replace(a_plan(3), run_id="8f3a0000")
    with pytest.raises(UpgradeRefused, match="held on this host by run 7f3a0000") as refused:
        await bastion.console().begin(another, takeover=True)
    assert not refused.value.takeover
    await first.give_up()
    first.run = msgspec.structs.replace(first.run, ended_at=EPOCH)
    second = await upgrades.begin(another)
    assert upgrades.current is second
    await second.give_up()


async def test_a_blocked_plan_is_refused_and_leaves_no_journal(bastion: Bastion) -> None:
    upgrades = bastion.console()
    block = Finding("source:alb", Level.BLOCK, "alb", "silent", "wait")
    with pytest.raises(UpgradeRefused, match="the plan is blocked"):
        await upgrades.begin(msgspec.structs.replace(a_plan(2), findings=(block,)))
    assert upgrades.current is None
    assert not list(bastion.where.glob("*.ndjson"))


async def test_a_journal_that_is_there_keeps_the_run_from_beginning(bastion: Bastion) -> None:
    path_of(bastion.where, "7f3a0000").write_text("another run's")
    upgrades = bastion.console()
    for _ in range(2):  # the lock is not kept
        with pytest.raises(UpgradeRefused, match="cannot keep a journal at"):
            await upgrades.begin(a_plan(2))
    assert upgrades.current is None


async def test_without_the_right_to_ask_the_region_is_nomads_default(bastion: Bastion) -> None:
    upgrades = bastion.console()
    bastion.agents.failing = Refused("nomad", "GET /v1/agent/self", 403, "Permission denied")
    conductor = await upgrades.begin(a_plan(2))
    assert [path.name for path in bastion.where.glob("*.lock")] == ["prod-eu..lock"]
    await conductor.give_up()


async def test_an_abandoned_run_is_listed_and_gone_on_with_by_its_id(bastion: Bastion) -> None:
    first = await bastion.console().begin(a_plan(2, snapshot=bastion.cluster.latest))
    async with conducted(first, bastion):
        await bastion.open(first, Gate.START)
        assert bastion.node.eligibility == "ineligible"
        assert bastion.console().abandoned() == ()  # somebody is at it
    later = bastion.console()
    (left,) = later.abandoned()
    assert (left.id, left.run.plan.nodes[0].name) == ("7f3a0000", "c2")
    with pytest.raises(UpgradeRefused, match="left behind on this host") as refused:
        await later.begin(msgspec.structs.replace(a_plan(3), run_id="8f3a0000"))
    assert refused.value.takeover
    second = await later.resume("7f3a0000")
    async with conducted(second, bastion):
        await bastion.open(second, Gate.DETACH)
        assert second.run.upgrade.detached
        assert later.abandoned() == ()


async def test_a_run_is_put_back_by_its_id(bastion: Bastion) -> None:
    before = bastion.cluster.latest
    first = await bastion.console().begin(a_plan(2, snapshot=before))
    async with conducted(first, bastion):
        await bastion.open(first, Gate.START)
        await bastion.open(first, Gate.DETACH)
        assert set(bastion.cluster.latest.targets) < set(before.targets)
    second = await bastion.console().restore("7f3a0000")
    async with conducted(second, bastion, start=False):
        await bastion.cluster.pass_time(200, step=2)
        assert second.run.outcome is Outcome.RESTORED
    assert bastion.node.eligible
    assert set(bastion.cluster.latest.targets) == set(before.targets)
    with pytest.raises(UpgradeRefused, match="run 7f3a0000 is over"):
        await bastion.console().resume("7f3a0000")
    assert bastion.console().abandoned() == ()


@pytest.mark.parametrize(
    ("run_id", "why"),
    [("../../etc/passwd", "no id of a run"), ("", "no id of a run"), ("0000", "cannot read")],
)
async def test_an_id_that_names_no_run_is_said(bastion: Bastion, run_id: str, why: str) -> None:
    upgrades = bastion.console()
    for _ in range(2):
        with pytest.raises(UpgradeRefused, match=why):
            await upgrades.resume(run_id)


async def test_a_run_that_never_began_is_not_gone_on_with(bastion: Bastion) -> None:
    conductor = await bastion.console().begin(a_plan(2))
    await conductor.give_up()
    with pytest.raises(UpgradeRefused, match="never began"):
        await bastion.console().resume("7f3a0000")
    assert bastion.console().abandoned() == ()


async def test_a_journal_of_another_form_is_said(bastion: Bastion) -> None:
    first = await bastion.console().begin(a_plan(2, snapshot=bastion.cluster.latest))
    async with conducted(first, bastion):
        await bastion.open(first, Gate.START)
    path = path_of(bastion.where, "7f3a0000")
    head, _started, *rest = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(head + b"".join(rest))
    upgrades = bastion.console()
    for _ in range(2):
        with pytest.raises(UpgradeRefused, match="cannot be gone on with"):
            await upgrades.resume("7f3a0000")


async def test_a_lost_terminal_freezes_and_without_a_run_nothing_is_to_do(
    bastion: Bastion,
) -> None:
    upgrades = bastion.console()
    assert await upgrades.hang_up()
    conductor = await upgrades.begin(a_plan(2, snapshot=bastion.cluster.latest))
    async with conducted(conductor, bastion):
        await bastion.open(conductor, Gate.START)
        assert await upgrades.hang_up()
        assert conductor.run.hung_up_at is not None
        assert conductor.run.hold is not None


async def test_urls_of_the_call_are_watched_with_those_of_the_settings(bastion: Bastion) -> None:
    watching = Watching(("http://web/", "http://api/"), budget=3)
    conductor = await bastion.console().begin(a_plan(2), watching)
    assert [one.url for one in conductor.counting.state.urls] == ["http://web/", "http://api/"]
    assert conductor.counting.state.budget == 3
    await conductor.give_up()


async def whole_journal(bastion: Bastion) -> list[bytes]:
    """The lines of a run of c2 that went to its end, with the cluster as it left it."""
    upgrades = bastion.console()
    conductor = await upgrades.begin(a_plan(2, snapshot=bastion.cluster.latest))
    if conductor.run.unaccepted:
        conductor.accept(*conductor.run.unaccepted)
    async with conducted(conductor, bastion):
        for gate in list(Gate)[:-1]:
            await bastion.open(conductor, gate)
            if gate is Gate.UPGRADE:
                bastion.cluster.upgraded(2)
        while conductor.run.ended_at is None:
            await bastion.cluster.pass_time(10, step=2)
    return path_of(bastion.where, "7f3a0000").read_bytes().splitlines(keepends=True)


def leave(bastion: Bastion, lines: list[bytes]) -> None:
    """A journal cut off here, and the lock as a kill leaves it."""
    path_of(bastion.where, "7f3a0000").write_bytes(b"".join(lines))
    lock = LockFile(bastion.where / "prod-eu.global.lock")
    lock.write(Holder("7f3a0000", "ann@bastion", 1, EPOCH))
    lock.close()


async def test_a_journal_cut_at_any_line_can_be_closed_and_frees_new_runs(
    bastion: Bastion,
) -> None:
    lines = await whole_journal(bastion)
    writes = len(bastion.cluster.writes)
    another = msgspec.structs.replace(a_plan(3), run_id="8f3a0000")
    for end in range(1, len(lines) + 1):
        leave(bastion, lines[:end])
        with pytest.raises(UpgradeRefused, match="left behind on this host") as refused:
            await bastion.console().begin(another)
        assert refused.value.takeover
        kept = await bastion.console().close("7f3a0000", ("c2: ready, eligible",))
        assert kept.outcome == ("closed" if end < len(lines) else "done")
        assert kept.run.ended_at is not None
        assert bastion.console().abandoned() == ()
        conductor = await bastion.console().begin(another)
        await conductor.give_up()
        path_of(bastion.where, "8f3a0000").unlink()
    assert len(bastion.cluster.writes) == writes  # nothing was put back


async def test_a_torn_journal_and_one_that_somebody_is_at(bastion: Bastion) -> None:
    lines = await whole_journal(bastion)
    leave(bastion, [*lines[:5], lines[5][:9]])
    kept = await bastion.console().close("7f3a0000", ())
    assert (kept.outcome, kept.torn) == ("closed", False)
    assert "left as found: nobody looked" in kept.story.told[-2].text
    path_of(bastion.where, "7f3a0000").unlink()
    with pytest.raises(UpgradeRefused, match="cannot read the journal"):
        await bastion.console().close("7f3a0000", ())
    first = await bastion.console().begin(a_plan(2))
    with pytest.raises(UpgradeRefused, match="held on this host by run 7f3a0000"):
        await bastion.console().close("7f3a0000", ())
    await first.give_up()


async def test_restore_comes_to_an_end_from_a_journal_cut_at_any_line(bastion: Bastion) -> None:
    """Whose run is over in truth: resumed, held, then restored, twice where it says why."""
    lines = await whole_journal(bastion)
    before = bastion.cluster.latest
    begun = next(n for n, line in enumerate(lines) if b'"Started"' in line) + 1
    for end in range(begun, len(lines)):
        leave(bastion, lines[:end])
        if end % 3 == 0:
            resumed = await bastion.console().resume("7f3a0000")
            async with conducted(resumed, bastion):
                await bastion.cluster.pass_time(4, step=2)
        for _ in range(3):
            conductor = await bastion.console().restore("7f3a0000")
            async with conducted(conductor, bastion, start=False):
                for _ in range(60):
                    if conductor.run.ended_at is not None or conductor.run.hold is not None:
                        break
                    await bastion.cluster.pass_time(4, step=4)
            if conductor.run.ended_at is not None:
                break
            assert conductor.run.hold is not None, f"cut at {end}: {conductor.run.upgrade}"
            assert conductor.run.hold.reason
        assert conductor.run.outcome is Outcome.RESTORED, f"cut at {end}: {conductor.run.hold}"
        assert bastion.node.eligible
        assert set(bastion.cluster.latest.targets) == set(before.targets)
