"""The way back as lines."""

from datetime import timedelta

import msgspec
import pytest

from nomad_console.domain.plan import Plan, Step
from nomad_console.tui.rendering.restoring import for_good, way_back, way_back_brief
from nomad_console.tui.rendering.text import plain
from nomad_console.upgrade.gates import Undo
from nomad_console.upgrade.run import Outcome, Restoring, Run
from tests.support.manual_clock import EPOCH
from tests.support.plans import a_plan
from tests.support.sights import run_at


def going_back(undo: Undo, **fields: object) -> Run:
    run = run_at(Step.DRAIN, a_plan(2, 3), **fields)
    return msgspec.structs.replace(run, restoring=Restoring("asked", EPOCH, undo))


def said(run: Run, after_s: float = 0.0) -> list[str]:
    return [plain(line) for line in way_back(run, EPOCH + timedelta(seconds=after_s))]


def with_addresses(plan: Plan) -> Plan:
    """As if its targets were of type ip."""
    first = plan.nodes[0]
    targets = tuple(msgspec.structs.replace(one, is_address=True) for one in first.targets)
    first = msgspec.structs.replace(first, targets=targets)
    return msgspec.structs.replace(plan, nodes=(first, *plan.nodes[1:]))


@pytest.mark.parametrize(
    ("undo", "signs"),
    [
        (Undo.DRAIN, "▶···"),
        (Undo.REJOIN, "✔▶··"),
        (Undo.ATTACH, "✔✔▶·"),
        (Undo.CORDONS, "✔✔✔▶"),
    ],
)
def test_its_steps_stand_in_their_order_with_where_it_is(undo: Undo, signs: str) -> None:
    run = going_back(undo)
    assert "".join(line[0] for line in said(run)) == signs
    brief = plain(way_back_brief(run))
    assert brief.startswith(" c2 RESTORE ")
    assert "".join(word[0] for word in brief.split()[2:]) == signs


def test_before_it_is_asked_for_and_when_it_is_over() -> None:
    assert [line[0] for line in said(run_at(Step.DRAIN))] == list("····")
    run = msgspec.structs.replace(
        going_back(Undo.CORDONS), ended_at=EPOCH, outcome=Outcome.RESTORED
    )
    assert [line[0] for line in said(run)] == list("✔✔✔✔")


def test_an_address_says_when_the_balancer_takes_it_back() -> None:
    plan = with_addresses(a_plan(2))
    keys = tuple(one.key for one in plan.nodes[0].targets)
    run = run_at(Step.DETACH, plan, detached=keys, detached_at=EPOCH)
    delay = max(one.delay_s for one in plan.nodes[0].targets)
    back = f"{EPOCH + timedelta(seconds=delay):%H:%M:%S}"
    (line,) = [line for line in said(run, 1.0) if "back at" in line]
    assert line.startswith(f"  c2: back at {back}, in ")
    assert not any("back at" in line for line in said(run, delay + 1))
    instances = run_at(Step.DETACH, a_plan(2), detached=keys, detached_at=EPOCH)
    assert not any("back at" in line for line in said(instances, 1.0))


def test_what_no_restore_puts_back_is_listed() -> None:
    assert [plain(line) for line in for_good(going_back(Undo.DRAIN, drained=True))] == [
        "stays as it is: c2: work was moved to other nodes"
    ]
    assert for_good(run_at(Step.CORDON, cordoned=True)) == []
