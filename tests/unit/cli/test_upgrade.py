import json
from pathlib import Path
from typing import Any

import pytest

from nomad_console.cli.arguments import main
from nomad_console.operations.journal import folder, read
from tests.support.commands import SmallWorld
from tests.support.snapshots import node_id, with_node

HOST = ("--host-command", "true {name}")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> SmallWorld:
    found = SmallWorld()
    found.put_under(monkeypatch)
    return found


def said(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, list[dict[str, Any]], str]:
    code = main(["upgrade", *argv])
    out, err = capsys.readouterr()
    return code, [json.loads(line) for line in out.splitlines()], err


def kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    path = str(tmp_path / "plan.json")
    main(["plan", "c2", *HOST, "--out", path])
    capsys.readouterr()
    return path


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ((), "name the nodes, or a plan with --plan FILE"),
        (("c2",), "there is no way to upgrade a host"),
        (("c2", "--read-only", *HOST), "read-only: nothing can be written"),
        (("c9", *HOST), 'no node "c9"'),
        (("c2", "--host-command", "{nmae}"), "{nmae} is unknown"),
        (("--plan", "/nowhere/plan.json"), "cannot read the plan /nowhere/plan.json"),
        (("c2", "--plan", "x"), "a plan is taken up as it is: leave out nodes"),
        (("--bake", "1", "--plan", "x"), "a plan is taken up as it is: leave out --bake"),
    ],
)
def test_bad_input_touches_nothing(
    world: SmallWorld,
    capsys: pytest.CaptureFixture[str],
    argv: tuple[str, ...],
    words: str,
) -> None:
    code, lines, err = said(capsys, *argv)
    assert (code, lines) == (2, [])
    assert words in err
    assert world.cluster.writes == []


def test_a_blocked_plan_is_told_and_ends_with_5(
    world: SmallWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    world.change(lambda now: with_node(now, 2, status="down"))
    code, lines, err = said(capsys, "c2", "--approve", "all", "--accept", "all", *HOST)
    assert code == 5
    assert [line["event"] for line in lines] == ["Planned"]
    assert "not-ready:c2: c2 is down → bring its agent back first" in err
    assert not folder().exists()
    assert world.cluster.writes == []


def test_what_needs_a_word_is_asked_for_by_id(
    world: SmallWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines, err = said(capsys, "c1", "--approve", "all", *HOST)
    asked = [one["id"] for one in lines[0]["detail"]["findings"] if one["level"] == "ACK"]
    assert asked
    assert code == 1
    assert f"--accept {','.join(asked)}" in err
    assert not folder().exists()
    code, lines, _ = said(capsys, "c1", "--accept", ",".join(asked), *HOST)
    assert (code, lines[-1]["detail"]["outcome"]) == (1, "held")
    assert world.cluster.writes == []


def test_a_finding_that_is_not_there_cannot_be_accepted(
    world: SmallWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines, err = said(capsys, "c1", "--accept", "foo,all", *HOST)
    asked = [one["id"] for one in lines[0]["detail"]["findings"] if one["level"] == "ACK"]
    assert code == 2
    assert f"--accept: no finding foo; to be accepted: {', '.join(asked)}" in err
    assert not folder().exists()
    assert world.cluster.writes == []


def test_unapproved_it_is_held_at_the_first_gate_with_nothing_changed(
    world: SmallWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines, err = said(capsys, "c2", "--accept", "all", *HOST)
    assert code == 1
    assert [line["event"] for line in lines[:2]] == ["Planned", "Started"]
    assert [line["event"] for line in lines[-3:]] == ["GateOpened", "Held", "Ended"]
    end = lines[-1]["detail"]
    assert (end["outcome"], end["changed"], end["commands"]) == ("held", [], [])
    assert "nobody approves" in end["reason"]
    assert world.cluster.writes == []
    assert world.asked == [False]
    assert read(Path(end["journal"])).head.plan.nodes[0].node_id == node_id(2)
    (line,) = err.splitlines()  # nobody looks: stderr is no terminal
    run_id = lines[0]["run"]
    assert line.startswith(f"nomad-console: run {run_id} is held at the start of c2: c2: start: ")
    assert line.endswith(f"nobody approves; next: resume {run_id}, or restore {run_id}")


def test_with_json_nothing_is_said_on_stderr(
    world: SmallWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    assert world.asked == []
    code, lines, err = said(capsys, "c2", "--accept", "all", "--json", *HOST)
    assert (code, lines[-1]["detail"]["outcome"], err) == (1, "held", "")


def test_a_plan_is_taken_up_from_its_file_once(
    world: SmallWorld, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = kept(tmp_path, capsys)
    code, lines, _ = said(capsys, "--plan", path, "--accept", "all")
    assert (code, lines[-1]["detail"]["outcome"]) == (1, "held")
    assert lines[0]["run"] == json.loads(Path(path).read_text(encoding="utf-8"))["run_id"]
    code, lines, err = said(capsys, "--plan", path, "--accept", "all")
    assert code != 0
    assert "journal" in err
    assert world.cluster.writes == []


def test_a_plan_that_does_not_fit_any_more_is_refused(
    world: SmallWorld, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = kept(tmp_path, capsys)
    world.change(lambda now: with_node(now, 2, eligibility="ineligible"))
    code, lines, err = said(capsys, "--plan", path, "--accept", "all")
    assert (code, lines) == (5, [])
    assert "no longer: make c2 ineligible" in err
    assert world.cluster.writes == []
