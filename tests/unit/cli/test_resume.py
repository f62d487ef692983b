import json
from typing import Any

import pytest

from nomad_console.cli import resume
from nomad_console.cli.arguments import main
from nomad_console.domain.plan import Step
from nomad_console.operations.journal import folder, read
from nomad_console.upgrade.events import Held, HostStarted, Intended, Started
from nomad_console.upgrade.run import Run
from tests.support.commands import SETTINGS, SmallWorld
from tests.support.journals import keep
from tests.support.plans import a_plan
from tests.support.play import HOST, Play, at_step, started


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> SmallWorld:
    found = SmallWorld()
    found.put_under(monkeypatch)
    monkeypatch.setattr(resume, "settings_of", lambda _: SETTINGS)
    return found


def said(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, list[dict[str, Any]], str]:
    code = main(["resume", *argv])
    out, err = capsys.readouterr()
    return code, [json.loads(line) for line in out.splitlines()], err


def kept(play: Play) -> None:
    keep(folder(), play.run, play.journal)


def test_it_is_taken_up_where_it_was_held_and_asks_as_it_would_have(
    world: SmallWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    play = started(2, host_command=HOST)
    play.see()
    play.do(Held, "nobody approves")
    kept(play)
    code, lines, _ = said(capsys)
    assert code == 1
    assert [line["event"] for line in lines[:2]] == ["Resumed", "Released"]
    assert "nobody approves" in lines[-1]["detail"]["reason"]
    assert world.cluster.writes == []
    assert read(folder() / f"{play.run.plan.run_id}.ndjson").events[: len(play.journal)] == tuple(
        play.journal
    )


def test_a_host_command_whose_end_nobody_saw_is_a_question(
    world: SmallWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    play = at_step(Step.UPGRADE, 2, host_command=HOST)
    (pending,) = play.now.pending
    play.do(Intended, pending.write.id)
    play.do(HostStarted, pending.write.id)
    kept(play)
    code, lines, _ = said(capsys, "--approve", "all")
    assert code == 1
    assert "no answer is known to: restart c2" in lines[-1]["detail"]["reason"]
    assert not {line["event"] for line in lines} & {"Released", "HostStarted", "Intended"}
    assert world.cluster.writes == []


@pytest.mark.parametrize(
    ("argv", "words"),
    [((), "no run of prod was left behind"), (("zz",), '"zz" is no run of yours')],
)
def test_without_such_a_run_nothing_is_opened(
    world: SmallWorld,
    capsys: pytest.CaptureFixture[str],
    argv: tuple[str, ...],
    words: str,
) -> None:
    code, lines, err = said(capsys, *argv)
    assert (code, lines) == (2, [])
    assert words in err
    assert world.asked == []


def test_findings_that_were_never_accepted_are_asked_for(
    world: SmallWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    play = Play(Run.of(a_plan(1, host_command=HOST)))
    play.do(Started)
    kept(play)
    code, lines, err = said(capsys)
    assert (code, lines) == (1, [])
    assert "--accept count-one:" in err
    code, lines, _ = said(capsys, "--accept", "all")
    assert code == 1
    assert "Accepted" in [line["event"] for line in lines]
    assert world.asked == [False]


def test_by_hand_and_without_a_terminal_it_is_bad_usage(
    world: SmallWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    kept(started(2))
    code, _, err = said(capsys)
    assert code == 2
    assert "there is no way to upgrade a host" in err
    assert world.asked == []
