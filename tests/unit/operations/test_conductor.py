import asyncio
import os
from pathlib import Path

import msgspec
import pytest

from nomad_console.clients.errors import Refused, Unreachable
from nomad_console.domain.node import Node, NodeDetail
from nomad_console.domain.plan import Step
from nomad_console.operations.conductor import fresh_code
from nomad_console.operations.journal import read
from nomad_console.tui.keys import APP, RUN
from nomad_console.upgrade.events import Event
from nomad_console.upgrade.gates import Gate
from nomad_console.upgrade.machine import advance
from nomad_console.upgrade.run import Outcome, Run
from tests.support.conducting import GATES, Stage, World, at_work, cut, until
from tests.support.small_consul import SmallConsul
from tests.support.snapshots import node_id, with_node


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def test_a_node_is_led_through_the_whole_chain_and_left_as_it_was(world: World) -> None:
    async with at_work(Stage(world, 2)) as stage:
        before = stage.cluster.latest
        await stage.gate(*GATES)
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


async def test_the_journal_replayed_gives_the_same_run(world: World) -> None:
    async with at_work(Stage(world, 2)) as stage:
        await stage.gate(Gate.START, Gate.DETACH, Gate.DRAIN)
        chronicle = read(stage.journal.path)
        replayed = Run.of(chronicle.head.plan)
        for event in chronicle.events:
            replayed, _ = advance(replayed, event)
        assert replayed == stage.run
        assert stage.run.upgrade.step is Step.DRAIN


async def test_whoever_listens_hears_what_is_journaled_and_the_run_before_it(
    world: World,
) -> None:
    heard: list[tuple[Event, Run]] = []
    async with at_work(Stage(world, 1)) as stage:
        stage.conductor.listen(lambda event, before: heard.append((event, before)))
        await stage.gate(Gate.START)
        stage.conductor.confirm(node_id(1), Gate.START, "??")
        await stage.cluster.pass_time(1)
        now = stage.run
    kept = read(stage.journal.path).events
    assert [event for event, _ in heard] == list(kept[-len(heard) :])
    assert advance(heard[-1][1], heard[-1][0])[0] == now


async def test_the_host_command_is_written_down_before_it_runs_and_its_output_kept(
    world: World,
) -> None:
    host = ("sh", "-c", "echo upgrading $0", "{name}")
    async with at_work(Stage(world, 2, host_command=host)) as stage:
        await stage.gate(Gate.START, Gate.DETACH, Gate.DRAIN, Gate.UPGRADE)
        output = stage.conductor.output[node_id(2)]
        await until(stage, lambda: stage.run.upgrade.exit_code is not None)
        assert list(output) == ["upgrading c2"]
        assert stage.run.upgrade.exit_code == 0
        kinds = stage.journaled
        assert kinds.index("Intended") < kinds.index("HostStarted") < kinds.index("HostEnded")


async def test_hold_keeps_the_gate_closed_and_release_opens_it_with_another_code(
    world: World,
) -> None:
    async with at_work(Stage(world, 2)) as stage:
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
    world: World,
) -> None:
    async with at_work(Stage(world, 2)) as stage:
        await stage.gate(Gate.START)
        await stage.gate(Gate.DETACH)
        world.cluster.slow_drains = True
        code = await stage.opened(Gate.DRAIN)
        stage.conductor.confirm(stage.run.upgrade.node, Gate.DRAIN, code)
        stage.conductor.freeze("smoke")
        await stage.cluster.pass_time(3)
        assert [write[2] is None for write in world.cluster.writes if write[0] == "drain"] == [
            False,
            True,
        ]
        assert stage.run.hold is not None
        assert stage.run.hold.frozen
        assert stage.cluster.latest.nodes[node_id(2)].eligibility == "ineligible"


async def test_a_refused_call_holds_the_step_and_says_why(world: World) -> None:
    async with at_work(Stage(world, 2)) as stage:
        stage.cluster.failing = Refused("nomad", "GET /v1/node/x", 403, "Permission denied")
        await stage.gate(Gate.START)
        (pending,) = stage.run.upgrade.pending
        assert "Permission denied" in pending.trouble
        assert stage.cluster.writes == []


async def test_silence_is_told_from_refusal(world: World) -> None:
    async with at_work(Stage(world, 2)) as stage:
        stage.cluster.unanswered = Unreachable("nomad", "POST /v1/node/x", None, "timed out")
        await stage.gate(Gate.START)
        assert "Unknown" in stage.journaled
        assert "Failed" not in stage.journaled


