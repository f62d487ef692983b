import sys

import pytest

from nomad_console.clock import SystemClock
from nomad_console.domain.host_command import HostCommandError
from nomad_console.operations.hosts import run_command


async def said_by(code: str, limit_s: float = 20.0) -> tuple[int | None, list[str]]:
    lines: list[str] = []
    result = await run_command((sys.executable, "-c", code), SystemClock(), limit_s, lines.append)
    return result.exit_code, lines


async def test_output_of_both_kinds_comes_line_by_line_and_harmless() -> None:
    code = "import sys; print('one\\x1b[2J'); sys.stdout.flush(); print('two', file=sys.stderr)"
    assert await said_by(code) == (0, ["one�[2J", "two"])


async def test_the_exit_code_is_kept_and_a_last_line_without_its_end() -> None:
    assert await said_by("import sys; sys.stdout.write('half'); sys.exit(7)") == (7, ["half"])


async def test_a_line_without_end_does_not_stop_the_reading() -> None:
    code, lines = await said_by("print('x' * 200_000); print('end')")
    assert code == 0
    assert "".join(lines).count("x") == 200_000
    assert lines[-1] == "end"


async def test_one_that_does_not_end_is_stopped_with_what_it_started() -> None:
    waits = "import signal; signal.pause()"
    code, lines = await said_by(
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{waits}'])", limit_s=0.3
    )
    assert code is None
    assert lines[0] == "stopped: not done within 0.3 s"


async def test_one_that_cannot_be_started_is_said() -> None:
    with pytest.raises(HostCommandError, match="cannot start /nowhere/tool"):
        await run_command(("/nowhere/tool",), SystemClock(), 1.0, print)
