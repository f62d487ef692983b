import json
import os
import subprocess
import sys
from typing import Any

import msgspec
import pytest

from nomad_console.cli.narrating import Narrator, closing
from nomad_console.domain.plan import Step
from nomad_console.operations.counts import Counted
from nomad_console.operations.probe import Failure, UrlState
from nomad_console.upgrade.events import Held, HostEnded, Intended, RestoreAsked, Resumed
from nomad_console.upgrade.run import Outcome, Run
from tests.support.manual_clock import EPOCH
from tests.support.play import HOST, Play, at_step, started

AT = EPOCH.isoformat()
FAILURE = Failure(EPOCH, "http://web/", "502 Bad Gateway")


class Tally:
    counted = Counted((UrlState("http://web/", 9, 1, 0.01, 0.02, FAILURE),), 1)


class Conducted:
    """A run as a conductor left it."""

    journal_path = "/state/runs/7f3a0000.ndjson"
    counting = Tally()

    def __init__(self, run: Run, trouble: str = "") -> None:
        self.run = run
        self.trouble = trouble
        self.output = {one.node: ["one", "two"] for one in run.upgrades}


def held() -> Play:
    play = at_step(Step.DRAIN)
    play.answer()
    play.do(Held, "a guard \x1b[2J")
    return play


def lines(capsys: pytest.CaptureFixture[str]) -> tuple[list[dict[str, Any]], list[str]]:
    out, err = capsys.readouterr()
    return [json.loads(line) for line in out.splitlines()], err.splitlines()


def test_first_the_plan_with_its_findings(capsys: pytest.CaptureFixture[str]) -> None:
    plan = started(2, 4).run.plan
    Narrator(words=True).planned(plan)
    (line,), words = lines(capsys)
    assert (line["run"], line["node"], line["step"], line["event"]) == (
        plan.run_id,
        None,
        None,
        "Planned",
    )
    assert line["detail"]["nodes"] == ["c2", "c4"]
    assert [one["id"] for one in line["detail"]["findings"]] == [one.id for one in plan.findings]
    assert words[0].startswith(f"run {plan.run_id}: c2, c4 to ")
    assert len(words) == 1 + len(plan.findings)


def test_then_each_event_and_words_only_where_somebody_looks(
    capsys: pytest.CaptureFixture[str],
) -> None:
    play = held()
    event = play.journal[-1]
    before = msgspec.structs.replace(play.run, hold=None)
    Narrator(words=True).happened(event, before, Conducted(play.run))
    (line,), words = lines(capsys)
    assert line["event"] == "Held"
    assert line["detail"]["reason"] == "a guard \x1b[2J"
    assert words == [f"{event.at:%H:%M:%S} held: a guard �[2J"]
    Narrator(words=False).happened(event, before, Conducted(play.run))
    out, err = capsys.readouterr()
    assert "\x1b" not in out
    assert err == ""


@pytest.mark.parametrize(
    ("outcome", "code"), [(Outcome.DONE, 0), (Outcome.STOPPED, 1), (Outcome.RESTORED, 4)]
)
def test_the_end_has_the_code_of_its_outcome(
    capsys: pytest.CaptureFixture[str], outcome: Outcome, code: int
) -> None:
    play = started(2)
    play.finish()
    run = msgspec.structs.replace(play.run, outcome=outcome)
    assert Narrator(words=True).ended(Conducted(run), AT) == code
    (line,), words = lines(capsys)
    assert (line["event"], line["time"]) == ("Ended", AT)
    assert (line["detail"]["outcome"], line["detail"]["exit_code"]) == (outcome, code)
    assert line["detail"]["commands"] == []
    assert words[0] == f"{outcome}; journal {Conducted.journal_path}"
    assert words[1] == "Probe: 1 of 9 requests failed"