async def test_nothing_is_done_that_could_not_be_written_down(world: World) -> None:
    async with at_work(Stage(world, 2)) as stage:
        code = await stage.opened(Gate.START)
        full = os.open("/dev/full", os.O_WRONLY)
        os.dup2(full, stage.journal._file.fileno())
        os.close(full)
        stage.conductor.confirm(stage.run.upgrade.node, Gate.START, code)
        await stage.cluster.pass_time(3)
        assert "No space left" in stage.conductor.trouble
        assert stage.cluster.writes == []


async def test_stale_data_close_an_open_gate(world: World) -> None:
    async with at_work(Stage(world, 2)) as stage:
        await stage.opened(Gate.START)
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


async def test_three_nodes_leave_a_journal_of_at_most_400_lines(world: World) -> None:
    async with at_work(Stage(world, 1, 2, 3)) as stage:
        for _ in range(3):
            await stage.gate(*(gate for gate in GATES if gate is not Gate.START or not _))
            if stage.run.following is not None:
                await stage.gate(Gate.NEXT)
        await stage.cluster.pass_time(90)
        assert stage.run.outcome is Outcome.DONE
    assert len(stage.journal.path.read_bytes().splitlines()) <= 400


@pytest.mark.parametrize("kind", ["Answered", "GateConfirmed"])
async def test_killed_between_act_and_journal_it_goes_on_without_a_second_drain(
    world: World, kind: str
) -> None:
    async with at_work(Stage(world, 2)) as stage:
        await stage.gate(Gate.START, Gate.DETACH, Gate.DRAIN)
    before = len(world.cluster.writes)
    cut(world.where, kind)
    async with at_work(Stage(world, again=True)) as stage:
        if kind == "GateConfirmed":  # the very word was lost: it is asked for again
            await stage.gate(Gate.DRAIN)
        await stage.gate(Gate.UPGRADE, Gate.REJOIN, Gate.ATTACH)
        await stage.cluster.pass_time(90)
        assert stage.run.outcome is Outcome.DONE
        assert stage.written.count("drain") == 1
        assert stage.written[before:] == ["eligibility", "register", "register"]
        assert stage.journaled.count("Resumed") == 1


async def test_a_host_command_whose_end_nobody_saw_is_never_repeated_by_itself(
    world: World, tmp_path: Path
) -> None:
    ran = tmp_path / "ran"
    host = ("sh", "-c", f"echo once >> {ran}")
    async with at_work(Stage(world, 2, host_command=host)) as stage:
        await stage.gate(Gate.START, Gate.DETACH, Gate.DRAIN, Gate.UPGRADE)
        await until(stage, lambda: stage.run.upgrade.exit_code == 0)
    cut(world.where, "HostEnded")
    async with at_work(Stage(world, again=True)) as stage:
        await stage.cluster.pass_time(5)
        assert stage.run.hold is not None
        assert "no answer is known" in stage.run.hold.reason
        stage.conductor.release()
        await stage.cluster.pass_time(2)
        assert stage.run.hold is not None
        stage.conductor.answer_host(ran=True)
        stage.cluster.upgraded(2)
        await stage.gate(Gate.REJOIN)
    assert ran.read_text() == "once\n"


