"""What keys, mouse and commands do on the dashboard."""

from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec
import pytest
from textual.geometry import Region

from nomad_console.domain.snapshot import Changes, SourceState
from nomad_console.live.interest import Interest
from nomad_console.tui import keys
from nomad_console.tui.rendering.text import Line
from nomad_console.tui.stage import Stage
from tests.support.consoles import Box, NoFeeds, a_console, degraded_snapshot
from tests.support.manual_clock import EPOCH, ManualClock
from tests.support.pilots import Seat, seated
from tests.support.snapshots import (
    WEB_PUBLIC,
    allocation_id,
    an_allocation,
    article_snapshot,
    later,
    nanoseconds,
    node_id,
    with_allocation,
    with_new,
    with_node,
    with_source,
    with_target,
)


@pytest.fixture
async def seat() -> AsyncIterator[Seat]:
    clock = ManualClock()
    async with seated(a_console(Box(article_snapshot()), clock), clock) as found:
        yield found


def box_of(seat: Seat) -> Box:
    box = seat.app.frames._source
    assert isinstance(box, Box)
    return box


async def test_moving_in_nodes_narrows_the_other_panes(seat: Seat) -> None:
    assert "2 Allocations of c1 · 3 of 17" in seat.text
    text = await seat.press("down", "down")
    assert "2 Allocations of c3 · 3 of 17" in text
    assert "4 Targets of c3 · 2 of 12" in text
    assert "3 Services on c3 · 3 of 4" in text
    assert "1 Nodes 6" in text


async def test_every_pane_can_lead_and_nodes_come_back_whole(seat: Seat) -> None:
    text = await seat.press("3", "down")
    assert "1 Nodes with solo · 1 of 6" in text
    text = await seat.press("2", "down")
    assert "1 Nodes of solo[0] · 1 of 6" in text
    text = await seat.press("4", "down")
    assert "1 Nodes behind" in text
    text = await seat.press("1")
    assert "1 Nodes 6" in text


async def test_escape_lets_a_pane_show_everything_and_lead(seat: Seat) -> None:
    await seat.press("3", "escape")
    text = await seat.press("home")
    assert "3 Services 4" in text
    assert "1 Nodes with api · 3 of 6" in text


async def test_unlinked_panes_show_everything(seat: Seat) -> None:
    text = await seat.press("L")
    assert "2 Allocations 17" in text
    assert "4 Targets 12" in text
    assert "of c1" in await seat.press("L")


async def test_marks_survive_filters_and_narrow_together(seat: Seat) -> None:
    await seat.press("space", "down", "space")
    text = await seat.press("slash", *"c5", "enter")
    assert "keeps 1, hides 5" in text
    assert "2 marked" in seat.lines[0]
    text = await seat.press("escape")
    assert "2 Allocations of c5" in text
    text = await seat.press("home")
    assert "2 Allocations of c1 c2 · 7 of 17" in text
    text = await seat.press("A")
    assert "marked" not in text


async def test_a_marks_what_the_filter_keeps(seat: Seat) -> None:
    await seat.press("slash", "minus", *"c1", "enter")
    await seat.press("a")
    assert "5 marked" in seat.lines[0]


async def test_a_bad_regex_says_so_and_the_filter_before_stays(seat: Seat) -> None:
    text = await seat.press("slash", *"/[")
    assert "bad regex" in text
    text = await seat.press("escape")
    assert "1 Nodes 6" in text


async def test_sorting_by_keys_command_and_title(seat: Seat) -> None:
    box_of(seat).publish(with_node(article_snapshot(), 4, version="2.0.1"))
    await seat.press("s")
    assert "VERSION▲" in seat.text
    assert " c4 " in seat.lines[3]
    await seat.press("S")
    assert "VERSION▼" in seat.text
    assert " c4 " in seat.lines[8]
    await seat.press("colon", *"sort name desc", "enter")
    assert " c6 " in seat.lines[3]
    await seat.pilot.click("#table-nodes", offset=(4, 0))
    await seat.settle()
    assert "NAME▲" in seat.text


async def test_mouse_selects_and_a_second_click_opens(seat: Seat) -> None:
    await seat.pilot.click("#table-nodes", offset=(5, 3))
    await seat.settle()
    assert "2 Allocations of c3" in seat.text
    await seat.pilot.click("#table-nodes", offset=(5, 4), times=2)
    await seat.settle()
    await seat.settle()
    assert "Node c4" in seat.text


