"""Screens that ask: the answer is typed key by key, and nothing that is pasted counts."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from textual import events

from nomad_console.domain.plan import NodePlan
from nomad_console.domain.text import printable
from nomad_console.tui.frames import Frame
from nomad_console.tui.keys import Key
from nomad_console.tui.rendering.text import Cell, Line, Tone
from nomad_console.tui.screens.base import ConsoleScreen, Shared

_ANSWERING = (
    Key("enter", "", "enter", "answer", ""),
    Key("escape", "", "esc", "not now", ""),
)


def typable(node: NodePlan) -> str:
    """What is typed for a node: its name without what no keyboard has, else how its id begins."""
    return printable(node.name).replace("\N{REPLACEMENT CHARACTER}", "").strip() or node.node_id[:8]


class Question(NamedTuple):
    """`ask` says what is to be typed, `take` hears it. `lines`: what must be known before."""

    ask: str
    take: Callable[[str], object]
    lines: tuple[Line, ...] = ()


class Answering(ConsoleScreen):
    """One question at a time, in the status line; `enter` ends the answer, `esc` gives it up."""

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self.question: Question | None = None
        self._given = ""
        self._refusal: tuple[Line, ...] = ()

    @property
    def beforehand(self) -> tuple[Line, ...]:
        """What stands above everything else: what an answer must know, or why nothing was done."""
        return self.question.lines if self.question is not None else self._refusal

    def refuse(self, why: str) -> None:
        """Too long for the status line, and not to be missed."""
        self._refusal = ((Cell(why, Tone.BAD),),)
        self.say("refused: see the first line", bad=True)

    def ask(self, question: Question) -> None:
        self.question, self._given = question, ""
        self._said, self._refusal = None, ()
        self.shared.frames.request()

    def ask_for_name(
        self, deed: str, names: Iterable[str], take: Callable[[str], object], *lines: Line
    ) -> None:
        """A dangerous answer: one of these names as it can be read, typed out."""
        wanted = tuple(names)

        def typed(answer: str) -> None:
            if answer in wanted:
                take(answer)
            else:
                self.say(f'"{answer}" is not {" or ".join(wanted)}: nothing is done', bad=True)

        self.ask(Question(f"type {' or '.join(wanted)} to {deed}", typed, lines))

    def on_key(self, event: events.Key) -> None:
        """Keys arrive here in the order they were typed, which the focus would not keep."""
        if self.question is None:
            return
        event.stop()
        event.prevent_default()
        if event.key == "enter":
            question, self.question = self.question, None
            question.take(self._given.strip())
        elif event.key == "escape":
            self.question = None
            self.say("not answered")
        elif event.key == "backspace":
            self._given = self._given[:-1]
        elif event.character is not None and event.is_printable:
            self._given += event.character
        self.shared.frames.request()

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        self.question = None
        self.say("pasting never answers: type it", bad=True)

    def offered(self) -> Iterable[Key]:
        return super().offered() if self.question is None else _ANSWERING

    def _show_status(self, frame: Frame) -> None:
        if self.question is None:
            super()._show_status(frame)
        else:
            asked = Cell(f" {self.question.ask}: ", Tone.WARN)
            self.status.show((asked, Cell(f"{self._given}_", Tone.STRONG)))
