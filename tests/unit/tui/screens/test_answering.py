"""Answers are typed key by key: not pasted, not pressed by accident."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from textual import events

from nomad_console.tui.frames import Frame
from nomad_console.tui.screens.answering import Answering, Question, typable
from tests.support.consoles import Box, a_console
from tests.support.manual_clock import ManualClock
from tests.support.pilots import Seat, seated
from tests.support.plans import a_plan
from tests.support.snapshots import article_snapshot


class Bare(Answering):
    """A screen with nothing but its status line and footer."""

    def follow(self, frame: Frame) -> None:
        assert frame is self.frame

    def compose(self):  # type: ignore[no-untyped-def]  # Textual's own, of two widgets
        yield self.status
        yield self.footer


@asynccontextmanager
async def asking(heard: list[str]) -> AsyncIterator[tuple[Seat, Bare]]:
    clock = ManualClock()
    app = a_console(Box(article_snapshot()), clock)
    async with seated(app, clock, (80, 24)) as seat:
        screen = Bare(app.shared)
        await app.push_screen(screen)
        screen.ask(Question("how long", heard.append))
        await seat.settle()
        yield seat, screen


async def test_what_is_typed_is_shown_and_heard_when_enter_ends_it() -> None:
    heard: list[str] = []
    async with asking(heard) as (seat, screen):
        assert "how long: 9_" in await seat.press("9")
        assert "esc not now  enter answer" in seat.text
        assert "q quit" not in seat.text
        assert "how long: 9q_" in await seat.press("q")
        assert "how long: 9_" in await seat.press("backspace")
        await seat.press("0", "s", "enter")
        assert heard == ["90s"]
        assert screen.question is None
        assert "q quit" in seat.text


async def test_escape_gives_up_and_pasting_never_answers() -> None:
    heard: list[str] = []
    async with asking(heard) as (seat, screen):
        assert "not answered" in await seat.press("9", "escape")
        screen.ask(Question("how long", heard.append))
        seat.app.post_message(events.Paste("90s\n"))
        await seat.settle()
        assert "pasting never answers: type it" in seat.text
        assert screen.question is None
        assert heard == []


async def test_a_name_must_be_one_of_those_named_to_the_letter() -> None:
    heard: list[str] = []
    async with asking(heard) as (seat, screen):
        screen.ask_for_name("skip it", ["c2", "c3"], heard.append)
        await seat.settle()
        assert "type c2 or c3 to skip it: _" in seat.text
        said = await seat.press("c", "enter")
        assert '"c" is not c2 or c3: nothing is done' in said
        assert heard == []
        screen.ask_for_name("skip it", ["c2", "c3"], heard.append)
        await seat.press("c", "3", "enter")
        assert heard == ["c3"]


def test_every_node_has_something_that_can_be_typed_for_it() -> None:
    node = a_plan(2).nodes[0]
    assert typable(node) == "c2"
    assert typable(msgspec.structs.replace(node, name="c2\x1b[2J\u202e")) == "c2[2J"
    assert typable(msgspec.structs.replace(node, name="\x1b\u202e")) == node.node_id[:8]