async def test_batch_work_that_ended_does_not_bury_what_lives(seat: Seat) -> None:
    snapshot = article_snapshot()
    for number in range(100, 140):
        ended = an_allocation("crunch", number, 1)
        ended = msgspec.structs.replace(ended, client="complete", job_type="batch")
        snapshot = with_new(snapshot, ended)
    failed = msgspec.structs.replace(
        an_allocation("crunch", 200, 1),
        client="failed",
        job_type="batch",
        modify_time_ns=nanoseconds(EPOCH - timedelta(minutes=59)),
    )
    box_of(seat).publish(with_new(snapshot, failed))
    await seat.settle()
    assert "2 Allocations of c1 · 44 of 58 · 40 ended hidden (e)" in seat.text
    assert "failed" in seat.line("crunch[200]")
    await seat.settle(60)
    assert "41 ended hidden (e)" in seat.text
    assert "crunch[200]" not in seat.text
    text = await seat.press("e")
    assert "hidden (e)" not in text
    assert "complete" in seat.line("crunch[100]")
    assert "41 ended hidden (e)" in await seat.press("e")


async def test_pause_holds_the_screen_and_says_how_old_it_is(seat: Seat) -> None:
    await seat.press("p")
    box_of(seat).publish(with_node(later(article_snapshot(), 5), 1, status="down"))
    await seat.settle(12)
    assert "PAUSED, 12s old" in seat.lines[0]
    assert "down" not in seat.text
    await seat.press("p")
    assert "PAUSED" not in seat.text
    assert "down" in seat.text


async def test_copying_goes_to_the_clipboard(seat: Seat) -> None:
    await seat.press("down", "y")
    assert seat.app.clipboard.startswith("c2\t2.0.4")
    await seat.press("Y")
    assert "1 Nodes 6" in seat.app.clipboard
    assert "screen copied" in seat.text


async def test_commands_lead_to_panes_and_unknown_ones_say_what_there_is(seat: Seat) -> None:
    await seat.press("colon", *"targets", "enter")
    assert seat.app.focused is not None
    assert seat.app.focused.id == "table-targets"
    assert "no command frob" in await seat.press("colon", *"frob", "enter")
    await seat.press("colon", *"quit", "enter")
    assert seat.app._exit


async def test_zoom_shows_one_pane_and_comes_back(seat: Seat) -> None:
    text = await seat.press("2", "z")
    assert "2 Allocations of c1" in text
    assert "1 Nodes" not in text
    assert "1 Nodes 6" in await seat.press("z")


async def test_detail_opens_and_comes_back_to_the_same_row(seat: Seat) -> None:
    await seat.press("down", "down", "enter")
    await seat.settle()
    assert "Node c3" in seat.text
    await seat.press("escape")
    await seat.settle()
    assert "2 Allocations of c3" in seat.text


async def test_disagreements_are_listed_and_lead_to_their_node() -> None:
    clock = ManualClock()
    async with seated(a_console(Box(degraded_snapshot()), clock), clock) as seat:
        assert "6 disagreements [!]" in seat.text
        await seat.press("exclamation_mark")
        await seat.settle()
        assert "Disagreements 6" in seat.text
        await seat.press("enter")
        await seat.settle()
        assert "Node c2" in seat.text


async def test_the_cursor_stays_on_its_node_when_nodes_come_and_go(seat: Seat) -> None:
    await seat.press("down", "down")
    snapshot = article_snapshot()
    nodes = {key: node for key, node in snapshot.nodes.items() if key != node_id(1)}
    box_of(seat).publish(
        msgspec.structs.replace(snapshot, nodes=nodes), Changes(nodes=frozenset({node_id(1)}))
    )
    await seat.settle()
    assert "1 Nodes 5" in seat.text
    assert "▌ c3" in seat.text
    assert "2 Allocations of c3" in seat.text


async def test_every_kind_of_change_is_seen(seat: Seat) -> None:
    box, start = box_of(seat), article_snapshot()
    changed = with_node(start, 1, status="down")
    box.publish(changed, Changes(nodes=frozenset({node_id(1)})))
    await seat.settle()
    assert "down" in seat.line("│▌ c1")
    changed = with_target(changed, WEB_PUBLIC, 1, state="unhealthy")
    key = next(key for key in changed.targets if key.group == WEB_PUBLIC)
    box.publish(changed, Changes(targets=frozenset({key})))
    await seat.settle()
    assert "1 BAD" in seat.line("│▌ c1")
    assert "unhealthy" in seat.line("web-public")
    changed = with_allocation(changed, "web", 0, client="failed")
    box.publish(changed, Changes(allocations=frozenset({allocation_id("web", 0)})))
    await seat.settle()
    assert "failed" in seat.line("web[0]")


