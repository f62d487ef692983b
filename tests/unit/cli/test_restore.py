import json

import pytest

from nomad_console.cli import restore
from nomad_console.cli.arguments import main
from nomad_console.domain.plan import Step
from nomad_console.operations.journal import folder
from nomad_console.upgrade.events import Held
from tests.support.commands import SETTINGS, SmallWorld
from tests.support.journals import keep
from tests.support.play import HOST, at_step, started
from tests.support.snapshots import node_id, with_node


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> SmallWorld:
    found = SmallWorld()
    found.put_under(monkeypatch)
    monkeypatch.setattr(restore, "settings_of", lambda _: SETTINGS)
    return found


def test_what_was_changed_is_put_back_and_that_is_success(
    world: SmallWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    play = at_step(Step.CORDON, 2, host_command=HOST)
    play.answer()
    play.do(Held, "a guard")
    keep(folder(), play.run, play.journal)
    world.change(lambda now: with_node(now, 2, eligibility="ineligible"))
    assert main(["restore"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["event"] for line in lines[:2]] == ["Resumed", "RestoreAsked"]
    end = lines[-1]["detail"]
    assert (end["outcome"], end["exit_code"], end["changed"]) == ("restored", 0, [])
    assert world.cluster.writes == [("eligibility", node_id(2), True)]


def test_a_run_that_is_over_has_nothing_to_put_back(
    world: SmallWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    play = started(2)
    play.finish()
    keep(folder(), play.run, play.journal)
    assert main(["restore", play.run.plan.run_id]) == 2
    assert "is over: done" in capsys.readouterr().err
    assert world.asked == []


def test_a_probe_watches_the_way_back(
    world: SmallWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    play = at_step(Step.CORDON, 2, host_command=HOST)
    play.answer()
    keep(folder(), play.run, play.journal)
    world.change(lambda now: with_node(now, 2, eligibility="ineligible"))
    assert main(["restore", "--probe", "http://127.0.0.1:9/"]) == 0
    end = json.loads(capsys.readouterr().out.splitlines()[-1])["detail"]
    assert [one["url"] for one in end["probe"]["urls"]] == ["http://127.0.0.1:9/"]
    assert end["outcome"] == "restored"
