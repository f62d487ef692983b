"""How figures are shown, and when they fail the command."""

import pytest

from tests.benchmarks.figures import Baseline, Figure, Goal, spread
from tests.benchmarks.table import judged, number, rendered


@pytest.mark.parametrize(
    ("median", "p95", "most", "goal", "verdict"),
    [
        (60.0, None, None, Goal(median=60), "met"),
        (60.1, None, None, Goal(median=60), "missed"),
        (80.0, None, None, Goal(median=60), "missed"),
        (80.1, None, None, Goal(median=60), "MISSED"),
        (1.0, 21.0, 30.0, Goal(p95=20, most=100), "missed"),
        (1.0, 10.0, 134.0, Goal(p95=20, most=100), "MISSED"),
        (0.0, None, None, Goal(median=0), "met"),
        (1.0, None, None, Goal(median=0), "MISSED"),
        (-3.0, None, None, Goal(median=1), "met"),
        (99.0, 99.0, 99.0, Goal(), ""),
    ],
)
def test_the_worst_part_decides(
    median: float, p95: float | None, most: float | None, goal: Goal, verdict: str
) -> None:
    figure = Figure("key to screen", "ms", median, p95, most, goal)
    assert figure.verdict == verdict
    assert figure.failed is (verdict == "MISSED")


def test_samples_give_median_percentile_and_maximum() -> None:
    figure = spread("x", "ms", [float(number) for number in range(1, 102)])
    assert (figure.median, figure.p95, figure.most) == (51, 96, 101)
    assert figure.note == "n=101"
    assert spread("x", "ms", [7.0]).p95 == 7


def test_columns_stand_under_each_other() -> None:
    figures = [
        Figure(
            "sort 50,000 rows", "ms", 23.456, 30, 41, Goal(median=50), Baseline("theirs", 469.12)
        ),
        Figure("memory", "MB", 1234.5, goal=Goal(median=200), note="RSS"),
    ]
    assert rendered(figures).splitlines() == [
        "what              median  p95  max  unit  goal  to baseline            verdict  note",
        "────────────────  ──────  ───  ───  ────  ────  ─────────────────────  ───────  ────",
        "sort 50,000 rows    23.5   30   41  ms    50    ×0.05 of theirs (469)  met",
        "memory             1,234    –    –  MB    200   –                      MISSED   RSS",
    ]


def test_what_is_far_from_its_goal_has_a_line() -> None:
    figures = [
        Figure("first paint", "s", 0.9, 1.1, 1.2, Goal(median=0.6)),
        Figure("key to screen", "ms", 8, 22, 90, Goal(p95=20, most=100)),
        Figure("baseline", "ms", 9999),
    ]
    assert judged(figures) == [
        "MISSED by more than a third: first paint: 0.9, p95 1.1, max 1.2 s, goal 0.6 s"
    ]


def test_three_figures_are_enough() -> None:
    assert [number(one) for one in (None, 0.0, 0.012345, 3.14159, 99.96, 1234.5)] == [
        "–",
        "0",
        "0.0123",
        "3.14",
        "100",
        "1,234",
    ]
