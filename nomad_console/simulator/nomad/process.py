"""The process of one allocation's task, and how it takes its stop signal."""

from collections.abc import Callable

from nomad_console.simulator.nomad.apps import EDGE_GRACE, AppTable, Behaviour
from nomad_console.simulator.nomad.core import Core, seconds_of
from nomad_console.simulator.nomad.state import Row
from nomad_console.simulator.services import App
from nomad_console.simulator.timeline import Timer

EDGE_LOOK = 0.1  # s between looks at an edge that ends its requests
# (exit code, signal); SIGINT is Nomad's default kill_signal, and its code that of a shell
EXITED, SIGKILL, SIGINT = (0, 0), (137, 9), (130, 2)


class Process:
    """Starts an app, ends it, and calls back when it ends by itself."""

    def __init__(
        self, core: Core, apps: AppTable, allocation: Row, group: Row, address: str
    ) -> None:
        self._core = core
        self._apps = apps
        self._allocation = allocation
        self._group = group
        self._address = address
        self._behaviour = Behaviour.of(group, core.pace)
        self._app: App | None = None
        self._leaving: App | None = None  # has had its stop signal
        self._timer: Timer | None = None

    def start(self, finished: Callable[[], None], *, since: float | None = None) -> None:
        """`finished` when a batch task is done; `since`: s for which it has listened already."""
        app = self._apps.start(self._allocation, self._group, self._address, self._behaviour)
        self._app = app

        def listen() -> None:
            app.listening = app.alive and self._app is app

        if since is not None:
            listen()
        else:
            self._core.timeline.after(self._behaviour.start, listen)
        if self._behaviour.exit_after is not None:
            self._wait(self._behaviour.exit_after - (since or 0.0), finished)

    def interrupt(self, over: Callable[[int, int], None]) -> None:
        """Send the stop signal; `over(exit code, signal)` when it has ended, by force at last."""
        timeout = seconds_of(self._group["Tasks"][0]["KillTimeout"])
        behaviour = self._behaviour
        app, self._app = self._app, None
        self._leaving = app
        if app is not None and behaviour.on_signal != "ignore":
            app.listening = False

        def end(result: tuple[int, int]) -> None:
            if app is not None:
                self._apps.end(app)
            over(*result)

        if behaviour.on_signal == "die":
            if app is not None:
                self._apps.end(app)
            self._wait(self._core.pace(0.01), lambda: end(SIGINT))
        elif behaviour.on_signal == "ignore" or behaviour.stop > timeout:
            self._wait(timeout + self._core.pace(0.01), lambda: end(SIGKILL))
        elif behaviour.role == "edge" and app is not None:
            grace = min(timeout, self._core.pace(EDGE_GRACE))
            limit = self._core.timeline.elapsed() + grace
            self._wait(behaviour.stop, lambda: self._empty(app, limit, end))
        else:
            self._wait(behaviour.stop, lambda: end(EXITED))

    def end(self) -> None:
        """It is gone, at once."""
        if self._timer is not None:
            self._timer.cancel()
        for app in (self._app, self._leaving):
            if app is not None and app.alive:
                self._apps.end(app)
        self._app = self._leaving = None

    def _empty(self, app: App, limit: float, end: Callable[[tuple[int, int]], None]) -> None:
        """An edge goes when its requests are answered, or its grace is over."""
        if app.held and self._core.timeline.elapsed() < limit:
            wait = self._core.pace(EDGE_LOOK)
            self._wait(wait, lambda: self._empty(app, limit, end))
        else:
            end(EXITED)

    def _wait(self, seconds: float, callback: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._core.timeline.after(seconds, callback)
