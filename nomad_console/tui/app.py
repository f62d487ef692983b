"""The application: screens, one frame clock, and nothing that knows the cluster."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol

from textual import events, on
from textual.app import App

from nomad_console.clock import Clock
from nomad_console.domain.plan import Plan
from nomad_console.live.interest import Interest
from nomad_console.tui import keys
from nomad_console.tui.frames import Frame, FrameClock, SnapshotSource
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


class Left(Runs, Protocol):
    """Runs that are nobody's any more, or somebody's elsewhere."""

    async def follow(self, clock: Clock, told: Callable[[], None]) -> None: ...


class Backing(NamedTuple):
    """What stands behind the screens; without `upgrades` nothing can be written."""

    feeds: Feeds
    lookups: Lookups
    upgrades: Upgrades | None = None
    left: Left | None = None


class ConsoleApp(App[None]):
    """Owns the workers: feeds and the frame clock live and die with it.

    The first screen is painted before `connect` is asked for what stands behind it.
    """

    CSS_PATH = "theme.tcss"
    TITLE = "nomad-console"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS = keys.bindings(keys.APP)  # type: ignore[assignment]  # Textual's list is of a union

    def __init__(
        self,
        facts: ClusterFacts,
        store: SnapshotSource,
        connect: Callable[[], Awaitable[Backing]],
        clock: Clock,
        *,
        read_only: bool,
    ) -> None:
        super().__init__()
        self.frames = FrameClock(store, clock, self._show)
        self.shared = Shared(facts, self.frames, read_only=read_only)
        self._connect = connect
        self._feeds: Feeds | None = None
        self._upgrades: Upgrades | None = None
        self._clock = clock
        self._interest = Interest()
        self._at = At(store.latest, clock.now().replace(microsecond=0))

    def get_default_screen(self) -> Dashboard:
        return Dashboard(self.shared, self._at)

    def on_ready(self) -> None:
        self.run_worker(self.frames.run(), name="frames", group="frames")
        self.call_after_refresh(self.run_worker, self._back, name="backing", group="backing")

    async def _back(self) -> None:
        """Everything behind the screens from now on."""
        feeds, lookups, upgrades, left = await self._connect()
        self._feeds = feeds
        self._upgrades = None if self.shared.read_only else upgrades
        self.shared.lookups, self.shared.runs = lookups, self._upgrades or left
        feeds.look_at(self._interest)
        self.run_worker(feeds.run(), name="feeds", group="feeds")
        if self._upgrades is not None:
            self._upgrades.look_for_unfinished(self)
        if left is not None:
            following = left.follow(self._clock, self.frames.request)
            self.run_worker(following, name="left", group="unfinished")
        self.frames.request()

    def on_resize(self, event: events.Resize) -> None:
        small = event.size.width < LEAST[0] or event.size.height < LEAST[1]
        shown = isinstance(self.screen, TooSmall)
        if small and not shown:
            self.push_screen(TooSmall(LEAST))
        elif shown and not small:
            self.pop_screen()

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and event.key in keys.MOVES:
            self.frames.move()
        await super().on_event(event)

    async def on_key(self, event: events.Key) -> None:
        """Here keys arrive in the order they were typed, bindings of those before having run."""
        screen = self.screen
        if event.key not in keys.MOVES:
            self.frames.catch_up()
        if isinstance(screen, ConsoleScreen) and await screen.takes(event):
            event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        screen = self.screen
        if not (isinstance(screen, ConsoleScreen) and screen.pasted(event.text)):
            self.say("pasted text is no keys: nothing done", bad=True)

    def start_upgrade(self, node_ids: tuple[str, ...]) -> None:
        """Lead these nodes through their upgrade; in a read-only console say why not."""
        if self.shared.read_only:
            self.say(keys.READ_ONLY, bad=True)
        elif not node_ids:
            self.say("no node to upgrade: mark one with space", bad=True)
        elif self._upgrades is not None:
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
        from nomad_console.tui.screens.detail import DetailScreen

        self.push_screen(DetailScreen(self.shared, message.kind, message.key))

    def action_pause(self) -> None:
        self.frames.pause()
        self.say("paused: feeds go on, the screen waits" if self.frames.paused else "live again")

    def action_keys(self) -> None:
        from nomad_console.tui.screens.keys import KeysScreen

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
            if self._feeds is not None:
                self._feeds.look_at(interest)
