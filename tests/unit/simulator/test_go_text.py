from datetime import UTC, datetime

import pytest

from nomad_console.simulator.go_text import FALSE, TRUE, duration, parse_duration, rfc3339


def test_times_have_no_trailing_zeros() -> None:
    moment = datetime(2026, 11, 22, 23, 12, 5, tzinfo=UTC)
    assert rfc3339(moment) == "2026-11-22T23:12:05Z"
    assert rfc3339(moment.replace(microsecond=268940)) == "2026-11-22T23:12:05.26894Z"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        *(("15s", 15), ("1m30s", 90), ("250ms", 0.25), ("1.5h", 5400), ("0", 0)),
        *(("x", None), ("5", None), ("5s x", None), ("", None)),
    ],
)
def test_durations_need_a_unit(text: str, seconds: float | None) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        *((5_000_000_000, "5s"), (90_000_000_000, "1m30s"), (3_600_000_000_000, "1h0m0s")),
        *((500_000_000, "500ms"), (2_500_000_000, "2.5s"), (0, "0s")),
    ],
)
def test_durations_are_printed_from_the_largest_unit_on(nanoseconds: int, text: str) -> None:
    assert duration(nanoseconds) == text


def test_a_bool_is_one_of_twelve_words() -> None:
    assert len(TRUE | FALSE) == 12
    assert not TRUE & FALSE
