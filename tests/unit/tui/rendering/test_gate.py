"""Gates as lines: what is proven, what comes next, what it means, and the way back."""

from typing import Any

import msgspec
import pytest

from nomad_console.domain.plan import BatchChoice, Plan, Step
from nomad_console.operations.calls import ahead
from nomad_console.tui.rendering.gate import (
    commands_ahead,
    gate_lines,
    gate_title,
    waiting_lines,
)
from nomad_console.tui.rendering.text import plain
from nomad_console.tui.rendering.upgrade_run import Sight
from nomad_console.tui.rendering.wrapping import size_of
from nomad_console.upgrade.gates import Gate, Observation, Proof, ProofName, Standing, Truth
from nomad_console.upgrade.run import GateState
from tests.support.manual_clock import EPOCH
from tests.support.plans import a_plan
from tests.support.sights import run_at
from tests.support.snapshots import article_snapshot, with_node

BEFORE = {
    Gate.START: None,
    Gate.DETACH: Step.CORDON,
    Gate.DRAIN: Step.DETACH,
    Gate.UPGRADE: Step.DRAIN,
    Gate.REJOIN: Step.UPGRADE,
    Gate.ATTACH: Step.REJOIN,
    Gate.NEXT: Step.BAKE,
}


def proof(name: ProofName, truth: Truth = Truth.TRUE) -> Proof:
    return Proof(name, truth, "as seen", "nomad", EPOCH)


def at_gate(gate: Gate, plan: Plan | None = None, **fields: Any) -> tuple[Sight, GateState]:
    state = GateState(gate, "7f", EPOCH)
    run = run_at(BEFORE[gate], plan or a_plan(2, 3), gate=state, **fields)
    return Sight(run, Observation(0), EPOCH, 0.0), state


def body(gate: Gate, width: int = 76, plan: Plan | None = None, **fields: Any) -> str:
    sight, state = at_gate(gate, plan, **fields)
    return "\n".join(plain(line) for line in gate_lines(sight, state, width, 20))


@pytest.mark.parametrize(
    ("gate", "title", "call"),
    [
        (
            Gate.START,
            "begin with c2: make c2 and c3 ineligible for new work",
            "$ nomad node eligibility -disable\n          c2000000-",
        ),
        (Gate.DETACH, "take c2 out of the balancer", "$ aws elbv2 deregister-targets"),
        (Gate.DRAIN, "drain c2", "$ nomad node drain -enable -yes -no-deadline"),
        (Gate.UPGRADE, "upgrade the agent on c2", "by hand: upgrade the Nomad agent of c2"),
        (Gate.REJOIN, "bring c2 back", "$ nomad node eligibility -enable\n          c2000000-"),
        (Gate.ATTACH, "give c2 traffic", "$ aws elbv2 register-targets"),
        (
            Gate.NEXT,
            "go on to c3: make c3 ineligible for new work",
            "$ nomad node eligibility -disable\n          c3000000-",
        ),
    ],
)
def test_every_gate_says_what_it_asks_what_comes_what_it_means_and_the_way_back(
    gate: Gate, title: str, call: str
) -> None:
    sight, state = at_gate(gate)
    assert gate_title(sight, state) == title
    said = body(gate)
    assert call in said
    assert [line.split()[0] for line in said.splitlines() if not line.startswith(" ")] == [
        "proven",
        "next",
        "means",
        "back",
    ]


@pytest.mark.parametrize("gate", Gate)
@pytest.mark.parametrize("width", [56, 76, 196])
def test_no_line_of_a_gate_is_cut(gate: Gate, width: int) -> None:
    sight, state = at_gate(gate)
    assert all(size_of(line) <= width for line in gate_lines(sight, state, width, 20))


@pytest.mark.parametrize("gate", Gate)
@pytest.mark.parametrize("width", [56, 76, 196])
def test_the_exact_commands_stand_there_whatever_the_width(gate: Gate, width: int) -> None:
    said = "".join(body(gate, width).split())
    for call in ahead(at_gate(gate)[0].run):
        assert "".join((call.command or call.words).split()) in said


def test_every_node_that_becomes_ineligible_is_named() -> None:
    sight, state = at_gate(Gate.START, a_plan(1, 2, 3, 4))
    assert gate_title(sight, state).endswith("make c1, c2, c3 and 1 more ineligible for new work")
    said = body(Gate.START, 196, a_plan(1, 2, 3, 4))
    assert "means   nothing stops; c1, c2, c3 and c4 will get no new work" in said
    assert "back    make c1, c2, c3 and c4 eligible again" in said


def test_where_no_node_becomes_ineligible_none_is_named() -> None:
    ineligible = with_node(article_snapshot(), 2, eligibility="ineligible")
    sight, state = at_gate(Gate.START, a_plan(2, snapshot=ineligible))
    assert gate_title(sight, state) == "begin with c2"
    assert "nothing is written before the next gate" in body(Gate.START, plan=sight.run.plan)


