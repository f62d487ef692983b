"""Figures as a table, and the lines that say which goals are far away."""

from collections.abc import Iterable, Sequence

from tests.benchmarks.figures import Figure, Goal

_TITLES = ("what", "median", "p95", "max", "unit", "goal", "to baseline", "verdict", "note")
_RIGHT = (1, 2, 3)


def rendered(figures: Sequence[Figure]) -> str:
    """One line a figure, columns as wide as what is in them."""
    rows = [_TITLES, *map(_cells, figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_TITLES))]
    lines = [_line(row, widths) for row in rows]
    return "\n".join([lines[0], _line(["─" * width for width in widths], widths), *lines[1:]])


def judged(figures: Iterable[Figure]) -> list[str]:
    """A line for each goal missed by more than a third."""
    return [
        f"MISSED by more than a third: {one.what}: {_measured(one)} {one.unit}, "
        f"goal {_promised(one.goal)} {one.unit}"
        for one in figures
        if one.failed
    ]


def _cells(one: Figure) -> tuple[str, ...]:
    return (
        one.what,
        number(one.median),
        number(one.p95),
        number(one.most),
        one.unit,
        _promised(one.goal),
        _compared(one),
        one.verdict or "–",
        one.note,
    )


def _compared(one: Figure) -> str:
    if one.baseline is None or one.ratio is None:
        return "–"
    return f"×{number(one.ratio)} of {one.baseline.name} ({number(one.baseline.value)})"


def _measured(one: Figure) -> str:
    return _named((one.median, one.p95, one.most))


def _promised(goal: Goal) -> str:
    return _named(goal) or "–"


def _named(values: Iterable[float | None]) -> str:
    """`50, p95 150, max 400`."""
    names = ("", "p95 ", "max ")
    found = zip(names, values, strict=True)
    return ", ".join(f"{name}{number(value)}" for name, value in found if value is not None)


def number(value: float | None) -> str:
    """Three figures are all that is worth reading."""
    if value is None:
        return "–"
    size = abs(value)
    if size >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (
        cell.rjust(width) if column in _RIGHT else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(padded).rstrip()
