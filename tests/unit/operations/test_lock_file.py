from pathlib import Path

import pytest

from nomad_console.operations.lock_file import Holder, LockFile, Occupied, decoded
from tests.support.manual_clock import EPOCH

HOLDER = Holder("7f3a", "me@bastion", 7, EPOCH, "session")


def test_what_was_written_outlives_its_holder(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "x.lock"
    held = LockFile(path)
    assert held.holder() is None
    held.write(HOLDER)
    held.close()
    assert path.stat().st_mode & 0o777 == 0o600
    again = LockFile(path)
    assert again.holder() == HOLDER
    again.write(None)
    assert again.holder() is None
    again.close()


def test_two_at_a_time_are_one_too_many(tmp_path: Path) -> None:
    held = LockFile(tmp_path / "x.lock")
    with pytest.raises(Occupied, match="another process"):
        LockFile(tmp_path / "x.lock")
    held.write(HOLDER)
    with pytest.raises(Occupied, match=r"run 7f3a of me@bastion \(process 7\), since 22:00:00 UTC"):
        LockFile(tmp_path / "x.lock")
    held.close()
    LockFile(tmp_path / "x.lock").close()


@pytest.mark.parametrize("value", [b"", b"{}", b"\xff", b'{"run_id":1}'])
def test_what_others_wrote_names_nobody(value: bytes) -> None:
    assert decoded(value) is None


def test_names_from_elsewhere_are_harmless() -> None:
    assert "\x1b" not in str(Holder("7\x1b[2J", "me", 1, EPOCH))
