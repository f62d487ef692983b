import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from anyio import run_process

from nomad_console.clock import SystemClock
from nomad_console.domain.host_command import HostCommandError
from nomad_console.operations.hosts import run_command, tail, unrunnable


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "c1.log"


async def said_by(code: str, kept: Path, limit_s: float = 20.0) -> tuple[int | None, list[str]]:
    lines: list[str] = []
    command = (sys.executable, "-c", code)
    result = await run_command(command, SystemClock(), limit_s, kept, lines.append)
    return result.exit_code, lines


async def test_output_of_both_kinds_comes_line_by_line_harmless_and_is_kept(kept: Path) -> None:
    code = "import sys; print('one\\x1b[2J'); sys.stdout.flush(); print('two', file=sys.stderr)"
    assert await said_by(code, kept) == (0, ["one�[2J", "two"])
    assert tail(kept, 5) == ("one�[2J", "two")
    assert await said_by("print('again')", kept) == (0, ["again"])
    assert tail(kept, 2) == ("two", "again")


async def test_nobody_else_may_read_it(kept: Path, tmp_path: Path) -> None:
    await said_by("print('secret')", kept)
    (mode,) = {entry.stat().st_mode & 0o777 for entry in os.scandir(tmp_path)}
    assert mode == 0o600


async def test_the_exit_code_is_kept_and_a_last_line_without_its_end(kept: Path) -> None:
    code = "import sys; sys.stdout.write('half'); sys.exit(7)"
    assert await said_by(code, kept) == (7, ["half"])


async def test_a_line_without_end_does_not_stop_the_reading(kept: Path) -> None:
    code, lines = await said_by("print('x' * 200_000); print('end')", kept)
    assert code == 0
    assert "".join(lines).count("x") == 200_000
    assert lines[-1] == "end"


async def test_one_that_does_not_end_is_stopped_with_what_it_started(kept: Path) -> None:
    waits = "import signal; signal.pause()"
    code, lines = await said_by(
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{waits}'])", kept, 0.3
    )
    assert code is None
    assert lines[0] == "stopped: not done within 0.3 s"


async def test_one_that_cannot_be_started_is_said(kept: Path, tmp_path: Path) -> None:
    with pytest.raises(HostCommandError, match="cannot start /nowhere/tool"):
        await run_command(("/nowhere/tool",), SystemClock(), 1.0, kept, print)
    with pytest.raises(HostCommandError, match="cannot start true"):
        await run_command(("true",), SystemClock(), 1.0, tmp_path / "no" / "log", print)
    assert tail(tmp_path / "no" / "log", 3) == ()


def test_what_cannot_be_started_is_known_beforehand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "tool"
    tool.write_text("#!/bin/sh\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert unrunnable("tool") == "tool is in no folder of PATH"
    assert unrunnable("./tool") == unrunnable(str(tool)) == f"{tool} is not executable"
    assert unrunnable("./other") == f"{tmp_path}/other is no file"
    assert unrunnable(str(tmp_path)) == f"{tmp_path} is a folder"
    tool.chmod(0o755)
    assert unrunnable("tool") == unrunnable("./tool") == unrunnable(str(tool)) == ""
    assert "\x1b" not in unrunnable("\x1b[2J")


CONSOLE = """
import asyncio, sys
from pathlib import Path
from nomad_console.clock import SystemClock
from nomad_console.operations.hosts import run_command

async def main():
    said = asyncio.Event()
    command = ("sh", "-c", "echo $$; read line < " + sys.argv[2] + "; echo alive $line")
    running = run_command(command, SystemClock(), 60, Path(sys.argv[1]), lambda line: said.set())
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(running)
        await said.wait()
        task.cancel()

asyncio.run(main())
"""


async def test_it_outlives_the_console_and_can_still_speak(kept: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    console = [sys.executable, "-c", CONSOLE, str(kept), str(gate)]
    ran = await run_process(console, check=False)
    assert (ran.returncode, ran.stderr) == (0, b"")
    (pid,) = tail(kept, 1)
    try:
        gate.write_text("and well\n")  # opens only while the command reads
        async with asyncio.timeout(10):
            while tail(kept, 1) != ("alive and well",):
                await SystemClock().sleep(0.02)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(int(pid), signal.SIGKILL)
