import json
from pathlib import Path

import pytest

from nomad_console.cli import cluster
from nomad_console.cli.arguments import main
from nomad_console.cli.runs import table
from nomad_console.domain.plan import Step
from nomad_console.operations.archive import archive
from nomad_console.operations.journal import folder
from tests.support.commands import SETTINGS, SmallWorld
from tests.support.journals import keep
from tests.support.play import at_step, started


def begin(run_id: str, by: str = "ann@bastion") -> None:
    play = started(1)
    keep(folder(), play.run, play.journal, run_id, by=by, cluster="prod|eu")


def said(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = main(["runs", *argv])
    out, err = capsys.readouterr()
    return code, out, err


def test_without_a_run_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys) == (0, "no run was begun here yet\n", "")
    assert said(capsys, "--json") == (0, "[]\n", "")


def test_one_line_a_run_and_foreign_files_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    begin("7f3a0000", by="ann\x1b[2J@bastion")
    (folder() / "note.ndjson").write_text("hello\n")
    code, out, err = said(capsys)
    assert code == 0
    head, line = out.splitlines()
    assert head.split()[:2] == ["RUN", "BEGUN"]
    cells = line.split("  ")
    assert [cell.strip() for cell in cells if cell] == [
        "7f3a0000",
        "2026-11-22 22:00",
        "ann�[2J@bastion",
        "prod|eu",
        "left unfinished by ann�[2J@bastion",
        "2.0.5",
        "c1",
    ]
    assert "note.ndjson:1 is not the head of a journal" in err
    rows = table(archive(folder()).runs, markdown=True)
    assert rows[1] == "| --- | --- | --- | --- | --- | --- | --- |"
    assert "prod\\|eu" in rows[2]


def test_a_run_is_named_by_the_beginning_of_its_id(capsys: pytest.CaptureFixture[str]) -> None:
    begin("7f3a0000")
    begin("7f4b0000")
    code, out, _ = said(capsys, "7f3")
    assert (code, out.splitlines()[0].split(":")[0]) == (0, "Run 7f3a0000")
    code, out, _ = said(capsys, "7f3", "--json")
    assert json.loads(out)["id"] == "7f3a0000"
    code, out, _ = said(capsys, "7f3", "--markdown")
    assert out.startswith("## Upgrade of c1")
    code, out, _ = said(capsys, "--json")
    assert {one["id"] for one in json.loads(out)} == {"7f3a0000", "7f4b0000"}


@pytest.mark.parametrize(
    ("word", "words"),
    [("7f", '"7f" could be any of 7f'), ("9", '"9" is no run of yours; there are 7f')],
)
def test_a_word_that_names_no_run_is_bad_usage(
    capsys: pytest.CaptureFixture[str], word: str, words: str
) -> None:
    begin("7f3a0000")
    begin("7f4b0000")
    code, out, err = said(capsys, word)
    assert (code, out) == (2, "")
    assert words in err


def test_a_run_that_is_closed_is_over_as_it_was_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = SmallWorld()
    world.put_under(monkeypatch)
    monkeypatch.setattr(cluster, "settings_of", lambda _: SETTINGS)
    play = at_step(Step.DRAIN, 2)
    play.answer()
    keep(folder(), play.run, play.journal)
    assert said(capsys, "--close")[0] == 2
    code, out, err = said(capsys, "7f3a", "--close")
    assert (code, err) == (0, "")
    first, found, *changed = out.splitlines()
    assert first.startswith("run 7f3a0000: closed, by ")
    assert found.startswith("  c2: ready, eligible, 2.0.4, ")
    assert "web-public i-00000000000000002:80 healthy" in found
    assert "  by its journal c2 was eligible, is ineligible" in changed
    assert world.cluster.writes == []
    _, out, _ = said(capsys, "7f3a")
    assert f"left as found: {found.strip()}" in out
    _, out, _ = said(capsys)
    assert "  closed  " in out
    keep(folder(), play.run, play.journal, "8f3a0000", cluster="staging")
    code, _, err = said(capsys, "8f3a", "--close")
    assert (code, "is of staging, this is prod" in err) == (2, True)


def test_the_journals_lie_where_the_platform_keeps_state(tmp_path: Path) -> None:
    assert folder() == tmp_path / "state" / "nomad-console" / "runs"
