"""The application: screens, one frame clock, and nothing that knows the cluster."""

from typing import Protocol

from textual import events, on
from textual.app import App

from nomad_console.clock import Clock
from nomad_console.domain.plan import Plan
from nomad_console.live.interest import Interest
from nomad_console.tui import keys
from nomad_console.tui.frames import Frame, FrameClock, SnapshotSource
from nomad_console.tui.left_runs import LeftRuns
from nomad_console.tui.lookups import Lookups
from nomad_console.tui.messages import (
    DetailAsked,
    ReportAsked,
    ResumeAsked,
    RunAsked,
    RunUnfinished,
    Said,
    UpgradeAsked,
)
from nomad_console.tui.rendering.columns import At
from nomad_console.tui.screens.base import ConsoleScreen, Runs, Shared
from nomad_console.tui.screens.dashboard import Dashboard
from nomad_console.tui.screens.detail import DetailScreen
from nomad_console.tui.screens.keys import KeysScreen
from nomad_console.tui.screens.too_small import TooSmall
from nomad_console.tui.stage import Stage
from nomad_console.tui.widgets.grid import screen_text
from nomad_console.tui.widgets.header import ClusterFacts

LEAST = (60, 15)
CLIPBOARD = 70_000  # terminals drop longer OSC 52 sequences


class Feeds(Protocol):
    """What keeps the store up to date."""

    async def run(self) -> None: ...

    def look_at(self, interest: Interest) -> None: ...


class Upgrades(Runs, Protocol):
    """The guided upgrade: it is handed the app to open its own screens on."""

    def start(self, stage: Stage, node_ids: tuple[str, ...]) -> None: ...

    def begin(self, stage: Stage, plan: Plan, *, takeover: bool = False) -> None: ...

    def look_for_unfinished(self, stage: Stage) -> None: ...

    def show_unfinished(self, stage: Stage) -> None: ...

    def resume(self, stage: Stage, asked: ResumeAsked) -> None: ...

    def report(self, stage: Stage) -> None: ...

    def in_play(self, seen: Interest) -> Interest: ...

    def leave(self, stage: Stage) -> bool: ...


class ConsoleApp(App[None]):
    """Owns the workers: feeds and the frame clock live and die with it."""

    CSS_PATH = "theme.tcss"
    TITLE = "nomad-console"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS = keys.bindings(keys.APP)  # type: ignore[assignment]  # Textual's list is of a union

    def __init__(
        self,
        facts: ClusterFacts,
        store: SnapshotSource,
        feeds: Feeds,
        lookups: Lookups,
        upgrades: Upgrades | None,
        clock: Clock,
        *,
        read_only: bool,
        left: LeftRuns | None = None,
    ) -> None:
        super().__init__()
        self.frames = FrameClock(store, clock, self._show)
        self._upgrades = None if read_only else upgrades
        self._left = left
        self.shared = Shared(facts, self.frames, lookups, read_only, self._upgrades or left)
        self._store = store
        self._feeds = feeds
        self._clock = clock
        self._interest = Interest()
        self._at = At(store.latest, clock.now().replace(microsecond=0))

    def on_mount(self) -> None:
        self.push_screen(Dashboard(self.shared, self._at))
        self.run_worker(self._feeds.run(), name="feeds", group="feeds")
        self.run_worker(self.frames.run(), name="frames", group="frames")
        if self._upgrades is not None:
            self._upgrades.look_for_unfinished(self)
        if self._left is not None:
            following = self._left.follow(self._clock, self.frames.request)
            self.run_worker(following, name="left", group="unfinished")

    def on_resize(self, event: events.Resize) -> None:
        small = event.size.width < LEAST[0] or event.size.height < LEAST[1]
        shown = isinstance(self.screen, TooSmall)
        if small and not shown:
            self.push_screen(TooSmall(LEAST))
        elif shown and not small:
            self.pop_screen()

    async def on_key(self, event: events.Key) -> None:
        """Here keys arrive in the order they were typed, bindings of those before having run."""
        screen = self.screen
        if isinstance(screen, ConsoleScreen) and await screen.takes(event):
            event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        screen = self.screen
        if not (isinstance(screen, ConsoleScreen) and screen.pasted(event.text)):
            self.say("pasted text is no keys: nothing done", bad=True)

    def start_upgrade(self, node_ids: tuple[str, ...]) -> None:
        """Lead these nodes through their upgrade; in a read-only console say why not."""
        if self._upgrades is None:
            self.say(keys.READ_ONLY, bad=True)
        elif not node_ids:
            self.say("no node to upgrade: mark one with space", bad=True)
        else:
            self._upgrades.start(self, node_ids)

    def say(self, text: str, *, bad: bool = False) -> None:
        """A word in the status line of the screen on top."""
        self.screen.post_message(Said(text, bad))

    @on(UpgradeAsked)
    def _upgrade(self, message: UpgradeAsked) -> None:
        self.start_upgrade(message.node_ids)

    @on(RunAsked)
    def _begin(self, message: RunAsked) -> None:
        if self._upgrades is not None:
            self._upgrades.begin(self, message.plan, takeover=message.takeover)

    @on(RunUnfinished)
    def _show_unfinished(self) -> None:
        if self._upgrades is not None:
            self._upgrades.show_unfinished(self)

    @on(ResumeAsked)
    def _resume(self, message: ResumeAsked) -> None:
        if self._upgrades is not None:
            self._upgrades.resume(self, message)

    @on(ReportAsked)
    def _report(self) -> None:
        if self._upgrades is not None:
            self._upgrades.report(self)

    @on(DetailAsked)
    def _detail(self, message: DetailAsked) -> None:
        self.push_screen(DetailScreen(self.shared, message.kind, message.key))

    def action_pause(self) -> None:
        self.frames.pause()
        self.say("paused: feeds go on, the screen waits" if self.frames.paused else "live again")

    def action_keys(self) -> None:
        if not isinstance(self.screen, KeysScreen):
            self.push_screen(KeysScreen(self.shared))

    def action_leave(self) -> None:
        if self._upgrades is None or not self._upgrades.leave(self):
            self.exit()

    async def action_quit(self) -> None:
        """Textual's own key for it, ctrl+q, asks as q does."""
        self.action_leave()

    def action_copy_row(self) -> None:
        screen = self.screen
        self._copy(screen.copied_row() if isinstance(screen, ConsoleScreen) else "", "row")

    def action_copy_screen(self) -> None:
        self._copy(screen_text(self.screen), "screen")

    def _copy(self, text: str, what: str) -> None:
        if not text:
            self.say("nothing to copy here", bad=True)
        elif len(text) > CLIPBOARD:
            self.say(f"the {what} is too long for a terminal's clipboard", bad=True)
        else:
            self.copy_to_clipboard(text)
            self.say(f"{what} copied")

    def _show(self, frame: Frame) -> None:
        for screen in self.screen_stack:
            if not isinstance(screen, ConsoleScreen):
                continue
            if screen.is_current and screen.is_mounted:
                screen.show_frame(frame)
                self._look_at(screen.looking_at())
            else:
                screen.miss(frame.changes)

    def _look_at(self, seen: Interest) -> None:
        """Tell the feeds what is on screen and in a run, when that is something else."""
        interest = seen if self._upgrades is None else self._upgrades.in_play(seen)
        if interest != self._interest:
            self._interest = interest
            self._feeds.look_at(interest)