async def test_what_somebody_else_did_stops_the_run_before_the_call(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def newer(_: str) -> tuple[Node, NodeDetail]:
        changed = with_node(world.cluster.latest, 2, eligibility="eligible")
        return changed.nodes[node_id(2)], changed.details[node_id(2)]

    async with at_work(Stage(world, 2)) as stage:
        await stage.gate(Gate.START)
        code = await stage.opened(Gate.DETACH)
        monkeypatch.setattr(world.cluster, "node", newer)  # than what was seen
        stage.conductor.confirm(node_id(2), Gate.DETACH, code)
        await stage.clock.advance(0)
        assert stage.run.hold is not None
        assert stage.run.hold.reason == "c2 was made eligible by another hand"
        assert stage.journaled[-1] == "Disturbed"
        assert stage.written == ["eligibility"]
        stage.conductor.release()  # told of it, the operator goes on
        await stage.clock.advance(0)
        assert stage.written == ["eligibility", "eligibility", "deregister", "deregister"]


async def test_a_cordon_that_somebody_undid_is_written_again_and_the_run_goes_on(
    world: World,
) -> None:
    async with at_work(Stage(world, 2)) as stage:
        await stage.gate(Gate.START, Gate.DETACH)
        world.cluster.publish(with_node(world.cluster.latest, 2, eligibility="eligible"))
        await stage.cluster.pass_time(1)
        assert stage.run.hold is not None
        assert stage.run.hold.reason.startswith("c2: became eligible")
    async with at_work(Stage(world, again=True)) as stage:
        assert stage.run.hold is not None
        stage.conductor.release()
        await stage.opened(Gate.DRAIN)
        assert not world.cluster.latest.nodes[node_id(2)].eligible
        assert stage.written.count("eligibility") == 2


async def test_a_failing_probe_holds_the_run(world: World) -> None:
    async with at_work(Stage(world, 2)) as stage:
        await stage.opened(Gate.START)
        world.cluster.wrong = "502 Bad Gateway"
        await stage.cluster.pass_time(3)
        assert stage.run.hold is not None
        assert stage.run.hold.reason == "probe http://web/: 502 Bad Gateway"
        assert stage.run.upgrade.gate is None
        assert stage.conductor.counting.state.failed >= 2
        assert stage.journaled.count("ProbeFailed") == 1


async def test_a_lost_lock_holds_the_run_and_no_call_begins_without_it(world: World) -> None:
    world.consul = SmallConsul(world.clock)
    async with at_work(Stage(world, 2)) as stage:
        code = await stage.opened(Gate.START)
        world.consul.failing = Unreachable("consul", "PUT /v1/session/renew/x", None, "down")
        await stage.cluster.pass_time(17)
        assert "the lock was last renewed" in stage.conductor.notice
        stage.conductor.confirm(node_id(2), Gate.START, code)
        await stage.cluster.pass_time(5)
        assert stage.run.upgrade.pending
        assert stage.written == []
        world.consul.failing = None
        await stage.cluster.pass_time(6)
        assert stage.written == ["eligibility"]
        for session in tuple(world.consul.world.sessions.rows):
            world.consul.world.sessions.destroy(session)
        await stage.cluster.pass_time(5)
        assert stage.run.hold is not None
        assert "its session in Consul has ended" in stage.run.hold.reason
        assert "lost" in stage.conductor.lock_word
        await stage.cluster.pass_time(5)
        assert stage.conductor.lock_word.startswith("locked in Consul")


async def test_over_the_lock_is_free(world: World) -> None:
    world.consul = SmallConsul(world.clock)
    async with at_work(Stage(world, 2)) as stage:
        await stage.gate(*GATES)
        await stage.cluster.pass_time(90)
    assert world.consul.world.sessions.rows == {}


async def test_a_hang_up_ends_our_drain_within_three_seconds(world: World) -> None:
    async with at_work(Stage(world, 2)) as stage:
        await stage.gate(Gate.START, Gate.DETACH)
        world.cluster.slow_drains = True
        await stage.gate(Gate.DRAIN)
        assert world.cluster.latest.details[node_id(2)].drain is not None
        assert await stage.conductor.hang_up()
        assert world.cluster.latest.details[node_id(2)].drain is None
        assert "HungUp" in stage.journaled
    async with at_work(Stage(world, again=True)) as stage:
        assert stage.run.hung_up_at is not None
        assert stage.run.hold is not None


async def test_a_hang_up_that_is_not_answered_does_not_wait_for_ever(world: World) -> None:
    async with at_work(Stage(world, 2)) as stage, asyncio.TaskGroup() as tasks:
        await stage.gate(Gate.START, Gate.DETACH)
        world.cluster.slow_drains = True
        await stage.gate(Gate.DRAIN)
        stage.lock.lost = "the lock is lost"
        leaving = tasks.create_task(stage.conductor.hang_up())
        await stage.clock.advance(2.9)
        assert not leaving.done()
        await stage.clock.advance(0.2)
        assert not leaving.result()
    assert stage.written[-1] == "drain"


def test_codes_are_two_characters_that_cannot_be_mistaken_or_do_something_else() -> None:
    codes = {fresh_code() for _ in range(200)}
    keys = {name for key in (*RUN, *APP) for name in key.keys.split(",")}
    assert len(codes) > 100
    assert all(len(code) == 2 and not set(code) & {*"01ilo", *keys} for code in codes)
