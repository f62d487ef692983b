"""From cells to strips."""

from rich.segment import Segment

from nomad_console.tui.rendering.text import Cell, Tone
from nomad_console.tui.widgets import paint


def test_every_tone_has_a_style() -> None:
    assert set(paint.STYLES) == set(Tone)


def test_a_strip_is_exactly_as_wide_as_asked() -> None:
    line = (Cell("日本語"), Cell("plain", Tone.BAD))
    for width in (0, 3, 6, 8, 40):
        assert paint.strip(line, width).cell_length == width


def test_markup_and_control_characters_stay_text() -> None:
    found = paint.strip((Cell("[red]x[/]\x1b[2J"),), 20)
    assert found.text == "[red]x[/]�[2J" + " " * 7
    assert not any(segment.control for segment in found)


def test_segments_keep_their_side() -> None:
    assert paint.segment(Cell("9"), 3, right=True) == Segment("  9", paint.STYLES[Tone.PLAIN])
