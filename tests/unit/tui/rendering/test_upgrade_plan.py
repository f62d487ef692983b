"""The plan as lines, at the widths of a small and of a large terminal."""

import msgspec
import pytest

from nomad_console.domain.finding import Finding, Level
from nomad_console.domain.plan import Plan, SystemJobs
from nomad_console.domain.policy import Policy
from nomad_console.operations.calls import Call, chain
from nomad_console.tui.rendering.text import Line, Tone, plain
from nomad_console.tui.rendering.upgrade_plan import EXACT, call_line, plan_lines, verdict
from nomad_console.tui.rendering.wrapping import size_of
from tests.support.plans import a_plan
from tests.support.snapshots import article_snapshot, with_node

BLOCK = Finding("sources:alb", Level.BLOCK, "alb", "the balancer is silent " * 8, "wait for it")
ACK = Finding("count-one:solo", Level.ACK, "solo", "its only copy is here", "accept it")
WARN = Finding("batch:c2", Level.WARN, "c2", "crunch may run until the deadline", "wait")
INFO = Finding("delay:web", Level.INFO, "web", "30 s", "")


def text(lines: list[Line]) -> str:
    return "\n".join(plain(line) for line in lines)


def with_findings(*findings: Finding) -> Plan:
    return msgspec.structs.replace(a_plan(2), findings=findings)


def test_it_names_node_version_time_and_every_step_with_its_calls() -> None:
    said = text(plan_lines(a_plan(2, 3), EXACT))
    assert "Upgrade c2, c3 to 2.0.5   run 7f3a0000" in said
    assert "1 c2  2.0.4 → 2.0.5  4 allocations, 1 of system jobs · 2 targets" in said
    for step in ("cordon", "detach", "drain", "upgrade", "rejoin", "attach", "bake"):
        assert said.count(f"\n    {step} ") == 2
    assert "$ nomad node eligibility -disable c2000000-0000-4000-8000-000000000000" in said
    assert "aws elbv2 deregister-targets --target-group-arn arn:aws:" in said
    assert "system jobs keep running" in said


def test_at_80_columns_calls_are_exact_too_and_nothing_is_cut() -> None:
    lines = plan_lines(with_findings(BLOCK, WARN), 77)
    assert all(size_of(line) <= 77 for line in lines)
    said = text(lines)
    assert "…" not in said
    assert said.count("the balancer is silent") + said.count("the balancer is\n") == 8
    for one in chain(a_plan(2), a_plan(2).nodes[0]):
        assert "".join(one.command.split()) in "".join(said.split())


def test_the_head_says_of_the_deadline_what_the_calls_do() -> None:
    assert "no drain deadline: batch work is waited for" in text(plan_lines(a_plan(2), EXACT))
    mixed = text(plan_lines(a_plan(1, 2), EXACT))
    assert "drain deadline 10:00, none on c2: batch work is waited for" in mixed
    assert "drain deadline 10:00 ·" in text(plan_lines(a_plan(2, deadline_s=600.0), EXACT))
    assert "batch work is waited for besides, its time is not in this" in mixed


def test_nodes_made_ineligible_with_the_first_say_so() -> None:
    said = text(plan_lines(a_plan(2, 3), EXACT))
    assert said.count("made ineligible at the start, with the others") == 1
    assert said.index("-disable c3") < said.index("2 c3 ")


def test_findings_come_first_the_worst_before_the_rest_with_cure_and_id() -> None:
    said = text(plan_lines(with_findings(WARN, ACK, BLOCK), EXACT))
    places = [said.index(word) for word in ("BLOCK", "ACK", "WARN", "1 c2")]
    assert places == sorted(places)
    assert "→ accept it   count-one:solo" in said


@pytest.mark.parametrize(
    ("findings", "words", "tone"),
    [
        ((BLOCK, ACK), "✗ BLOCKED by 1: nothing can be begun", Tone.BAD),
        ((ACK, WARN), "! 1 to accept: beginning asks for a node's name", Tone.WARN),
        ((WARN, INFO), "! 1 warning: read it; it can be begun all the same", Tone.WARN),
        ((WARN, WARN), "! 2 warnings: read them; it can be begun all the same", Tone.WARN),
        ((INFO,), "✔ nothing stands against it; 1 to know", Tone.GOOD),
        ((), "✔ nothing stands against it", Tone.GOOD),
    ],
)
def test_the_verdict_is_one_line(findings: tuple[Finding, ...], words: str, tone: Tone) -> None:
    (cell,) = verdict(with_findings(*findings))
    assert (cell.text.strip(), cell.tone) == (words, tone)


def test_requests_that_will_fail_are_foretold_or_said_not_to() -> None:
    assert "Requests that will fail although all goes to plan" in text(plan_lines(a_plan(3), 200))
    assert "api: shutdown_delay 0 s" in text(plan_lines(a_plan(3), 200))
    assert "✔ no request should fail" in text(plan_lines(a_plan(6), 200))


def test_waits_that_are_not_the_default_and_stopped_system_jobs_are_said() -> None:
    plan = a_plan(2, policy=Policy(bake_s=5.0), system=SystemJobs.STOP)
    said = text(plan_lines(plan, EXACT))
    assert "Waits that are not the default: bake_s 5 (usually 30)" in said
    assert "system jobs are stopped too" in said
    assert "Waits" not in text(plan_lines(a_plan(2), EXACT))


def test_a_call_is_its_exact_command_where_there_is_one() -> None:
    step = a_plan(2).nodes[0].forecast.steps[0].step
    assert plain(call_line(Call(step, "by hand: …", ""))) == "by hand: …"
    assert plain(call_line(Call(step, "words", "command"))) == "$ command"


def test_hostile_names_reach_no_terminal() -> None:
    snapshot = with_node(article_snapshot(), 2, name="c2\x1b]0;x\x07[red]\u202e")
    said = text(plan_lines(a_plan(2, snapshot=snapshot), 77))
    assert not any(char in said for char in "\x1b\x07\u202e")
    assert "[red]" in said
