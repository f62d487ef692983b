"""The gate's box by itself: what it shows for each state of a run, and how high it is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from nomad_console.domain.plan import Step
from nomad_console.tui import keys
from nomad_console.tui.rendering.upgrade_run import Sight
from nomad_console.tui.widgets.gate_view import GateView
from nomad_console.tui.widgets.grid import screen_text
from nomad_console.upgrade.gates import Gate, Observation, Undo
from nomad_console.upgrade.run import Cause, GateState, Hold, NodeUpgrade, Outcome, Restoring
from tests.support.consoles import FACTS
from tests.support.manual_clock import EPOCH
from tests.support.plans import a_plan
from tests.support.sights import run_at
from tests.support.snapshots import node_id

KEYS = [key for key in keys.ORDERS if key.action in {"hold", "freeze"}]
OPEN = GateState(Gate.DRAIN, "7f", EPOCH)


class Bare(App[None]):
    """Nothing but the box."""

    CSS_PATH = "../../../../nomad_console/tui/theme.tcss"

    def compose(self) -> ComposeResult:
        yield GateView(FACTS)

    @property
    def view(self) -> GateView:
        return self.query_one(GateView)

    async def see(self, sight: Sight, **fields: Any) -> str:
        asked = {"typed": None, "trouble": "", "rows": 12, "offered": KEYS, **fields}
        self.view.follow(sight, **asked)
        await Pilot(self).pause()
        return screen_text(self.screen)


@asynccontextmanager
async def bare() -> AsyncIterator[Bare]:
    app = Bare()
    async with app.run_test(size=(80, 20)) as pilot:
        await pilot.pause()
        yield app


def sight(gate: GateState | None = None, elapsed: float = 0.0, **run: Any) -> Sight:
    made = run_at(Step.DETACH, a_plan(2), gate=gate)
    return Sight(msgspec.structs.replace(made, **run), Observation(0), EPOCH, elapsed)


async def test_an_open_gate_shows_its_code_and_while_it_is_typed_what_was_typed() -> None:
    async with bare() as app:
        said = await app.see(sight(OPEN))
        assert "prod-eu · Gate: drain c2" in said
        assert "c 7f confirm  h hold  F freeze" in said
        assert app.view.named == {"hold", "freeze"}
        assert app.view.code == "7f"
        assert app.view.has_class("open")
        assert "type 7f to confirm: 7_   esc not now" in await app.see(sight(OPEN), typed="7")
        assert app.view.named == frozenset()


async def test_while_something_else_is_asked_no_key_of_it_is_shown() -> None:
    async with bare() as app:
        said = await app.see(sight(OPEN), offered=None)
        assert "prod-eu · Gate: drain c2" in said
        assert "confirm" not in said
        assert "h hold" not in said


async def test_keys_that_do_not_fit_are_left_to_the_footer() -> None:
    async with bare() as app:
        many = [key for key in keys.ORDERS if key.short]
        said = await app.see(sight(OPEN), offered=many)
        assert many[0].action in app.view.named
        assert many[-1].action not in app.view.named
        assert many[-1].short not in said


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({}, "c2: detach under way"),
        ({"hold": Hold("lunch", EPOCH)}, "c2 HELD: you held it"),
        (
            {
                "hold": Hold("smoke", EPOCH, frozen=True, cause=Cause.GUARD),
                "upgrades": (NodeUpgrade(node_id(2), Step.DRAIN, cancelled=True),),
            },
            "c2 FROZEN: it stopped by itself",
        ),
        ({"restoring": Restoring("asked", EPOCH, Undo.REJOIN)}, "c2: bring back under way"),
        ({"ended_at": EPOCH}, "Done"),
    ],
)
async def test_without_a_gate_it_says_why(fields: dict[str, Any], title: str) -> None:
    async with bare() as app:
        said = await app.see(sight(**fields))
        assert f"prod-eu · {title}" in said
        assert "h hold  F freeze" in said
        assert app.view.code == ""
        assert not app.view.has_class("open")


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome.DONE, "every node is done"),
        (Outcome.RESTORED, "what it changed is put back"),
        (Outcome.STOPPED, "stopped as asked"),
    ],
)
async def test_a_run_that_is_over_says_how_it_ended(outcome: Outcome, words: str) -> None:
    async with bare() as app:
        said = await app.see(sight(ended_at=EPOCH, outcome=outcome))
        assert f"the run is over: {words}" in said


async def test_trouble_takes_the_gates_code_away() -> None:
    async with bare() as app:
        said = await app.see(sight(OPEN), trouble="no space left. Nothing more is done.")
        assert "prod-eu · Stopped" in said
        assert "no space left. Nothing more is done." in said
        assert app.view.code == ""


async def test_it_is_deaf_for_a_second_after_opening_and_after_a_wrong_code() -> None:
    async with bare() as app:
        assert app.view.deaf(0.0) == ""
        await app.see(sight(OPEN, elapsed=10.0))
        assert "just opened" in app.view.deaf(10.9)
        assert app.view.deaf(11.0) == ""
        app.view.startle(20.0)
        assert "after a wrong code" in app.view.deaf(20.9)
        assert app.view.deaf(21.0) == ""
        await app.see(sight(GateState(Gate.UPGRADE, "8g", EPOCH), elapsed=30.0))
        assert "just opened" in app.view.deaf(30.5)


async def test_it_is_as_high_as_it_has_to_say_and_no_higher_than_it_may_be() -> None:
    async with bare() as app:
        await app.see(sight())
        assert app.view.outer_size.height == 5
        await app.see(sight(OPEN))
        assert app.view.outer_size.height == 9
        said = await app.see(sight(OPEN), rows=6)
        assert app.view.outer_size.height == 6
        assert "c 7f confirm" in said


async def test_hostile_reasons_stay_text() -> None:
    async with bare() as app:
        said = await app.see(sight(hold=Hold("\x1b[2J[red]\u202e", EPOCH)))
        assert "�[2J[red]�" in said
        assert not any(char in said for char in "\x1b\u202e")
