import json
from pathlib import Path

import pytest

from nomad_console.cli.arguments import main
from nomad_console.operations import plan_file
from tests.support.commands import SmallWorld
from tests.support.snapshots import with_node


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> SmallWorld:
    found = SmallWorld()
    found.put_under(monkeypatch)
    return found


def test_the_text_is_what_the_screen_shows(
    world: SmallWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "c2", "--target-version", "2.0.5"]) in {0, 1}
    out = capsys.readouterr().out
    assert "Upgrade c2 to 2.0.5   run " in out
    for step in ("cordon", "detach", "drain", "upgrade", "rejoin", "attach", "bake"):
        assert f"\n    {step} " in out
    assert "$ nomad node eligibility -disable" in out
    assert world.asked == [True]


def test_a_file_holds_the_plan_and_the_console_says_how_to_take_it_up(
    world: SmallWorld, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "plan.json"
    main(["plan", "c2", "c1", "--out", str(path)])
    out, err = capsys.readouterr()
    assert out == ""
    assert f"upgrade --plan {path}" in err
    assert [node.name for node in plan_file.read(path).nodes] == ["c2", "c1"]
    main(["plan", "c2", "--json"])
    assert json.loads(capsys.readouterr().out)["nodes"][0]["name"] == "c2"
    assert world.asked == [True, True]


def test_a_file_that_cannot_be_written_is_bad_input(
    world: SmallWorld, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["plan", "c2", "--out", str(tmp_path / "no" / "plan.json")]) == 2
    assert "cannot write the plan" in capsys.readouterr().err
    assert world.asked == [True]


def test_a_blocked_plan_is_shown_and_ends_with_5(
    world: SmallWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    world.change(lambda now: with_node(now, 2, status="down"))
    assert main(["plan", "c2"]) == 5
    out = capsys.readouterr().out
    assert "BLOCK" in out
    assert "c2 is down" in out
    assert "nothing can be begun" in out
