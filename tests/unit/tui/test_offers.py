"""Only what the engine would take is offered."""

import msgspec
import pytest

from nomad_console.domain.plan import BatchChoice, Step
from nomad_console.tui import keys
from nomad_console.tui.offers import Offers
from nomad_console.upgrade.commands import RunHost
from nomad_console.upgrade.gates import Undo
from nomad_console.upgrade.run import Hold, Pending, Restoring, Run
from tests.support.manual_clock import EPOCH
from tests.support.plans import a_plan
from tests.support.sights import run_at
from tests.support.snapshots import node_id

NAMES = [key.action for key in keys.ORDERS]
ALWAYS = {"hold", "freeze", "restore", "stop_after"}


def offered(run: Run, *batch: str) -> set[str]:
    offers = Offers()
    offers.ask(run, batch)
    return {name for name in NAMES if name in offers}


@pytest.mark.parametrize(
    ("step", "more"),
    [
        (None, {"skip"}),
        (Step.CORDON, {"skip"}),
        (Step.DETACH, {"skip"}),
        (Step.DRAIN, {"skip", "extend"}),
        (Step.UPGRADE, {"skip"}),
        (Step.BAKE, {"skip"}),
    ],
)
def test_each_step_has_its_own(step: Step | None, more: set[str]) -> None:
    assert offered(run_at(step, a_plan(2, 3))) == ALWAYS | more


def test_a_node_in_mid_chain_is_not_skipped_but_the_ones_ahead_are() -> None:
    offers = Offers()
    offers.ask(run_at(Step.DRAIN, a_plan(2, 3, 4)), ())
    assert offers.skippable == (node_id(3), node_id(4))
    offers.ask(run_at(Step.CORDON, a_plan(2, 3)), ())
    assert offers.skippable == (node_id(2), node_id(3))
    offers.ask(run_at(Step.DRAIN, a_plan(2)), ())
    assert not offers.skippable


def test_the_last_node_cannot_be_stopped_after_but_that_can_be_taken_back() -> None:
    assert "stop_after" not in offered(run_at(Step.DRAIN, a_plan(2)))
    stopping = msgspec.structs.replace(run_at(Step.DRAIN, a_plan(2, 3)), stopping=True)
    assert "stop_after" in offered(stopping)


def test_held_frozen_and_over() -> None:
    run = run_at(Step.DRAIN, a_plan(2, 3))
    held = msgspec.structs.replace(run, hold=Hold("lunch", EPOCH))
    assert {"go_on", "freeze"} <= offered(held)
    assert "hold" not in offered(held)
    frozen = msgspec.structs.replace(run, hold=Hold("smoke", EPOCH, frozen=True))
    assert not {"hold", "freeze"} & offered(frozen)
    assert offered(msgspec.structs.replace(run, ended_at=EPOCH)) == set()


def test_batch_work_is_chosen_for_where_there_is_some() -> None:
    plan = a_plan(2, 3)
    run = run_at(Step.CORDON, plan)
    assert not {"batch_wait", "batch_stop"} & offered(run)
    assert "batch_stop" in offered(run, "a1")
    assert "batch_wait" not in offered(run, "a1")
    stops = run_at(Step.CORDON, plan, batch=BatchChoice.STOP)
    assert "batch_stop" not in offered(stops, "a1")
    assert "batch_wait" in offered(stops, "a1")
    assert not {"batch_wait", "batch_stop"} & offered(run_at(Step.UPGRADE, plan), "a1")


def test_a_host_command_nobody_saw_end_is_answered_for_and_not_passed_by() -> None:
    write = RunHost(id="1", node=node_id(2), argv=("true",))
    pending = Pending(write, intended=True, trouble="no answer is known", lost=True)
    run = run_at(Step.UPGRADE, a_plan(2, host_command=("true",)), pending=(pending,))
    held = msgspec.structs.replace(run, hold=Hold("no answer", EPOCH))
    assert {"host_ran", "host_again"} <= offered(held)
    assert "go_on" not in offered(held)


def test_on_the_way_back_a_node_may_be_given_up_on_and_little_else() -> None:
    run = run_at(Step.DRAIN, a_plan(2, 3), cordoned=True)
    back = msgspec.structs.replace(run, restoring=Restoring("asked", EPOCH, Undo.REJOIN))
    assert offered(back) == {"hold", "freeze", "skip"}


def test_it_asks_anew_for_a_run_that_differs() -> None:
    offers = Offers()
    run = run_at(Step.DRAIN, a_plan(2, 3))
    offers.ask(run, ())
    assert "go_on" not in offers
    offers.ask(msgspec.structs.replace(run, hold=Hold("lunch", EPOCH)), ())
    assert "go_on" in offers
