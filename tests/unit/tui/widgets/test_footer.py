"""Keys that fit."""

from nomad_console.tui.rendering.text import plain
from nomad_console.tui.widgets.footer import hints

KEYS = [("space", "mark"), ("enter", "open"), ("z", "zoom"), ("?", "keys"), ("q", "quit")]


def test_all_of_them_where_there_is_room() -> None:
    assert plain(hints(KEYS, 80)) == " space mark  enter open  z zoom  ? keys  q quit"


def test_help_and_quit_stay() -> None:
    assert plain(hints(KEYS, 32)) == " space mark  ? keys  q quit"
