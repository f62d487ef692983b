import argparse
import gc
import os
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO, TextIOWrapper
from types import SimpleNamespace

import pytest

from nomad_console.cli import status
from nomad_console.cli.arguments import Stopped, imported, main, parser
from nomad_console.settings.errors import SettingsError


def said(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int | str | None, str]:
    with pytest.raises(SystemExit) as ended:
        main(argv)
    out, err = capsys.readouterr()
    return ended.value.code, out + err


def test_help_names_every_command_and_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = said(capsys, "--help")
    assert code == 0
    for word in ("watch", "demo", "plan", "preflight", "upgrade", "runs", "70 a bug of ours"):
        assert word in text


def test_version_is_the_installed_one(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = said(capsys, "--version")
    assert code == 0
    assert text.startswith("nomad-console 0.")


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("--nope",), "unrecognized arguments: --nope"),
        (("stauts",), "invalid choice: 'stauts'"),
        (("demo", "--speed", "0"), '"0" is not a number above 0'),
        (("demo", "--speed", "fast"), '"fast" is not a number above 0'),
        (("demo", "--nodes", "-3"), '"-3" is not a whole number above 0'),
        (("simulate", "--ports", "nomad"), '"nomad" is not NAME=PORT'),
        (("simulate", "--ports", "nomad=99999"), '"nomad=99999" is not NAME=PORT'),
        (("simulate", "traffic"), '"traffic" needs --control URL'),
    ],
)
def test_bad_usage_is_2_and_says_what_is_wrong(
    capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], words: str
) -> None:
    code, text = said(capsys, *argv)
    assert code == 2
    assert words in text
    assert "usage: nomad-console" in text


def test_flags_count_before_and_after_the_command() -> None:
    for argv in (["--cluster", "a", "watch"], ["watch", "--cluster", "a"]):
        assert parser().parse_args(argv).cluster == "a"
    assert not hasattr(parser().parse_args(["watch"]), "cluster")


def failing(error: BaseException) -> Callable[[argparse.Namespace], int]:
    def run(options: argparse.Namespace) -> int:
        assert options.command == "status"
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (SettingsError("NOMAD_ADDR is no URL"), 2, "nomad-console: NOMAD_ADDR is no URL\n"),
        (Stopped(5, "blocked: c4"), 5, "nomad-console: blocked: c4\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_an_expected_end_has_its_code_and_a_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
    words: str,
) -> None:
    monkeypatch.setattr(status, "run", failing(error))
    assert main(["status"]) == code
    assert capsys.readouterr().err == words


def test_a_bug_ends_with_70_and_says_where(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bugs = ExceptionGroup("tasks", [ZeroDivisionError("in the feeds")])
    monkeypatch.setattr(status, "run", failing(bugs))
    assert main(["status"]) == 70
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert "ZeroDivisionError: in the feeds" in said
    assert said.endswith("this is a bug of ours; the above says where\n")


def test_a_closed_pipe_ends_quietly() -> None:
    code = "import sys; from nomad_console.cli.arguments import main; sys.exit(main(['runs']))"
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [sys.executable, "-c", code],
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
        timeout=30,
    )
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (141, b"")


def test_a_locale_that_cannot_write_a_sign_gets_another(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = BytesIO()
    monkeypatch.setattr("sys.stdout", TextIOWrapper(raw, encoding="ascii", errors="strict"))
    module = SimpleNamespace(run=lambda _: print("✔ c1"))
    monkeypatch.setattr("nomad_console.cli.arguments.import_module", lambda _: module)
    main(["status"])
    assert raw.getvalue() == b"? c1\n"


def test_the_program_ends_with_its_code_while_a_thread_of_a_library_still_works() -> None:
    busy = (
        "import sys, threading, nomad_console.cli.arguments as a;"
        "threading.Thread(target=threading.Event().wait, daemon=True).start();"
        "a.main = lambda: print('said') or 3;"
        "a.program()"
    )
    for code in (
        busy,
        busy.replace("threading.Thread(target=threading.Event().wait, daemon=True).start();", ""),
    ):
        run = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
        assert (run.returncode, run.stdout) == (3, "said\n")


def test_garbage_is_looked_for_again_when_an_import_is_over() -> None:
    frozen = gc.get_freeze_count()
    assert imported("json").__name__ == "json"
    assert gc.isenabled()
    assert gc.get_freeze_count() >= frozen
    with pytest.raises(ModuleNotFoundError):
        imported("nomad_console.nothing")
    assert gc.isenabled()
