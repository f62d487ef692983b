"""A run as lines: where it stands, what it waits for, what it changed."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from nomad_console.domain.plan import Plan, Step
from nomad_console.operations.probe import Failure, ProbeState, UrlState
from nomad_console.tui.rendering.text import Line, Tone, plain
from nomad_console.tui.rendering.upgrade_run import (
    Sight,
    chain_line,
    ledger_brief,
    ledger_lines,
    plan_panel,
    proofs_of,
    step_panel,
    step_title,
    title_line,
)
from nomad_console.tui.rendering.wrapping import size_of
from nomad_console.upgrade.commands import Drain, SetEligibility
from nomad_console.upgrade.gates import (
    Gate,
    NodeProofs,
    Observation,
    Proof,
    ProofName,
    Standing,
    Truth,
    Undo,
)
from nomad_console.upgrade.run import GateState, Hold, Pending, Restoring, Run, StepRecord, Wait
from tests.support.manual_clock import EPOCH
from tests.support.plans import a_plan
from tests.support.sights import run_at
from tests.support.snapshots import node_id

NOW = EPOCH + timedelta(seconds=252)
SEEN = (Observation(0), NOW, 252.0)


def sight(step: Step | None, plan: Plan | None = None, **fields: Any) -> Sight:
    return Sight(run_at(step, plan or a_plan(2, 3), **fields), Observation(0), NOW, 252.0)


def said(lines: list[Line]) -> list[str]:
    return [plain(line) for line in lines]


def record(step: Step | None, seconds: float) -> StepRecord:
    return StepRecord(step, EPOCH, EPOCH + timedelta(seconds=seconds), ())


def proof(truth: Truth, name: ProofName = ProofName.EMPTY) -> Proof:
    return Proof(name, truth, "2 left", "nomad", EPOCH)


def test_the_title_drops_what_does_not_fit_and_cuts_nothing() -> None:
    whole = plain(title_line(sight(Step.DRAIN), 200))
    assert whole.startswith(
        " UPGRADE 7f3a0000 · 2.0.4 → 2.0.5 · node 1 of 2 · 04:12 at work, forecast "
    )
    assert "(± " in whole
    for width in range(20, 120):
        line = title_line(sight(Step.DRAIN), width)
        assert size_of(line) <= width or len(line) == 1
        assert plain(line).startswith(" UPGRADE 7f3a0000")
        assert all(cell in title_line(sight(Step.DRAIN), 200) for cell in line)


def test_a_run_that_is_over_stops_its_clock() -> None:
    ended = sight(Step.BAKE)
    run = msgspec.structs.replace(ended.run, ended_at=EPOCH + timedelta(seconds=60))
    assert "01:00 at work" in plain(title_line(ended._replace(run=run), 200))
    run = msgspec.structs.replace(ended.run, started_at=None)
    assert "· not begun, forecast" in plain(title_line(ended._replace(run=run), 200))


def test_the_chain_fits_80_columns_with_a_sign_for_every_step() -> None:
    line = chain_line(sight(Step.DRAIN, records=(record(Step.CORDON, 1), record(Step.DETACH, 31))))
    assert plain(line) == " c2 ✔cordon ✔detach ▶drain ·upgrade ·rejoin ·attach ·bake"
    assert size_of(line) <= 80


def test_the_plan_panel_has_the_time_of_every_step_that_is_over() -> None:
    records = (record(None, 0), record(Step.CORDON, 1), record(Step.DETACH, 31))
    lines = said(plan_panel(sight(Step.DRAIN, records=records)))
    assert lines[0] == "▶ c2"
    assert "   ✔ detach    31s" in [line.rstrip() for line in lines]
    assert "   ▶ drain   04:12" in [line.rstrip() for line in lines]
    assert lines[-1] == "· c3"


def test_a_node_that_is_done_shows_its_whole_time() -> None:
    records = (record(None, 0), record(Step.CORDON, 252))
    run = sight(Step.BAKE, records=records, ended_at=NOW).run
    run = msgspec.structs.replace(run, current=1)
    lines = said(plan_panel(Sight(run, Observation(0), NOW, 0.0)))
    assert lines[0] == "✔ c2           done 04:12"
    assert "▶ c3" in lines


@pytest.mark.parametrize(
    ("truth", "sign", "tone"),
    [(Truth.TRUE, "✔", Tone.GOOD), (Truth.FALSE, "✗", Tone.WARN), (Truth.UNKNOWN, "?", Tone.BAD)],
)
def test_proofs_come_with_evidence_source_and_age(truth: Truth, sign: str, tone: Tone) -> None:
    (line,) = step_panel(sight(Step.DRAIN, proofs=(Standing(proof(truth), EPOCH),)))
    assert plain(line) == f"{sign} node empty: 2 left   nomad, read 04:12 ago"
    assert line[0].tone is tone


def test_a_proof_that_only_shortens_a_wait_is_no_failure() -> None:
    waiting = proof(Truth.FALSE, ProofName.REGISTERED_AGAIN)
    lines = step_panel(sight(Step.REJOIN, proofs=(Standing(waiting, EPOCH),)))
    assert said(lines)[0].startswith("· registered a second time")


def test_the_newest_snapshot_counts_more_than_what_the_run_was_told() -> None:
    seen = sight(Step.DRAIN, proofs=(Standing(proof(Truth.TRUE), EPOCH),))
    newer = Observation(0, (NodeProofs(node_id(2), Step.DRAIN, (proof(Truth.FALSE),)),))
    (found,) = proofs_of(seen._replace(observation=newer), seen.run.upgrade)
    assert found.truth is Truth.FALSE


def test_calls_waits_and_what_is_to_be_done_by_hand_are_said() -> None:
    write = SetEligibility(id="1", node=node_id(2), eligible=False)
    wait = Wait(Step.DETACH, 30.0, 282.0)
    lines = said(step_panel(sight(Step.DETACH, pending=(Pending(write),), wait=wait)))
    assert lines[0].endswith("/eligibility ineligible: asked, no answer yet")
    assert lines[1] == "… 30s to wait: the balancer may send until then"
    lines = said(step_panel(sight(Step.UPGRADE)))
    assert lines[0] == "▶ now, by hand: upgrade the Nomad agent of c2 to 2.0.5"
    refused = Pending(write, trouble="Permission denied")
    (line,) = step_panel(sight(Step.CORDON, pending=(refused,)))
    assert plain(line).endswith("Permission denied")
    assert line[0].tone is Tone.BAD


def test_an_open_gate_waits_for_nobody_but_the_operator() -> None:
    wait = Wait(Step.REJOIN, 60.0, 300.0)
    state = GateState(Gate.ATTACH, "7f", EPOCH)
    assert said(step_panel(sight(Step.REJOIN, wait=wait, gate=state))) == []


def test_while_one_node_bakes_the_next_one_is_proven_too() -> None:
    seen = sight(Step.BAKE)
    after = NodeProofs(node_id(3), None, (proof(Truth.FALSE, ProofName.NODE_AS_PLANNED),))
    lines = said(step_panel(seen._replace(observation=Observation(0, (after,)))))
    assert lines[0] == "c3, next:"
    assert lines[1].startswith("✗ node as planned")


def test_the_host_commands_output_is_shown_while_it_upgrades() -> None:
    plan = a_plan(2, host_command=("true",))
    lines = said(step_panel(sight(Step.UPGRADE, plan)._replace(output=("one", "two"))))
    assert lines == ["host command:", "  | one", "  | two"]
    assert said(step_panel(sight(Step.REJOIN, plan)._replace(output=("one",)))) == []


def test_the_step_says_its_pace_against_the_forecast() -> None:
    assert plain(step_title(sight(None))) == " c2 · not touched yet"
    said = plain(step_title(sight(Step.DRAIN)))
    assert said.startswith(" c2 · drain   04:12 of ")
    assert "slower than forecast by" in said
    since = EPOCH + timedelta(seconds=2)
    ready = GateState(Gate.UPGRADE, "7f", since)
    shown = plain(step_title(sight(Step.DRAIN, gate=ready, waiting_since=since)))
    assert " 2s of " in shown
    assert shown.endswith("· faster than forecast by 23s · waited 04:10")
    early = sight(Step.DRAIN)._replace(now=EPOCH + timedelta(seconds=2))
    assert plain(step_title(early)).endswith(" foreseen")


def test_the_operators_time_stands_apart_from_the_steps() -> None:
    waiting: dict[str, Any] = {"waited_s": 20.0, "waiting_since": EPOCH + timedelta(seconds=52)}
    records = (msgspec.structs.replace(record(Step.DETACH, 131), waited_s=100.0),)
    seen = sight(Step.DRAIN, records=records, **waiting)
    lines = said(plan_panel(seen))
    assert "   ✔ detach    31s +01:40" in lines
    assert "   ▶ drain     32s +03:40" in lines
    assert "     + waited for you" in lines
    assert all(size_of(line) <= 25 for line in plan_panel(seen))
    title = plain(title_line(seen, 200))
    assert title.endswith("· waited 05:20 for you")
    frozen = msgspec.structs.replace(seen.run, hold=Hold("thinking", EPOCH, frozen=True))
    assert "   32s of 25s foreseen" in plain(step_title(seen._replace(run=frozen)))


def test_failures_and_forced_ends_stand_above_everything_else() -> None:
    failure = Failure(EPOCH, "http://web/", "502")
    failing = ProbeState((UrlState("http://web/", 9, 1, first_failure=failure),))
    seen = sight(Step.UPGRADE)._replace(probe=failing, killed=("api[0] after 5 s",))
    assert said(step_panel(seen))[:2] == [
        "✗ probe failed first at 22:00:00: http://web/: 502",
        "✗ killed, kill_timeout was too short: api[0] after 5 s",
    ]
    assert "probe 8 ok, 1 failed" in plain(title_line(seen, 80))


def test_a_run_that_goes_back_or_stops_says_so_in_its_title_and_shows_its_way() -> None:
    run = sight(Step.DRAIN).run
    stopping = msgspec.structs.replace(run, stopping=True)
    assert "STOPS AFTER THIS NODE" in plain(title_line(Sight(stopping, *SEEN), 60))
    back = msgspec.structs.replace(run, restoring=Restoring("asked", EPOCH, Undo.REJOIN))
    seen = Sight(back, *SEEN)
    assert "RESTORING" in plain(title_line(seen, 60))
    assert plain(step_title(seen)) == " c2 · restoring: bring back"
    assert plain(chain_line(seen)).startswith(" c2 RESTORE ✔undrain ▶rejoin")
    assert said(step_panel(seen))[1].startswith("▶ eligible as found")


def test_a_node_left_out_is_called_so() -> None:
    lines = said(plan_panel(sight(None, skipped="ann@bastion")))
    assert lines[0].split()[1:] == ["c2", "skipped"]


def changed_run() -> Run:
    keys = tuple(target.key for target in a_plan(2).nodes[0].targets)
    drain = Drain(id="2", node=node_id(2), run_id="7f3a", deadline_s=600, keep_system=True)
    return sight(Step.DRAIN, cordoned=True, detached=keys[:1], pending=(Pending(drain),)).run


def test_the_ledger_names_each_change_and_its_inverse() -> None:
    assert said(ledger_lines(changed_run())) == [
        "c2 was eligible, is ineligible  → eligible again",
        "c2 api-int i-00000000000000002:80 left the balancer  → register it again",
        "c2 work was moved to other nodes (no answer yet)  → cannot be undone",
    ]
    assert said(ledger_lines(sight(None).run)) == ["nothing is changed"]


def test_the_ledger_in_one_line_for_small_terminals() -> None:
    assert plain(ledger_brief(changed_run())) == (
        "changed: c2 was eligible, is ineligible · api-int i-00000000000000002:80 left the balancer"
        " · work was moved to other nodes (no answer yet)"
    )
    assert plain(ledger_brief(sight(None).run)) == "changed: nothing"
