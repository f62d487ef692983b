import json
from datetime import datetime
from typing import Any

from nomad_console.domain.plan import Step
from nomad_console.operations.narration import record, words
from nomad_console.upgrade.events import Answered, Failed, Held
from nomad_console.upgrade.gates import ProofName
from nomad_console.upgrade.machine import advance
from nomad_console.upgrade.run import Run
from tests.support.plans import a_plan
from tests.support.play import HOST, Play, started

Told = tuple[list[dict[str, Any]], list[str]]


def told(play: Play) -> Told:
    """Every event of the play, as record and in words."""
    run, records, lines = Run.of(play.run.plan), [], []
    for event in play.journal:
        after, _ = advance(run, event)
        records.append(record(event, run, after))
        lines.append(words(event, run, after))
        run = after
    assert run == play.run
    return records, lines


def last(play: Play) -> tuple[dict[str, Any], str]:
    records, lines = told(play)
    return records[-1], lines[-1]


def test_every_line_of_a_whole_run_says_when_which_where_and_what() -> None:
    play = started(1, 2, host_command=HOST)
    play.finish()
    records, _ = told(play)
    assert json.loads(json.dumps(records)) == records
    for line in records:
        assert list(line) == ["time", "run", "node", "step", "event", "detail"]
        assert datetime.fromisoformat(line["time"]).utcoffset() is not None
        assert line["run"] == play.run.plan.run_id
        assert line["node"] in {"c1", "c2"}
        assert line["step"] in {None, *Step}
    steps = [line["step"] for line in records if line["node"] == "c2"]
    assert [step for step in Step if step in steps] == list(Step)
    assert [line["event"] for line in records[:2]] == ["Accepted", "Started"]
    kinds = {line["event"] for line in records}
    assert {"Observed", "GateOpened", "GateConfirmed", "Answered", "Intended", "HostEnded"} <= kinds


def test_no_line_gives_away_the_code_of_a_gate() -> None:
    play = started(1)
    play.see()
    play.confirm("zq")
    records, lines = told(play)
    assert '"zq"' not in json.dumps(records)
    assert not any("zq" in line for line in lines)


def test_a_proof_is_told_when_its_truth_changes_and_only_then() -> None:
    play = started(1)
    play.see(ProofName.TARGETS_AS_PLANNED)
    proofs = last(play)[0]["detail"]["proofs"]
    assert {one["proof"]: one["truth"] for one in proofs} == {
        "node as planned": "true",
        "targets as planned": "false",
    }
    play.see()
    proofs = [line for line in told(play)[0] if line["event"] == "Observed"][-1]["detail"]["proofs"]
    assert proofs == [
        {"node": "c1", "proof": "targets as planned", "truth": "true", "evidence": "seen"}
    ]


def test_a_call_is_told_of_the_node_it_is_for() -> None:
    play = started(1, 2)
    play.see()
    play.confirm()
    second = play.run.upgrades[1].pending[0].write
    play.do(Answered, second.id, 7)
    line, said = last(play)
    assert (line["node"], line["event"]) == ("c2", "Answered")
    assert line["detail"]["call"].endswith("eligibility ineligible")
    assert said.startswith("c2: PUT /v1/node/c2")
    play.do(Failed, play.run.upgrades[0].pending[0].write.id, "no \x1b[31mright")
    line, said = last(play)
    assert line["detail"]["reason"] == "no \x1b[31mright"
    assert said.startswith("held: PUT")
    assert "\x1b" not in said


def test_people_hear_of_gates_steps_holds_and_the_host_command() -> None:
    play = started(1, host_command=HOST)
    play.reach(Step.UPGRADE)
    play.answer()
    play.do(Held, "lunch")
    lines = told(play)[1]
    assert "c1: proven; next: drain" in lines
    assert any(line.startswith("c1: drain, forecast ") for line in lines)
    assert "c1: the host command is done" in lines
    assert lines[-1] == "held: lunch"
    assert lines[:2] == ["", ""]  # the start, and what was seen before the first gate


def test_before_its_first_step_a_node_has_none() -> None:
    play = Play(Run.of(a_plan(3)))
    play.do(Held, "too early")
    assert play.refused()
    assert record(started(3).journal[0], play.run, play.run)["step"] is None
