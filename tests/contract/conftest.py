"""Every statement's result with every party is kept, and printed at the end of the run."""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.support.statements import MATRIX, Matrix, Statement


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "statement(said): a named statement about an API")
    config.stash.setdefault(MATRIX, Matrix.empty())


HERE = Path(__file__).parent


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    marker = item.get_closest_marker("statement")
    if marker and (report.when == "call" or report.outcome != "passed"):
        said: Statement = marker.args[0]
        if report.skipped and isinstance(report.longrepr, tuple):
            report.longrepr = (str(HERE), 0, report.longrepr[2])  # a line for all
        matrix = item.config.stash.setdefault(MATRIX, Matrix.empty())
        matrix.add(said, str(item.callspec.params["party"]), _result(report))
    return report


def _result(report: pytest.TestReport) -> str:
    if report.skipped and isinstance(report.longrepr, tuple):
        return report.longrepr[2].removeprefix("Skipped: ")
    return "held" if report.passed else "broken"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    matrix = terminalreporter.config.stash.get(MATRIX, None)
    if matrix and matrix.results:
        terminalreporter.section("what was held to what")
        terminalreporter.write("\n".join(matrix.lines()) + "\n")
