"""What screens outside the dashboard need of the application."""

from collections.abc import Awaitable
from typing import Any, Protocol

from textual.screen import Screen

from nomad_console.tui.screens.base import Shared


class Stage(Protocol):
    """The application, as those see it who put screens on it."""

    shared: Shared

    @property
    def screen(self) -> Screen[Any]: ...

    def push_screen(self, screen: Screen[None]) -> Any: ...

    def switch_screen(self, screen: Screen[None]) -> Any: ...

    def run_worker(self, work: Awaitable[None], name: str = ..., group: str = ...) -> Any: ...

    def say(self, text: str, *, bad: bool = False) -> None: ...
