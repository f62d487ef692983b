"""The screen as text, as it is copied and compared."""

from textual.screen import Screen


def screen_text(screen: Screen[object]) -> str:
    """Every line as it stands, without trailing blanks."""
    strips = screen._compositor.render_strips()  # noqa: SLF001 — Textual has no public way to text
    return "\n".join(strip.text.rstrip() for strip in strips)
