"""The probe in words and as a sparkline."""

from datetime import timedelta

import pytest

from nomad_console.operations.probe import Answer, Failure, ProbeState, UrlState
from nomad_console.tui.rendering.probe import counts, first_failure, latency, sparkline
from nomad_console.tui.rendering.text import Tone, plain
from tests.support.manual_clock import EPOCH

URL = "http://web.example/"
LATER = Failure(EPOCH + timedelta(seconds=9), URL, "502")
FIRST = Failure(EPOCH + timedelta(seconds=3), "http://api.example/", "timed out")


def answers(*seconds: float, failed: int | None = None) -> list[Answer]:
    return [Answer(EPOCH, took, place == failed) for place, took in enumerate(seconds)]


@pytest.mark.parametrize(
    ("sent", "failed", "words", "tone"),
    [
        (0, 0, "probe 0 ok, 0 failed", Tone.DIM),
        (12_604, 0, "probe 12,604 ok, 0 failed", Tone.GOOD),
        (12_604, 4, "probe 12,600 ok, 4 failed", Tone.BAD),
    ],
)
def test_what_was_answered_is_counted(sent: int, failed: int, words: str, tone: Tone) -> None:
    assert counts(ProbeState((UrlState(URL, sent, failed),))) == (words, tone)


def test_the_slowest_url_speaks_for_all() -> None:
    slow = UrlState("b", p50_s=0.3, p95_s=1.25)
    state = ProbeState((UrlState("a", p50_s=0.004, p95_s=0.012), slow, UrlState("c")))
    assert latency(state).text == "300ms, p95 1.2s"
    assert latency(ProbeState((UrlState("a"),))).text == "no answer yet"


def test_latencies_stand_side_by_side_and_a_failure_is_a_letter() -> None:
    assert sparkline(answers(0.1, 0.2, 0.4)).text == "▃▅█"
    assert sparkline(answers(0.001, 0.002)).text == "▁▁"
    failed = sparkline(answers(0.4, 0.4, 0.4, failed=1))
    assert failed == ("█x█", Tone.BAD)
    assert len(sparkline(answers(*[0.1] * 99), 12).text) == 12
    assert sparkline([]).text == ""


def test_the_first_failure_of_any_url_is_named_with_its_time() -> None:
    state = ProbeState(
        (
            UrlState(URL, 9, 1, first_failure=LATER),
            UrlState("http://api.example/", 9, 1, first_failure=FIRST),
        )
    )
    said = "✗ probe failed first at 22:00:03: http://api.example/: timed out"
    assert plain(first_failure(state)) == said
    assert first_failure(ProbeState((UrlState(URL, 9),))) == ()
