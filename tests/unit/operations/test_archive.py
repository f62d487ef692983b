import json
from datetime import timedelta
from pathlib import Path

import pytest

from nomad_console.domain.plan import Step
from nomad_console.operations import counts
from nomad_console.operations.archive import Kept, archive, document, markdown, text
from nomad_console.operations.counts import Count
from nomad_console.operations.probe import UrlState
from nomad_console.upgrade.events import Held
from tests.support.journals import keep
from tests.support.manual_clock import EPOCH
from tests.support.play import HOST, Play, at_step, started


def whole() -> Play:
    play = started(1, 2, host_command=HOST)
    play.finish()
    return play


def halfway() -> Play:
    play = at_step(Step.DRAIN, 3)
    play.answer()
    play.do(Held, "a | guard \x1b[2J")
    return play


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for hours, (play, run_id) in enumerate(
        ((whole(), "aaaa0001"), (Play(started(4).run), "bbbb0003"), (halfway(), "aaaa0002"))
    ):
        keep(tmp_path, play.run, play.journal, run_id, hours=hours)
    return tmp_path


def by_id(folder: Path) -> dict[str, Kept]:
    return {one.id: one for one in archive(folder).runs}


def test_the_newest_run_comes_first_with_how_it_ended(folder: Path) -> None:
    found = archive(folder)
    assert found.unreadable == ()
    assert [(one.id, one.outcome, one.nodes) for one in found.runs] == [
        ("aaaa0002", "held, left by ann@bastion", "c3"),
        ("bbbb0003", "not begun", "c4"),
        ("aaaa0001", "done", "c1 c2"),
    ]


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert archive(tmp_path / "absent") == ((), ())


def test_what_is_no_journal_is_named_and_hides_no_other(folder: Path) -> None:
    (folder / "note.ndjson").write_text('{"shopping": "list"}\n')
    (folder / "empty.ndjson").write_text("")
    torn = folder / "aaaa0002.ndjson"
    torn.write_bytes(torn.read_bytes()[:-20])
    (folder / "run.txt").write_text("another file")
    found = archive(folder)
    assert len(found.runs) == 3
    empty, note = found.unreadable
    assert "empty.ndjson holds no plan" in empty
    assert "note.ndjson:1 is not the head of a journal" in note
    assert [one.torn for one in found.runs] == [True, False, False]
    assert found.runs[0].outcome == "left unfinished by ann@bastion"


def test_the_document_holds_what_was_done_and_what_is_left(folder: Path) -> None:
    data = document(by_id(folder)["aaaa0001"])
    assert json.loads(json.dumps(data)) == data
    assert (data["id"], data["by"], data["cluster"]) == ("aaaa0001", "ann@bastion", "prod")
    assert (data["outcome"], data["held"], data["torn"]) == ("done", None, False)
    assert data["ended_at"] is not None
    first, second = data["nodes"]
    assert (first["name"], first["done"], second["done"]) == ("c1", True, True)
    assert [step["step"] for step in first["steps"]] == list(Step)
    assert all(step["seconds"] >= 0 and step["proofs"] for step in first["steps"])
    assert {one["node"] for one in data["changed"]} == {"c1", "c2"}
    assert all(one["undo"] is None for one in data["changed"])
    open_run = document(by_id(folder)["aaaa0002"])
    assert open_run["ended_at"] is None
    assert open_run["held"].startswith("a | guard")
    assert "eligible again" in [one["undo"] for one in open_run["changed"]]


def test_the_text_says_who_how_and_what_is_left(folder: Path) -> None:
    lines = text(by_id(folder)["aaaa0002"])
    assert lines[0].startswith("Run aaaa0002: 0 of 1 nodes")
    assert lines[1] == "held, left by ann@bastion; by ann@bastion on prod"
    assert lines[2] == "held: a | guard �[2J"
    assert lines[3] == "Probe: no probe was running, so nobody counted requests"
    assert any("was eligible, is ineligible" in line for line in lines)


def test_markdown_is_a_ticket_that_nothing_from_the_cluster_can_break(folder: Path) -> None:
    page = "\n".join(markdown(by_id(folder)["aaaa0002"]))
    assert page.startswith("## Upgrade of c3 to 2.0.5: held, left by ann@bastion\n")
    assert "Held: a \\| guard �\\[2J" in page
    assert "\x1b" not in page
    assert "It is not over; forecast" in page
    done = markdown(by_id(folder)["aaaa0001"])
    rows = [line for line in done if line.startswith("| c")]
    assert len(rows) == 2 * len(Step)
    assert all(row.count(" | ") == 3 for row in rows)
    assert "It took " in "\n".join(done)


def test_what_the_probes_of_a_run_counted_is_in_each_of_its_reports(tmp_path: Path) -> None:
    path = keep(tmp_path, (play := halfway()).run, play.journal)
    last = play.journal[-1].at
    counted = Count(EPOCH, last - timedelta(seconds=9), (UrlState("http://web/", 40, 1),))
    counts.keep(path, counted)
    (one,) = archive(tmp_path).runs
    gap = f"not counted from {counted.until:%H:%M:%S} to {last:%H:%M:%S} UTC"
    for lines in (text(one), markdown(one)):
        assert any("1 of 40 requests failed" in line for line in lines)
        assert any(gap in line for line in lines)
    assert document(one)["probe"]["urls"][0]["sent"] == 40
    assert [gap["from"] for gap in document(one)["probe"]["not_counted"]] == [
        counted.until.isoformat()
    ]