def test_a_held_run_says_what_it_left_and_how_that_is_put_back(
    capsys: pytest.CaptureFixture[str],
) -> None:
    play = held()
    assert Narrator(words=True).ended(Conducted(play.run), AT) == 1
    (line,), words = lines(capsys)
    detail = line["detail"]
    assert (detail["outcome"], detail["reason"]) == ("held", "a guard \x1b[2J")
    assert {"node": "c1", "change": "was eligible, is ineligible"}.items() <= detail["changed"][
        0
    ].items()
    assert any("eligibility -enable" in command for command in detail["commands"])
    assert [line for line in words if "to put back" in line] == [
        f"  to put back: {command}" for command in detail["commands"]
    ]
    assert words[0] == f"held; journal {Conducted.journal_path}"
    assert words[-1] == (
        "nomad-console: run 7f3a0000 is held at drain of c1: a guard �[2J; "
        "next: resume 7f3a0000, or restore 7f3a0000"
    )
    assert "\x1b" not in "".join(words)
    Narrator(words=False, quiet=True).ended(Conducted(play.run), AT)
    assert lines(capsys)[1] == []


def test_what_can_be_done_next_is_what_the_run_takes() -> None:
    play = at_step(Step.UPGRADE, host_command=HOST)
    play.do(Intended, play.now.pending[0].write.id)
    play.do(Resumed, "me")
    assert "next: resume 7f3a0000 --host-step ran|again, or restore" in closing(play.run, "lost")
    play.do(RestoreAsked, "me")
    said = closing(play.run, "")
    assert "is left at the way back of c1: the command was ended" in said
    assert said.endswith("restore 7f3a0000 goes on all the same, runs 7f3a0000 --close gives it up")


def test_a_restored_run_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    play = held()
    play.do(RestoreAsked, "enough")
    play.go_back()
    Narrator(words=True).ended(Conducted(play.run), AT)
    (line,), words = lines(capsys)
    assert line["detail"]["reason"] == "a guard \x1b[2J; then enough"
    assert words[0].startswith("restored: a guard �[2J; then enough; journal ")


def test_the_host_command_ends_with_what_it_said_last(capsys: pytest.CaptureFixture[str]) -> None:
    play = at_step(Step.UPGRADE, host_command=HOST)
    before = play.run
    play.answer()
    ended = next(event for event in play.journal if isinstance(event, HostEnded))
    Narrator(words=False).happened(ended, before, Conducted(play.run))
    (line,), _ = lines(capsys)
    assert line["detail"]["exit_code"] == 0
    assert line["detail"]["output"] == ["one", "two"]


def test_the_probe_is_told_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    Narrator(words=False).ended(Conducted(held().run), AT)
    (one,) = lines(capsys)[0][0]["detail"]["probe"]["urls"]
    assert (one["url"], one["sent"], one["failed"]) == ("http://web/", 9, 1)
    assert one["first_failure"] == {"time": AT, "detail": "502 Bad Gateway"}


def test_a_signal_and_a_restore_have_codes_of_their_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert Narrator(words=False).ended(Conducted(held().run), AT, 143) == 143
    play = started(2)
    play.finish()
    back = msgspec.structs.replace(play.run, outcome=Outcome.RESTORED)
    assert Narrator(words=False, restored=0).ended(Conducted(back), AT, 143) == 0
    codes = [line["detail"]["exit_code"] for line in lines(capsys)[0]]
    assert codes == [143, 0]


def test_a_journal_that_cannot_be_written_is_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert Narrator(words=False).ended(Conducted(held().run, "disk full"), AT) == 1
    assert lines(capsys)[0][0]["detail"]["reason"] == "disk full"


def test_a_reader_that_went_away_stops_nothing() -> None:
    code = """
from nomad_console.cli.narrating import Narrator, closing
from tests.support.play import started
plan = started(2).run.plan
narrator = Narrator(words=True)
narrator.planned(plan)
narrator.planned(plan)
"""
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [sys.executable, "-c", code],
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
        timeout=30,
    )
    os.close(writing)
    assert ended.returncode == 0
    said = ended.stderr.decode()
    assert said.count("nobody reads the events any more") == 1
    assert said.count(": c2 to ") == 2
