import os
from pathlib import Path

import pytest

from nomad_console.operations.journal import FORM, Head, Journal, JournalError, folder, read
from nomad_console.upgrade.events import Held, Started
from tests.support.manual_clock import EPOCH
from tests.support.plans import a_plan

HEAD = Head(form=FORM, by="me@bastion", cluster="demo", begun_at=EPOCH, plan=a_plan(2))
EVENTS = (Started(at=EPOCH, elapsed=1.0), Held(at=EPOCH, elapsed=2.0, reason="lunch"))


def written(where: Path) -> Path:
    journal = Journal(where, HEAD)
    for event in EVENTS:
        journal.append(event)
    journal.close()
    return journal.path


def test_what_was_appended_is_read_back_with_the_plan(tmp_path: Path) -> None:
    chronicle = read(written(tmp_path / "runs"))
    assert chronicle.head == HEAD
    assert chronicle.events == EVENTS
    assert not chronicle.torn


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    path = written(tmp_path / "runs")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_every_line_is_on_disk_when_append_returns(tmp_path: Path) -> None:
    journal = Journal(tmp_path, HEAD)
    journal.append(EVENTS[0])
    assert read(journal.path).events == EVENTS[:1]  # while it is still open
    journal.close()


def test_a_last_line_cut_off_by_a_crash_is_left_out(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.write_bytes(path.read_bytes()[:-5])
    chronicle = read(path)
    assert chronicle.torn
    assert chronicle.events == EVENTS[:1]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "holds no plan"),
        (b'{"form":1}\n', ":1 is not the head"),
        (b"\xff\n", ":1 is not the head"),
    ],
)
def test_a_file_that_is_no_journal_is_said(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "x.ndjson"
    path.write_bytes(content)
    with pytest.raises(JournalError, match=said):
        read(path)


def test_a_line_in_the_middle_that_is_not_ours_is_said_with_its_number(tmp_path: Path) -> None:
    path = written(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], b'{"event":"Nonsense"}\n', *lines[1:]]))
    with pytest.raises(JournalError, match=r":2 is not an event of ours"):
        read(path)


def test_a_run_is_never_written_over(tmp_path: Path) -> None:
    written(tmp_path)
    with pytest.raises(JournalError, match="cannot keep a journal"):
        Journal(tmp_path, HEAD)


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    journal = Journal(tmp_path, HEAD)
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, journal._file.fileno())
    with pytest.raises(JournalError, match="cannot write to the journal"):
        journal.append(EVENTS[0])
    journal.close()
    os.close(full)


def test_journals_lie_in_the_state_folder_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert folder() == tmp_path / "state" / "nomad-console" / "runs"
    monkeypatch.setenv("NOMAD_CONSOLE_STATE", "/elsewhere")
    assert folder() == Path("/elsewhere/runs")
