"""Runs left behind: found, told apart, read again when they have grown."""

from pathlib import Path

from nomad_console.domain.plan import Step
from nomad_console.operations.abandoned import Abandoned
from nomad_console.upgrade.events import Held
from tests.support.journals import keep
from tests.support.play import at_step


def test_a_run_that_is_not_over_is_found_with_where_it_stands(tmp_path: Path) -> None:
    play = at_step(Step.DRAIN, 2)
    path = keep(tmp_path, play.run, play.journal)
    left = Abandoned(tmp_path, "prod")
    (kept,) = left()
    assert (kept.path, kept.run) == (path, play.run)
    assert Abandoned(tmp_path, "another")() == ()
    play.do(Held, "me")
    path.unlink()
    keep(tmp_path, play.run, play.journal)
    assert left()[0].run.hold is not None
    path.unlink()
    assert left() == ()


def test_what_is_no_journal_or_is_over_is_none(tmp_path: Path) -> None:
    play = at_step(Step.BAKE)
    play.finish()
    keep(tmp_path, play.run, play.journal)
    (tmp_path / "other.ndjson").write_text("{}\n")
    (tmp_path / "gone.ndjson").symlink_to(tmp_path / "nowhere")
    assert Abandoned(tmp_path, "prod")() == ()