async def test_one_change_paints_one_row_and_a_tick_nothing_but_ages(seat: Seat) -> None:
    painted: list[Region] = []
    table = seat.app.screen.query_one("#table-allocations")
    original = table.refresh

    def refresh(*regions: Region, **options: bool) -> object:
        painted.extend(regions or [table.region])
        return original(*regions, **options)

    table.refresh = refresh  # type: ignore[method-assign,assignment]  # counts what is painted
    await seat.settle(5)
    assert painted == []
    start = box_of(seat).latest
    changed = with_allocation(start, "web", 0, client="lost")
    changed = msgspec.structs.replace(changed, by_node=start.by_node)
    changes = Changes(allocations=frozenset({allocation_id("web", 0)}))
    box_of(seat).publish(changed, changes)
    await seat.settle()
    assert [region.height for region in painted] == [1]
    assert painted[0].width < 40


async def test_watch_says_read_only_and_offers_no_upgrade() -> None:
    clock = ManualClock()
    app = a_console(Box(article_snapshot()), clock, read_only=True, upgrades=Starts())
    async with seated(app, clock) as seat:
        assert "WATCH" in seat.lines[0]
        assert "upgrade" not in seat.lines[-1]
        assert keys.READ_ONLY in await seat.press("u")


class Starts:
    """Remembers which nodes were to be upgraded."""

    word: Line = ()
    unfinished = False

    def __init__(self) -> None:
        self.nodes: list[tuple[str, ...]] = []

    def look_for_unfinished(self, stage: Stage) -> None:
        del stage

    def show_unfinished(self, stage: Stage) -> None:
        raise AssertionError(stage)

    def resume(self, stage: Stage, asked: object) -> None:
        raise AssertionError(stage, asked)

    def start(self, stage: Stage, node_ids: tuple[str, ...]) -> None:
        del stage
        self.nodes.append(node_ids)

    def begin(self, stage: Stage, plan: object, *, takeover: bool = False) -> None:
        raise AssertionError(stage, plan, takeover)

    def report(self, stage: Stage) -> None:
        raise AssertionError(stage)

    def in_play(self, seen: Interest) -> Interest:
        return seen

    def leave(self, stage: Stage) -> bool:
        del stage
        return True


async def test_upgrade_takes_the_marked_nodes_else_the_one_under_the_cursor() -> None:
    clock, starts = ManualClock(), Starts()
    async with seated(a_console(Box(article_snapshot()), clock, upgrades=starts), clock) as seat:
        await seat.press("down", "u")
        await seat.press("down", "space", "down", "space", "up", "up", "u")
        assert starts.nodes == [(node_id(2),), (node_id(3), node_id(4))]


async def test_feeds_are_told_what_is_on_screen() -> None:
    clock, feeds = ManualClock(), NoFeeds()
    async with seated(a_console(Box(article_snapshot()), clock, feeds=feeds), clock) as seat:
        assert feeds.looked[-1].visible == frozenset(node_id(number) for number in range(1, 7))
        await seat.press("down", "enter")
        await seat.settle()
        assert feeds.looked[-1].visible == {node_id(2)}


async def test_a_terminal_that_shrinks_and_grows(seat: Seat) -> None:
    await seat.pilot.resize_terminal(50, 10)
    await seat.settle()
    assert "too small" in seat.text
    await seat.pilot.resize_terminal(80, 24)
    await seat.settle()
    await seat.settle()
    assert "[1 Nodes 6]" in seat.text


HOSTILE = "\x1b[31m[bold red]c1[/]\u202eevil\x07\t\x00"


async def test_hostile_names_reach_no_terminal_as_commands(seat: Seat) -> None:
    box_of(seat).publish(with_node(article_snapshot(), 1, name=HOSTILE))
    await seat.settle()
    assert "[bold red]c1[/]" in seat.text
    await seat.press("enter")
    await seat.settle()
    assert "Node �[31m[bold red]c1[/]" in seat.text
    for char in ("\x1b", "\u202e", "\x07", "\x00", "\t"):
        assert char not in seat.text


async def test_wide_characters_keep_columns_in_line(seat: Seat) -> None:
    box_of(seat).publish(with_node(article_snapshot(), 2, name="日本語ノード"))
    await seat.settle()
    rows = [line for line in seat.lines if "2.0.4" in line]
    strips = seat.app.screen._compositor.render_strips()
    assert len(rows) == 6
    assert {strip.cell_length for strip in strips} == {200}
    wide = next(line for line in rows if "日本語ノード" in line)
    assert wide.index("2.0.4") == rows[0].index("2.0.4") - len("日本語ノード")


async def test_why_a_source_fails_is_read_in_full_on_a_small_terminal() -> None:
    clock, reason = (
        ManualClock(),
        "consul: GET /v1/x: refused " * 9 + "(asked http://10.0.0.1:8500)",
    )
    failing = with_source(article_snapshot(), "consul", SourceState.STALE, reason)
    async with seated(a_console(Box(failing), clock), clock, (80, 24)) as seat:
        assert "consul: ! says more" in seat.text
        await seat.press("exclamation_mark")
        await seat.settle()
        assert "not known: consul is stale" in seat.text
        assert reason in " ".join(seat.text.replace("│", " ").split())
