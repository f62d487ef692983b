import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from nomad_console.clients.errors import Refused, Unreachable
from nomad_console.domain.plan import Plan, Step
from nomad_console.operations.conductor import Conductor, fresh_code
from nomad_console.operations.journal import FORM, Head, Journal, read
from nomad_console.operations.writer import Writer
from nomad_console.tui.keys import APP, RUN
from nomad_console.upgrade.events import Event
from nomad_console.upgrade.gates import Gate
from nomad_console.upgrade.machine import advance
from nomad_console.upgrade.run import Run
from tests.support.manual_clock import EPOCH, ManualClock
from tests.support.plans import a_plan
from tests.support.small_cluster import SmallCluster
from tests.support.snapshots import node_id


class Stage:
    """A conductor at work on the small cluster."""

    def __init__(self, where: Path, *numbers: int, host: tuple[str, ...] = ()) -> None:
        self.clock = ManualClock()
        self.cluster = SmallCluster(self.clock)
        self.cluster.publish()
        self.nudged: list[frozenset[str]] = []
        self.plan: Plan = a_plan(*numbers, snapshot=self.cluster.latest, host_command=host)
        head = Head(form=FORM, by="me", cluster="demo", begun_at=EPOCH, plan=self.plan)
        self.journal = Journal(where, head)
        self.conductor = Conductor(
            self.plan,
            writer=Writer(self.cluster, self.cluster),
            journal=self.journal,
            snapshots=self.cluster,
            clock=self.clock,
            nudge=self.nudged.append,
            host_limit_s=60,
        )

    @property
    def run(self) -> Run:
        return self.conductor.run

    async def gate(self, wanted: Gate, patience_s: int = 200) -> None:
        """Let time pass until this gate is open, then answer it."""
        for _ in range(patience_s):
            gate = self.run.upgrade.gate
            if gate is not None and gate.code:
                assert gate.gate is wanted
                self.conductor.confirm(self.run.upgrade.node, gate.gate, gate.code)
                await self.cluster.pass_time(1)
                return
            await self.cluster.pass_time(1)
        raise AssertionError(f"{wanted} never opened: {self.run.upgrade}")


@asynccontextmanager
async def at_work(where: Path, *numbers: int, host: tuple[str, ...] = ()) -> AsyncIterator[Stage]:
    stage = Stage(where, *numbers, host=host)
    async with asyncio.TaskGroup() as tasks:
        conducting = tasks.create_task(stage.conductor.conduct())
        stage.conductor.start()
        await stage.cluster.pass_time(1)
        yield stage
        conducting.cancel()


async def to_upgrade(stage: Stage) -> None:
    for gate in (Gate.START, Gate.DETACH, Gate.DRAIN):
        await stage.gate(gate)


async def test_a_node_is_led_through_the_whole_chain_and_left_as_it_was(tmp_path: Path) -> None:
    async with at_work(tmp_path, 2) as stage:
        before = stage.cluster.latest
        await to_upgrade(stage)
        await stage.gate(Gate.UPGRADE)
        stage.cluster.upgraded(2)
        await stage.gate(Gate.REJOIN)
        await stage.gate(Gate.ATTACH)
        await stage.cluster.pass_time(90)
        assert stage.run.ended_at is not None
        after = stage.cluster.latest
    node = after.nodes[node_id(2)]
    assert (node.version, node.eligibility) == ("2.0.5", "eligible")
    assert set(after.targets) == set(before.targets)
    assert [write[0] for write in stage.cluster.writes] == [
        "eligibility",
        "deregister",
        "deregister",
        "drain",
        "eligibility",
        "register",
        "register",
    ]
    touched = frozenset(key.group for key in before.targets)
    assert frozenset().union(*stage.nudged) == touched


async def test_the_journal_replayed_gives_the_same_run(tmp_path: Path) -> None:
    async with at_work(tmp_path, 2) as stage:
        await to_upgrade(stage)
        chronicle = read(stage.journal.path)
        replayed = Run.of(chronicle.head.plan)
        for event in chronicle.events:
            replayed, _ = advance(replayed, event)
        assert replayed == stage.run
        assert stage.run.upgrade.step is Step.DRAIN


async def test_whoever_listens_hears_what_is_journaled_and_the_run_before_it(
    tmp_path: Path,
) -> None:
    heard: list[tuple[Event, Run]] = []
    async with at_work(tmp_path, 1) as stage:
        stage.conductor.listen(lambda event, before: heard.append((event, before)))
        await stage.gate(Gate.START)
        stage.conductor.confirm(node_id(1), Gate.START, "??")
        await stage.cluster.pass_time(1)
        now = stage.run
    kept = read(stage.journal.path).events
    assert [event for event, _ in heard] == list(kept[-len(heard) :])
    assert advance(heard[-1][1], heard[-1][0])[0] == now


