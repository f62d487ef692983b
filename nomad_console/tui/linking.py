"""Which pane leads, and what narrows the others."""

from nomad_console.tui.rendering.links import KINDS, Choice
from nomad_console.tui.rendering.table import Key


class Linking:
    """The leading pane's rows narrow the others; the root is the pane that shows everything.

    Moving in a narrowed pane makes it lead without losing what narrows it; coming back to the
    root shows everything again.
    """

    def __init__(self) -> None:
        self.on = True
        self.root = KINDS[0]
        self.lead = KINDS[0]
        self._narrowing: dict[str, Choice] = {}

    def narrowing(self, kind: str) -> Choice | None:
        return self._narrowing.get(kind) if self.on else None

    def choose(self, kind: str, keys: tuple[Key, ...]) -> None:
        """These rows of this pane lead."""
        self.lead = kind
        for other in KINDS:
            if other != kind:
                self._narrowing[other] = Choice(kind, keys)

    def focus(self, kind: str) -> None:
        if kind == self.root:
            self.widen(kind)

    def widen(self, kind: str) -> None:
        """This pane shows everything and leads."""
        self.root = self.lead = kind
        self._narrowing.pop(kind, None)
