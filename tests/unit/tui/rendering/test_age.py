"""Ages and what becomes of a source that falls silent."""

from datetime import timedelta

import pytest

from nomad_console.domain.snapshot import Source, SourceState
from nomad_console.tui.rendering.age import age, at_least, badge, epoch, from_ns, source_age
from nomad_console.tui.rendering.text import UNKNOWN, Cell, Tone
from tests.support.manual_clock import EPOCH


def ago(seconds: float) -> Source:
    return Source("nomad", SourceState.LIVE, EPOCH - timedelta(seconds=seconds))


def test_what_is_not_known_is_not_zero() -> None:
    assert age(None, EPOCH) == UNKNOWN
    assert at_least(None, EPOCH) == UNKNOWN
    assert from_ns(0) is None
    assert epoch(None) is None


def test_age_and_the_least_it_can_be() -> None:
    assert age(EPOCH - timedelta(seconds=41), EPOCH).text == "41s"
    assert at_least(EPOCH - timedelta(seconds=161), EPOCH).text == "> 02:41"
    assert age(EPOCH + timedelta(seconds=5), EPOCH).text == "0s"


@pytest.mark.parametrize(
    ("source", "sign", "tone"),
    [
        (ago(1), "● 1s", Tone.GOOD),
        (ago(40), "● 40s", Tone.WARN),
        (ago(150), "● STALE 02:30", Tone.BAD),
        (Source("alb", SourceState.STALE, EPOCH - timedelta(seconds=9)), "● STALE 9s", Tone.WARN),
        (
            Source("alb", SourceState.STALE, EPOCH - timedelta(seconds=99)),
            "● STALE 01:39",
            Tone.BAD,
        ),
        (Source("consul", SourceState.STALE), "● STALE", Tone.BAD),
        (Source("consul", SourceState.REFUSED), "✗ REFUSED", Tone.BAD),
        (Source("alb", SourceState.OFF), "○ off", Tone.DIM),
        (Source("alb"), "◌ connecting", Tone.DIM),
        (Source("alb", reason="connection refused"), "✗ UNREACHABLE", Tone.BAD),
    ],
)
def test_badge_says_the_state_in_words_too(source: Source, sign: str, tone: Tone) -> None:
    assert badge(source, EPOCH) == Cell(sign, tone)


def test_age_of_a_source_never_heard() -> None:
    assert source_age(Source("nomad"), EPOCH) is None
