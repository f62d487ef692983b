"""What a terminal says that is too small for any pane."""

from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Static


class TooSmall(Screen[None]):
    """Leaves by itself when the terminal grows."""

    def __init__(self, least: tuple[int, int]) -> None:
        super().__init__()
        self.least = least

    def compose(self) -> ComposeResult:
        width, height = self.least
        yield Static(f"Terminal too small: it needs {width}×{height}.", markup=False)  # noqa: RUF001 — the sign of sizes

    def on_screen_resume(self) -> None:
        """Another screen lay on top while the terminal grew."""
        width, height = self.app.size
        if width >= self.least[0] and height >= self.least[1]:
            self.dismiss()
