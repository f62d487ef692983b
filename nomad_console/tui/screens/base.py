"""What every screen of the console has in common."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from textual import events, on
from textual.screen import Screen

from nomad_console.domain.snapshot import Changes
from nomad_console.live.interest import Interest
from nomad_console.tui import keys
from nomad_console.tui.frames import Frame, FrameClock
from nomad_console.tui.keys import Key
from nomad_console.tui.lookups import Lookups
from nomad_console.tui.messages import Said
from nomad_console.tui.rendering.rights import Refusal, refusals
from nomad_console.tui.rendering.text import Cell, Line, Tone
from nomad_console.tui.widgets.footer import Footer
from nomad_console.tui.widgets.header import ClusterFacts, Header
from nomad_console.tui.widgets.line import LineView

_SAID_S = 6.0


class Runs(Protocol):
    """What the dashboard knows of runs."""

    @property
    def word(self) -> Line:
        """Said before anything else; () where no run wants to be seen."""
        ...

    @property
    def unfinished(self) -> bool:
        """A run was left behind that can be taken up here."""
        ...


@dataclass
class Shared:
    """What screens are given; `lookups` and `runs` come once there are connections."""

    facts: ClusterFacts
    frames: FrameClock
    read_only: bool
    lookups: Lookups | None = None
    runs: Runs | None = None


class ConsoleScreen(Screen[None]):
    """Follows frames; its header, status line and footer are the same everywhere."""

    OWN_KEYS: tuple[Key, ...] = ()

    def __init__(self, shared: Shared) -> None:
        super().__init__()
        self.shared = shared
        self.header = Header(shared.facts, read_only=shared.read_only)
        self.status = LineView(id="status")
        self.footer = Footer(id="footer")
        self.frame: Frame | None = None
        self._missed = Changes(everything=True)
        self._said: tuple[Cell, float | None] | None = None

    def miss(self, changes: Changes) -> None:
        """Another screen is on top: remember what to catch up with."""
        self._missed = self._missed.joined(changes)

    def show_frame(self, frame: Frame) -> None:
        """Everything on screen as of this frame."""
        frame = frame._replace(changes=self._missed.joined(frame.changes))
        self.frame, self._missed = frame, Changes()
        self.follow(frame)
        self.header.follow(frame, self.marked())
        self._show_status(frame)
        lacking = self.lacking(frame)
        offered = tuple(self.offered())
        self.footer.offer(
            keys.footer(offered, read_only=self.shared.read_only, lacking=lacking),
            frozenset(key.label for key in offered if key.action in lacking),
        )

    def follow(self, frame: Frame) -> None:
        """The screen's own part."""
        raise NotImplementedError

    def status_line(self, frame: Frame) -> Line:  # noqa: ARG002 — for screens with something to say
        return ()

    def looking_at(self) -> Interest:
        """What should be read first and most often while this screen is on top."""
        return Interest()

    def marked(self) -> int:
        return 0

    def offered(self) -> Iterable[Key]:
        return (*self.OWN_KEYS, *keys.APP)

    def lacking(self, frame: Frame) -> Mapping[str, Refusal]:
        """The actions that our token may not do: their keys are grey and say why.

        `u` shows the run that is under way, whatever our token may do.
        """
        found, runs = refusals(frame.snapshot), self.shared.runs
        if runs is None or not runs.word or runs.unfinished:
            return found
        return {action: one for action, one in found.items() if action != "upgrade"}

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A grey key answers with its reason."""
        refusal = self.lacking(self.frame).get(action) if self.frame is not None else None
        if refusal is not None and not self.shared.read_only:
            self.say(refusal.told, bad=True)
            return False
        return super().check_action(action, parameters)

    def copied_row(self) -> str:
        """What `y` copies."""
        return ""

    async def takes(self, event: events.Key) -> bool:  # noqa: ARG002 — for screens with a line to type in
        """A key that no binding may have, though another widget has the focus."""
        return False

    def pasted(self, text: str) -> bool:  # noqa: ARG002 — likewise
        """Whether there is something here that text can be pasted into."""
        return False

    def say(self, text: str, *, bad: bool = False) -> None:
        """Shown in the status line for a few seconds or until the next key, instead of the rest."""
        self._said = (Cell(f" {text}", Tone.BAD if bad else Tone.BUSY), None)
        self.shared.frames.request()

    async def on_event(self, event: events.Event) -> None:
        """What was said answered the key before; what this one does comes after."""
        if isinstance(event, events.Key) and self._said is not None:
            self._said = None
            self.shared.frames.request()
        await super().on_event(event)

    @on(Said)
    def _heard(self, message: Said) -> None:
        message.stop()
        self.say(message.text, bad=message.bad)

    def on_screen_resume(self) -> None:
        self.shared.frames.request()

    def on_resize(self) -> None:
        self.shared.frames.request()

    def _show_status(self, frame: Frame) -> None:
        if self._said is not None:
            cell, until = self._said
            until = frame.elapsed + _SAID_S if until is None else until
            self._said = (cell, until) if frame.elapsed < until else None
        self.status.show((self._said[0],) if self._said else self.status_line(frame))