def test_y_copies_the_exact_commands_whatever_the_width() -> None:
    detach = commands_ahead(at_gate(Gate.DETACH)[0]).splitlines()
    assert [line.split()[2] for line in detach] == ["deregister-targets"] * 2
    assert commands_ahead(at_gate(Gate.UPGRADE)[0]).startswith("# by hand: upgrade the Nomad agent")


def test_a_host_command_is_shown_as_it_will_be_run() -> None:
    plan = a_plan(2, host_command=("ssh", "{name}", "sudo", "upgrade-nomad", "{version}"))
    assert "next    $ ssh c2 sudo upgrade-nomad 2.0.5" in body(Gate.UPGRADE, plan=plan)


def test_the_first_gate_names_every_node_that_is_made_ineligible() -> None:
    calls = ahead(at_gate(Gate.START)[0].run)
    assert [call.words for call in calls] == ["make c2 ineligible", "make c3 ineligible"]
    one = ahead(at_gate(Gate.START, a_plan(2, 3, cordon_selection=False))[0].run)
    assert [call.words for call in one] == ["make c2 ineligible"]


def test_where_nothing_has_to_be_written_it_says_so() -> None:
    sight, state = at_gate(Gate.NEXT)
    second = msgspec.structs.replace(sight.run.upgrades[1], cordoned=True)
    run = msgspec.structs.replace(sight.run, upgrades=(sight.run.upgrades[0], second))
    lines = gate_lines(sight._replace(run=run), state, 76, 20)
    assert any("nothing is written: eligibility is as it should be" in plain(one) for one in lines)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"batch_found": ()}, "the plan said -no-deadline; now -deadline 600s: its batch work has"),
        ({"batch": BatchChoice.STOP}, "-deadline 600s: as you chose for its batch work"),
        ({}, ""),
    ],
)
def test_a_drain_called_otherwise_than_planned_says_so_and_why(
    fields: dict[str, Any], said: str
) -> None:
    shown = body(Gate.DRAIN, 196, **fields)
    assert said in shown
    assert ("changed" in shown) == bool(said)
    assert f"drain -enable -yes {'-deadline 600s' if said else '-no-deadline'} " in shown


def test_batch_work_that_came_since_the_plan_takes_the_deadline_away_and_the_gate_says_so() -> None:
    sight, state = at_gate(Gate.DRAIN, a_plan(1), batch_found=("a0",))
    shown = "\n".join(map(plain, gate_lines(sight._replace(batch=("late[0]",)), state, 196, 20)))
    assert "-yes -no-deadline " in shown
    assert "batch work came since, and is waited for" in shown
    assert "late[0]: waited for, however long; the drain has no deadline" in shown
    asked, state = at_gate(Gate.DRAIN, a_plan(1, deadline_s=90.0), batch_found=("a0",))
    shown = "\n".join(map(plain, gate_lines(asked._replace(batch=("late[0]",)), state, 196, 20)))
    assert "-yes -deadline 90s " in shown
    assert "late[0]: waited for until the drain's deadline, 01:30, then stopped" in shown


def test_proofs_stand_by_the_time_they_became_true_and_only_those_that_hold() -> None:
    early, late = EPOCH, EPOCH.replace(second=9)
    standings = (
        Standing(proof(ProofName.EMPTY), early),
        Standing(proof(ProofName.EMPTY_TWICE), late),
        Standing(proof(ProofName.REPLACED), early),
        Standing(proof(ProofName.PLACED, Truth.FALSE), early),
    )
    (first, *_) = body(Gate.UPGRADE, 196, proofs=standings).splitlines()
    assert first == (
        "proven  22:00:00 ✔ node empty  ✔ replacements healthy  22:00:09 ✔ node empty twice"
    )


def test_a_gate_that_is_too_high_shows_first_what_it_asks() -> None:
    sight, state = at_gate(Gate.UPGRADE)
    first = [plain(line).split()[0] for line in gate_lines(sight, state, 76, 3)]
    assert first == ["next", "means", "back", "proven"]


def test_what_keeps_the_next_gate_closed_is_named() -> None:
    standings = (
        Standing(proof(ProofName.EMPTY, Truth.FALSE), EPOCH),
        Standing(proof(ProofName.PLACED), EPOCH),
        Standing(proof(ProofName.UNLISTED, Truth.UNKNOWN), EPOCH),
    )
    sight, _ = at_gate(Gate.UPGRADE, proofs=standings)
    (line,) = waiting_lines(sight, 76)
    assert plain(line) == "not yet ✗ node empty  ✗ Consul lists nothing stopped"
    sight, _ = at_gate(Gate.UPGRADE, proofs=standings[1:2])
    assert "every proof holds" in plain(waiting_lines(sight, 76)[0])
