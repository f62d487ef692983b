"""A document that scrolls."""

from textual.app import App, ComposeResult

from nomad_console.tui.rendering.document import Document, Entry, Link
from nomad_console.tui.rendering.text import Cell
from nomad_console.tui.widgets.document_view import DocumentView


class Reader(App[None]):
    CSS = "DocumentView { overflow-x: hidden; overflow-y: scroll; }"

    def __init__(self, entries: list[Entry]) -> None:
        super().__init__()
        self.view = DocumentView()
        self.entries = entries

    def compose(self) -> ComposeResult:
        yield self.view

    def on_mount(self) -> None:
        self.view.show(Document("", tuple(self.entries)))


def entry(text: str, *, link: bool = False) -> Entry:
    return Entry((Cell(text),), Link("nodes", text) if link else None)


ENTRIES = [entry(f"line {number}", link=number in {3, 5, 40}) for number in range(60)]


async def test_the_cursor_stops_at_links_and_scrolls_between_them() -> None:
    app = Reader(ENTRIES)
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.pause()
        view = app.view
        assert (view.cursor, view.link) == (3, Link("nodes", "line 3"))
        view.step(1)
        assert (view.cursor, view.text()) == (5, "line 5")
        for _ in range(40):
            view.step(1)
        assert view.cursor == 40
        view.step(-1)
        assert view.scroll_y > 0
        view.jump(0)
        view.page(1)
        assert view.scroll_y == 9


async def test_the_cursor_moves_to_the_nearest_link_when_its_own_is_gone() -> None:
    app = Reader(ENTRIES)
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.pause()
        app.view.step(1)
        changed = [*ENTRIES[:5], entry("line 5"), *ENTRIES[6:]]
        app.view.show(Document("", tuple(changed)))
        assert app.view.cursor == 3
        app.view.show(Document("", (entry("one"),)))
        assert app.view.link is None
        assert app.view.text() == "one"


async def test_a_click_chooses_a_link() -> None:
    app = Reader(ENTRIES)
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.pause()
        await pilot.click(DocumentView, offset=(4, 5))
        assert app.view.cursor == 5
        await pilot.click(DocumentView, offset=(4, 6))
        assert app.view.cursor == 5
        assert app.view.render_line(5).text.startswith("▌line 5")