async def test_the_host_command_is_written_down_before_it_runs_and_its_output_kept(
    tmp_path: Path,
) -> None:
    host = ("sh", "-c", "echo upgrading $0", "{name}")
    async with at_work(tmp_path, 2, host=host) as stage:
        await to_upgrade(stage)
        await stage.gate(Gate.UPGRADE)
        output = stage.conductor.output[node_id(2)]
        seen = asyncio.Event()
        stage.conductor.watch(seen.set)
        while not output or stage.run.upgrade.exit_code is None:
            seen.clear()
            await asyncio.wait_for(seen.wait(), 10)
        assert list(output) == ["upgrading c2"]
        assert stage.run.upgrade.exit_code == 0
        kinds = [type(event).__name__ for event in read(stage.journal.path).events]
        assert kinds.index("Intended") < kinds.index("HostStarted") < kinds.index("HostEnded")


async def test_hold_keeps_the_gate_closed_and_release_opens_it_with_another_code(
    tmp_path: Path,
) -> None:
    async with at_work(tmp_path, 2) as stage:
        await stage.cluster.pass_time(2)
        gate = stage.run.upgrade.gate
        assert gate is not None
        stage.conductor.hold("lunch")
        await stage.cluster.pass_time(2)
        stage.conductor.confirm(stage.run.upgrade.node, gate.gate, gate.code)
        await stage.cluster.pass_time(2)
        assert stage.run.upgrade.step is None
        assert stage.conductor.notice == "the gate is closed"
        stage.conductor.release()
        await stage.cluster.pass_time(2)
        assert stage.run.upgrade.gate is not None
        assert stage.cluster.writes == []


async def test_freeze_during_a_drain_ends_our_drain_and_keeps_the_node_ineligible(
    tmp_path: Path,
) -> None:
    async with at_work(tmp_path, 2) as stage:
        await stage.gate(Gate.START)
        await stage.gate(Gate.DETACH)
        while (gate := stage.run.upgrade.gate) is None or not gate.code:
            await stage.cluster.pass_time(1)
        stage.conductor.confirm(stage.run.upgrade.node, gate.gate, gate.code)
        stage.conductor.freeze("smoke")
        await stage.cluster.pass_time(3)
        assert stage.run.hold is not None
        assert stage.run.hold.frozen
        assert stage.cluster.latest.nodes[node_id(2)].eligibility == "ineligible"


async def test_a_refused_call_holds_the_step_and_says_why(tmp_path: Path) -> None:
    async with at_work(tmp_path, 2) as stage:
        stage.cluster.failing = Refused("nomad", "GET /v1/node/x", 403, "Permission denied")
        await stage.gate(Gate.START)
        (pending,) = stage.run.upgrade.pending
        assert "Permission denied" in pending.trouble
        assert stage.cluster.writes == []


async def test_silence_is_told_from_refusal(tmp_path: Path) -> None:
    async with at_work(tmp_path, 2) as stage:
        stage.cluster.failing = Unreachable("nomad", "GET /v1/node/x", None, "timed out")
        await stage.gate(Gate.START)
        names = [type(event).__name__ for event in read(stage.journal.path).events]
        assert "Unknown" in names
        assert "Failed" not in names


async def test_nothing_is_done_that_could_not_be_written_down(tmp_path: Path) -> None:
    async with at_work(tmp_path, 2) as stage:
        while (gate := stage.run.upgrade.gate) is None or not gate.code:
            await stage.cluster.pass_time(1)
        full = os.open("/dev/full", os.O_WRONLY)
        os.dup2(full, stage.journal._file.fileno())
        os.close(full)
        stage.conductor.confirm(stage.run.upgrade.node, gate.gate, gate.code)
        await stage.cluster.pass_time(3)
        assert "No space left" in stage.conductor.trouble
        assert stage.cluster.writes == []


async def test_stale_data_close_an_open_gate(tmp_path: Path) -> None:
    async with at_work(tmp_path, 2) as stage:
        while (gate := stage.run.upgrade.gate) is None or not gate.code:
            await stage.cluster.pass_time(1)
        sources = {
            name: msgspec.structs.replace(source, state="stale")
            for name, source in stage.cluster.latest.sources.items()
        }
        stale = msgspec.structs.replace(stage.cluster.latest, sources=sources)
        stage.cluster.latest = stale
        for callback in tuple(stage.cluster._callbacks):
            callback(stale)
        await stage.clock.advance(0)
        assert stage.run.upgrade.gate is None


def test_codes_are_two_characters_that_cannot_be_mistaken_or_do_something_else() -> None:
    codes = {fresh_code() for _ in range(200)}
    keys = {name for key in (*RUN, *APP) for name in key.keys.split(",")}
    assert len(codes) > 100
    assert all(len(code) == 2 and not set(code) & {*"01ilo", *keys} for code in codes)
