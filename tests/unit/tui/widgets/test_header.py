"""The first line."""

from datetime import timedelta

import pytest

from nomad_console.domain.snapshot import Changes, ClusterSnapshot, SourceName, SourceState
from nomad_console.tui.frames import Frame
from nomad_console.tui.rendering.text import plain
from nomad_console.tui.widgets.header import ClusterFacts, Summary, newest
from tests.support.consoles import stale_snapshot
from tests.support.manual_clock import EPOCH
from tests.support.snapshots import article_snapshot, with_source


def words(
    snapshot: ClusterSnapshot, width: int = 200, *, read_only: bool = False, paused: bool = False
) -> str:
    facts = ClusterFacts("prod-eu", "red", ("TLS UNVERIFIED",))
    wall = EPOCH + timedelta(seconds=12 if paused else 0)
    frame = Frame(snapshot, Changes(), EPOCH, wall, 0.0, paused=paused)
    return plain(Summary(facts, read_only=read_only).words(frame, 2, width))


def test_versions_ages_counts_warnings_and_mode() -> None:
    text = words(article_snapshot())
    for part in ("nomad 2.0.5 ● 0s", "6 nodes · 2 marked", "TLS UNVERIFIED", "interactive"):
        assert part in text


def test_stale_and_refused_are_words() -> None:
    text = words(stale_snapshot())
    assert "consul ● STALE 02:41" in text
    assert "alb ✗ REFUSED 02:41" in text


def test_watch_and_pause_are_words() -> None:
    assert "WATCH" in words(article_snapshot(), read_only=True)
    assert "PAUSED, 12s old" in words(article_snapshot(), paused=True)


def test_a_narrow_one_keeps_sources_and_marks() -> None:
    text = words(article_snapshot(), 80)
    assert "alb ● 0s" in text
    assert "*2" in text


@pytest.mark.parametrize("state", ["stale", "refused", "connecting"])
@pytest.mark.parametrize("width", [109, 69, 49])
def test_what_may_be_done_here_is_said_whatever_ails_the_sources(width: int, state: str) -> None:
    snapshot = article_snapshot(EPOCH - timedelta(hours=2))
    for name in SourceName:
        snapshot = with_source(snapshot, name, SourceState(state), "gone")
    for read_only, word in ((True, "WATCH"), (False, "interactive")):
        text = words(snapshot, width, read_only=read_only)
        assert text.endswith(word)
        assert len(text) <= width - len(" prod-eu ")


def test_sources_are_shortened_step_by_step() -> None:
    snapshot = article_snapshot(EPOCH - timedelta(seconds=161))
    for name in SourceName:
        snapshot = with_source(snapshot, name, SourceState.STALE, "gone")
    assert "nomad ● STALE 02:41 consul ● STALE 02:41" in words(snapshot, 109)
    assert "nomad STALE 02:41 consul STALE 02:41 alb STALE 02:41 *2" in words(snapshot, 95)
    assert "N STALE 02:41 C STALE 02:41 A STALE 02:41 *2" in words(snapshot, 85)
    assert "N STALE C STALE A STALE *2 TLS UNVERIFIED" in words(snapshot, 69)
    assert "N ! C ! A ! *2 TLS UNVERIFIED" in words(snapshot, 58)
    assert "TLS UNVER… WATCH" in words(snapshot, 42, read_only=True)


@pytest.mark.parametrize(
    ("versions", "text"),
    [((), ""), (("2.0.5", "2.0.5"), "2.0.5"), (("2.0.10", "2.0.9"), "2.0.9/2.0.10")],
)
def test_versions_of_servers(versions: tuple[str, ...], text: str) -> None:
    assert newest(ClusterSnapshot(server_versions=versions)) == text


def test_the_label_stands_in_its_colour_and_never_takes_the_line() -> None:
    summary = Summary(ClusterFacts("x" * 90, "no such colour"), read_only=False)
    strip = summary.paint(60)
    assert strip.cell_length == 60
    assert strip.text.startswith(f" {'x' * 19}…")
