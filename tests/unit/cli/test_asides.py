"""Nothing is written beside the screen while it is up, and nothing is lost."""

import logging
import threading
import warnings

import pytest

from nomad_console.cli.asides import kept_aside


def in_a_thread(speak: object) -> None:
    thread = threading.Thread(target=speak, name="speaker")  # type: ignore[arg-type]  # callable
    thread.start()
    thread.join()


def warn() -> None:
    warnings.warn("SOCKS support \x1b[31mneeds PySocks", UserWarning, stacklevel=1)


def log() -> None:
    logging.getLogger("urllib3").warning("Retrying (%s)", 3)


def fail() -> None:
    raise RuntimeError("nobody waits for this")


def bug() -> None:
    log()
    raise ValueError("a bug")


class Leaver:
    def __del__(self) -> None:
        raise RuntimeError("on the way out")


def leave() -> None:
    Leaver()


@pytest.mark.parametrize(
    ("speak", "told"),
    [
        (warn, "UserWarning: SOCKS support \N{REPLACEMENT CHARACTER}[31mneeds PySocks ("),
        (log, "nomad-console: urllib3: Retrying (3)"),
        (fail, "RuntimeError: nobody waits for this"),
        (leave, "RuntimeError: on the way out"),
    ],
)
@pytest.mark.filterwarnings("always")
def test_what_a_thread_says_is_told_afterwards(
    speak: object, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with kept_aside():
        in_a_thread(speak)
        assert capsys.readouterr() == ("", "")
    assert told in capsys.readouterr().err


def test_what_is_said_often_is_told_once_and_much_is_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with kept_aside():
        for number in range(60):
            logging.getLogger("a").error("%s", number)
        for _ in range(1200):
            logging.getLogger("a").error("0")
        logging.getLogger("a").info("no warning")
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "nomad-console: a: 0 (1,201 times)"
    assert told[-1] == "nomad-console: 10 more warnings"
    assert len(told) == 51


def test_everything_is_as_before_afterwards(capsys: pytest.CaptureFixture[str]) -> None:
    before = warnings.showwarning, threading.excepthook, tuple(logging.getLogger().handlers)
    with pytest.raises(ValueError, match="a bug"), kept_aside():
        bug()
    assert "Retrying" in capsys.readouterr().err
    after = warnings.showwarning, threading.excepthook, tuple(logging.getLogger().handlers)
    assert after == before
