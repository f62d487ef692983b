"""Leaving while a run holds changes."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nomad_console.clients.errors import Refused
from nomad_console.clients.nomad_calls import DrainSpec
from nomad_console.domain.plan import Step
from nomad_console.tui.screens.leave import LeaveScreen, going_on
from nomad_console.tui.screens.upgrade_run import UpgradeRun
from nomad_console.upgrade.gates import Gate
from tests.support.sights import run_at
from tests.support.snapshots import node_id
from tests.support.upgrading import Operator, SlowDrain, operating


async def asked(operator: Operator) -> str:
    await operator.press("q")
    await operator.seat.settle()
    assert isinstance(operator.seat.app.screen, LeaveScreen)
    return operator.seat.text


async def draining(operator: Operator) -> None:
    await operator.begin()
    await operator.answer(Gate.START, Gate.DETACH, Gate.DRAIN)


def over(operator: Operator) -> bool:
    return operator.seat.app._exit


async def test_q_during_a_run_says_what_is_changed_and_how_it_is_put_back(tmp_path: Path) -> None:
    async with operating(tmp_path, (200, 50), world=SlowDrain) as operator:
        await draining(operator)
        said = await asked(operator)
        assert "is not over" in said
        assert "c2 was eligible, is ineligible  → eligible again" in said
        assert "a drain goes on, without a deadline: batch work is waited for" in said
        assert f"$ nomad node eligibility -enable {node_id(2)}" in said
        assert "$ aws elbv2 register-targets --target-group-arn" in said
        assert "F freeze and leave  R restore  x leave as it is" in operator.seat.lines[-1]


def test_what_goes_on_fits_what_the_run_is_doing() -> None:
    stays = "what is out of the balancer stays out, what is ineligible stays so"
    drains = "a drain goes on, and at its deadline everything left is stopped"
    drain: dict[str, Any] = {"cordoned": True, "drained": True}
    assert list(going_on(run_at(None))) == ["no drain of ours is under way: nothing moves"]
    idle = list(going_on(run_at(Step.DETACH, cordoned=True)))
    assert idle == ["no drain of ours is under way: nothing moves", stays]
    assert list(going_on(run_at(Step.DRAIN, **drain))) == [drains, stays]
    frozen = list(going_on(run_at(Step.DRAIN, **drain, cancelled=True)))
    assert frozen == ["our drain is ended; what was marked still moves", stays]
    waits = list(going_on(run_at(Step.DRAIN, batch_found=("a0",), **drain)))
    assert waits == ["a drain goes on, without a deadline: batch work is waited for", stays]


async def test_without_a_drain_there_is_nothing_to_freeze(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        await operator.begin()
        await asked(operator)
        assert "F hold and leave" in operator.seat.text


async def test_esc_goes_back_to_the_run(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        await operator.begin()
        await asked(operator)
        await operator.press("escape")
        assert isinstance(operator.seat.app.screen, UpgradeRun)
        assert operator.run.hold is None


async def test_q_once_more_neither_leaves_nor_piles_up(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        await operator.begin()
        await asked(operator)
        said = await operator.press("q")
        assert "F freezes and leaves, x leaves it as it is, esc stays" in said
        await operator.press("escape")
        assert isinstance(operator.seat.app.screen, UpgradeRun)
        assert not over(operator)


async def test_ctrl_q_asks_too(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        await operator.begin()
        await operator.press("ctrl+q")
        await operator.seat.settle()
        assert isinstance(operator.seat.app.screen, LeaveScreen)
        assert not over(operator)


async def test_x_leaves_everything_as_it_is(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24), world=SlowDrain) as operator:
        await draining(operator)
        await asked(operator)
        writes = list(operator.cluster.writes)
        await operator.seat.pilot.press("x")
        assert over(operator)
        assert operator.cluster.writes == writes


class SlowAnswer(SlowDrain):
    """Nomad takes its time to answer that a drain is ended."""

    answered = asyncio.Event()

    async def drain(
        self, node: str, spec: DrainSpec | None, *, mark_eligible: bool, meta: Mapping[str, str]
    ) -> int:
        if spec is None:
            await self.answered.wait()
        return await super().drain(node, spec, mark_eligible=mark_eligible, meta=meta)


async def test_freezing_leaves_only_when_the_drain_is_ended(tmp_path: Path) -> None:
    SlowAnswer.answered = asyncio.Event()
    async with operating(tmp_path, (80, 24), world=SlowAnswer) as operator:
        await draining(operator)
        await asked(operator)
        said = await operator.press("F")
        await operator.seat.settle(5)
        assert "ending our drain, then leaving…" in said
        assert not over(operator)
        SlowAnswer.answered.set()
        await operator.seat.settle(1)
        assert over(operator)
        assert operator.cluster.writes[-1][:3] == ("drain", node_id(2), None)


async def test_a_drain_that_could_not_be_ended_keeps_the_console_and_says_why(
    tmp_path: Path,
) -> None:
    async with operating(tmp_path, (80, 24), world=SlowDrain) as operator:
        await draining(operator)
        await asked(operator)
        operator.cluster.failing = Refused("nomad", "GET /v1/node/x", 403, "Permission denied")
        await operator.press("F")
        await operator.seat.settle(5)
        assert "Permission denied" in operator.seat.text
        assert "x leaves it as it is" in operator.seat.text
        assert not over(operator)


async def test_y_copies_the_commands_unbroken(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        await operator.begin()
        await operator.answer(Gate.START)
        await operator.open(Gate.DETACH)
        await asked(operator)
        await operator.press("y")
        assert operator.seat.app.clipboard == f"nomad node eligibility -enable {node_id(2)}"


async def test_where_nothing_is_changed_no_commands_are_listed(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        await operator.begin()
        said = await asked(operator)
        assert "nothing is changed" in said
        assert "Commands that put it back" not in said


async def test_asked_on_a_terminal_too_small_it_is_there_when_it_grows(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        await operator.begin()
        pilot = operator.seat.pilot
        await pilot.resize_terminal(40, 10)
        await operator.seat.settle()
        await operator.press("q")
        await pilot.resize_terminal(80, 24)
        await operator.seat.settle(1)
        assert "Leave the console?" in operator.seat.text
        await operator.press("escape")
        await operator.seat.settle(1)
        assert isinstance(operator.seat.app.screen, UpgradeRun)


async def test_restoring_instead_of_leaving_asks_for_the_name_and_stays(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24), world=SlowDrain) as operator:
        await draining(operator)
        said = await asked(operator)
        assert "R restores, in this order" in said
        assert "finish this node" not in said  # it is the last one
        assert "type c2 to restore: _" in await operator.press("R")
        await operator.press("c", "2", "enter")
        await operator.seat.settle()
        assert isinstance(operator.seat.app.screen, UpgradeRun)
        assert operator.run.restoring is not None
        assert "RESTORING" in operator.seat.text
        await asked(operator)
        assert "R restore" not in operator.seat.text
        await operator.press("R")
        assert "type c2" not in operator.seat.text


async def test_finishing_this_node_leads_back_to_a_run_that_stops_after_it(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        await operator.press("down", "space", "down", "space", "u")
        await operator.press("b")
        if operator.upgrades.current is None:
            await operator.press(*"c2", "enter")
        await operator.open(Gate.START)
        await asked(operator)
        assert "S finish this node" in operator.seat.text
        await operator.press("S")
        await operator.seat.settle()
        assert isinstance(operator.seat.app.screen, UpgradeRun)
        assert operator.run.stopping
        assert "S finish" not in await asked(operator)


async def test_without_a_run_q_just_leaves(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        await operator.seat.pilot.press("q")
        assert over(operator)
