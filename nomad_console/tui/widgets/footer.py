"""The last line: the keys that work here and now."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from nomad_console.tui.rendering.text import Cell, Line, Tone, columns_of
from nomad_console.tui.widgets.line import LineView

LAST = ("?", "q")


class Footer(LineView):
    def offer(self, keys: Iterable[tuple[str, str]], grey: AbstractSet[str] = frozenset()) -> None:
        """Keys and their words, the most needed first; help and quit always fit."""
        self.show(hints(list(keys), self.size.width, grey))


def hints(keys: list[tuple[str, str]], width: int, grey: AbstractSet[str] = frozenset()) -> Line:
    """As many as fit; those in LAST are kept and stand at the end. `grey` do nothing now."""
    last = [key for key in keys if key[0] in LAST]
    room = width - 1 - sum(_size(key) for key in last)
    shown = []
    for key in (key for key in keys if key[0] not in LAST):
        room -= _size(key)
        if room < 0:
            break
        shown.append(key)
    cells: list[Cell] = [Cell(" ")]
    for label, word in [*shown, *last]:
        cells += [
            Cell(label, Tone.DIM if label in grey else Tone.BUSY),
            Cell(f" {word}  ", Tone.DIM),
        ]
    return tuple(cells)


def _size(key: tuple[str, str]) -> int:
    return columns_of(key[0]) + columns_of(key[1]) + 3
