"""A table with its title."""

import msgspec
import pytest
from textual.app import App, ComposeResult

from nomad_console.domain.snapshot import Changes, ClusterSnapshot, Source, SourceState
from nomad_console.tui.frames import Frame
from nomad_console.tui.rendering.columns import At
from nomad_console.tui.rendering.filters import FilterError
from nomad_console.tui.rendering.links import Choice
from nomad_console.tui.rendering.services import SERVICES
from nomad_console.tui.rendering.text import plain
from nomad_console.tui.widgets.pane import Pane
from tests.support.consoles import stale_snapshot
from tests.support.manual_clock import EPOCH
from tests.support.snapshots import article_snapshot, node_id, with_source


class Alone(App[None]):
    def __init__(self, snapshot: ClusterSnapshot) -> None:
        super().__init__()
        self.pane = Pane(3, SERVICES, At(snapshot, EPOCH))
        self.snapshot = snapshot

    def compose(self) -> ComposeResult:
        yield self.pane

    def follow(self, choice: Choice | None = None, elapsed: float = 0.0) -> str:
        frame = Frame(self.snapshot, Changes(everything=True), EPOCH, EPOCH, elapsed)
        self.pane.follow(frame, choice)
        return plain(self.pane.words(frame))


async def test_the_title_counts_what_is_shown_kept_and_hidden() -> None:
    app = Alone(article_snapshot())
    async with app.run_test(size=(100, 20)):
        assert app.follow() == "3 Services 4"
        choice = Choice("nodes", (node_id(3),))
        assert app.follow(choice) == "3 Services on c3 · 3 of 4"
        assert app.follow(Choice("nodes", ())) == "3 Services on \u2013 · 0 of 4"
        app.follow(choice)
        app.pane.filter("api", 0.0)
        app.pane.table.action_mark_all()
        assert app.follow(choice) == (
            "3 Services on c3 · 3 of 4 · /api keeps 1, hides 2 · 1 marked"
        )
        app.pane.filter("/^api/", 0.0)
        assert " · /^api/ keeps 1, hides 2 · " in app.follow(choice)


async def test_what_is_said_of_a_source_that_lives_is_shown_too() -> None:
    source = Source("consul", SourceState.LIVE, EPOCH, "what the token may not read is missing", "")
    snapshot = article_snapshot()
    app = Alone(msgspec.structs.replace(snapshot, sources={**snapshot.sources, "consul": source}))
    async with app.run_test(size=(100, 20)):
        assert app.follow() == "3 Services 4 · what the token may not read is missing"


async def test_rows_that_nobody_may_read_are_not_counted_as_none() -> None:
    refused = with_source(article_snapshot(), "consul", SourceState.REFUSED, "hidden")
    app = Alone(msgspec.structs.replace(refused, services={}))
    async with app.run_test(size=(100, 20)):
        assert app.follow().startswith("3 Services · · REFUSED")
        choice = Choice("nodes", (node_id(3),))
        assert app.follow(choice).startswith("3 Services on c3 · · REFUSED")


async def test_a_wrong_filter_leaves_the_one_before() -> None:
    app = Alone(article_snapshot())
    async with app.run_test(size=(100, 20)):
        app.follow()
        app.pane.filter("api", 0.0)
        with pytest.raises(FilterError):
            app.pane.filter("/[/", 0.0)
        assert app.pane.table.view.filter.text == "api"


async def test_the_chosen_rows_are_the_marked_ones_where_the_cursor_is_on_one() -> None:
    app = Alone(article_snapshot())
    async with app.run_test(size=(100, 20)):
        assert app.pane.chosen() == ()
        app.follow()
        app.pane.table.mark({"web", "api", "gone"})
        assert app.pane.chosen() == ("api", "web")
        app.pane.table.move(1)
        assert app.pane.chosen() == ("edge",)


async def test_a_stale_source_is_said_with_its_age_and_the_data_stay() -> None:
    app = Alone(stale_snapshot())
    async with app.run_test(size=(100, 20)):
        assert app.follow() == "3 Services 4 · STALE 02:41: connection refused"


AGAIN = "(asked again by itself)"


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (SourceState.OFF, "consul: not configured; set CONSUL_HTTP_ADDR"),
        (SourceState.REFUSED, f"consul: not configured; set CONSUL_HTTP_ADDR {AGAIN}"),
        (SourceState.CONNECTING, f"consul: not configured; set CONSUL_HTTP_ADDR {AGAIN}"),
        (SourceState.LIVE, "none"),
    ],
)
async def test_an_empty_pane_says_why_and_what_would_help(state: SourceState, words: str) -> None:
    source = Source("consul", state, None, "not configured", "set CONSUL_HTTP_ADDR")
    empty = msgspec.structs.replace(article_snapshot(), services={}, sources={"consul": source})
    app = Alone(empty)
    async with app.run_test(size=(100, 20)):
        app.follow()
        assert " ".join(app.pane.table.notice) == words


async def test_a_source_that_was_not_heard_of_yet_is_waited_for() -> None:
    app = Alone(msgspec.structs.replace(article_snapshot(), services={}, sources={}))
    async with app.run_test(size=(100, 20)):
        app.follow()
        assert app.pane.table.notice == ("waiting for consul",)


async def test_a_filter_that_keeps_nothing() -> None:
    app = Alone(article_snapshot())
    async with app.run_test(size=(100, 20)):
        app.follow()
        app.pane.filter("nosuch", 0.0)
        app.follow()
        assert app.pane.table.notice == ("nothing here",)
        assert "nothing here" in app.pane.table.render_line(2).text
