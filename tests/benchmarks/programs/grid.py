"""Textual's DataTable with as many allocations as are asked for: b builds, s sorts, c changes."""

import sys

from textual.app import App, ComposeResult
from textual.widgets import DataTable, Static

COLUMNS = (
    *("JOB", "GROUP", "NODE", "TASKS", "STATE", "HEALTH", "RESTARTS", "AGE"),
    *("REPLACEMENT", "TYPE", "NAMESPACE", "ID"),
)


def row(number: int) -> tuple[str, ...]:
    job = f"svc-{number // 100:03d}"
    words = ("1/1", "running", "healthy", "0", "13d", "", "service", "default", f"{number:08x}")
    return (f"{job}[{number % 100}]", job, f"c{number % 5000}", *words)


class Grid(App[None]):
    """The first line says what was done last."""

    BINDINGS = [("b", "build"), ("s", "turn"), ("c", "change")]  # noqa: RUF012 — Textual reads a plain list

    def __init__(self, rows: int) -> None:
        super().__init__()
        self._rows = rows
        self._turned = False
        self._changes = 0

    def compose(self) -> ComposeResult:
        yield Static("ready", markup=False)
        yield DataTable(cursor_type="row")

    @property
    def table(self) -> "DataTable[str]":
        return self.query_one(DataTable)

    def action_build(self) -> None:
        for title in COLUMNS:
            self.table.add_column(title, key=title)
        for number in range(self._rows):
            self.table.add_row(*row(number), key=str(number))

    def action_turn(self) -> None:
        self._turned = not self._turned
        self.table.sort("JOB", reverse=self._turned)

    def action_change(self) -> None:
        self._changes += 1
        for number in (0, self._rows - 1):  # whichever way round it is sorted, one is in sight
            self.table.update_cell(str(number), "RESTARTS", f"{self._changes}x")


if __name__ == "__main__":
    Grid(int(sys.argv[1])).run()
