"""What a run did, as lines."""

from collections import deque
from datetime import timedelta

import msgspec

from nomad_console.domain.plan import Step
from nomad_console.operations.counts import Counted
from nomad_console.operations.probe import Failure, UrlState
from nomad_console.operations.report import as_data, report
from nomad_console.upgrade.commands import SetEligibility
from nomad_console.upgrade.gates import Proof, ProofName, Standing, Truth
from nomad_console.upgrade.run import Pending, Run, StepRecord
from tests.support.manual_clock import EPOCH
from tests.support.plans import a_plan
from tests.support.sights import run_at
from tests.support.snapshots import article_snapshot, node_id, with_node


def after(seconds: float) -> StepRecord:
    proof = Proof(ProofName.CORDONED, Truth.TRUE, "ineligible", "nomad", EPOCH)
    end = EPOCH + timedelta(seconds=seconds)
    return StepRecord(Step.CORDON, EPOCH, end, (Standing(proof, EPOCH),))


def whole() -> Run:
    run = run_at(Step.BAKE, a_plan(2), records=(after(71),), ended_at=EPOCH, drained=True)
    return msgspec.structs.replace(run, ended_at=EPOCH + timedelta(seconds=135))


def test_a_run_that_is_over_has_its_times_its_proofs_and_what_is_left() -> None:
    lines = report(whole(), {}, "/runs/7f3a0000.ndjson")
    assert lines[:5] == (
        "Run 7f3a0000: 1 of 1 nodes on 2.0.5",
        "Probe: no probe was running, so nobody counted requests",
        "begun 2026-11-22 22:00:00 UTC, took 02:15",
        "forecast 02:40 without the time at gates",
        "journal /runs/7f3a0000.ndjson",
    )
    assert "c2: done" in lines
    assert "  cordon    01:11" in lines
    assert "    22:00:00 node ineligible: ineligible (nomad)" in lines
    assert lines[-3:] == (
        "Still different from the start:",
        "  c2: work was moved to other nodes - cannot be undone",
        "  c2: 2.0.4 became 2.0.5 - cannot be undone",
    )


def test_the_operators_time_stands_apart() -> None:
    record = msgspec.structs.replace(after(71), waited_s=65.0)
    upgrade = msgspec.structs.replace(whole().upgrade, records=(record,))
    lines = report(msgspec.structs.replace(whole(), upgrades=(upgrade,)), {}, "j")
    assert "  cordon       6s and 01:05 waited" in lines
    assert any(line.endswith("took 02:15, 01:05 of it waiting for the operator") for line in lines)


def test_a_run_not_begun_and_one_under_way_are_told_apart() -> None:
    plan = a_plan(2, 3)
    lines = report(Run.of(plan), {}, "j")
    assert "Run 7f3a0000: 0 of 2 nodes on 2.0.5" in lines
    assert not any(line.startswith("begun") for line in lines)
    assert {"c2: not begun", "c3: not begun", "Nothing is left changed."} <= set(lines)
    lines = report(run_at(Step.DRAIN, plan), {}, "j")
    assert "c2: under way" in lines
    assert not any("took" in line for line in lines)


def test_a_change_nobody_answered_for_is_not_called_certain() -> None:
    write = SetEligibility(id="1", node=node_id(2), eligible=False)
    lines = report(run_at(Step.CORDON, a_plan(2), pending=(Pending(write),)), {}, "j")
    (change,) = [line for line in lines if "was eligible" in line]
    assert "(not certain: no answer came) - eligible again" in change


def test_what_was_foretold_to_fail_is_repeated_or_said_not_to() -> None:
    assert "Foretold to lose requests:" in report(Run.of(a_plan(2)), {}, "j")
    assert any(line.startswith("  c2: api: shutdown_delay") for line in report(whole(), {}, "j"))
    assert "Nothing was foretold to lose requests." in report(Run.of(a_plan(6)), {}, "j")


def test_the_last_lines_of_the_host_command_are_kept_as_it_keeps_them() -> None:
    output = deque((f"line {number}" for number in range(20)), maxlen=500)
    lines = report(whole(), {node_id(2): output}, "j")
    assert [line for line in lines if line.startswith("  | ")] == [
        f"  | line {number}" for number in range(15, 20)
    ]


def test_hostile_names_and_output_are_harmless() -> None:
    plan = a_plan(2, snapshot=with_node(article_snapshot(), 2, name="c2\x1b[2J\u202e"))
    text = "\n".join(report(Run.of(plan), {node_id(2): ("\x1b]0;x\x07",)}, "j"))
    assert "c2�[2J�: not begun" in text
    assert not any(char in text for char in "\x1b\x07\u202e")


def test_what_requests_met_with_is_told_url_by_url() -> None:
    failure = Failure(EPOCH, "http://web/", "502 Bad Gateway")
    bad = UrlState("http://web/", 100, 2, 0.012, 0.03, failure)
    urls = (bad, UrlState("http://api/", 1, 1))
    lines = report(whole(), {}, "/runs/x", Counted(urls, 1))
    told = lines[lines.index("Probe: 3 of 101 requests failed") :]
    assert told[1:4] == (
        "  http://web/: 2 of 100 failed, p50 12 ms, p95 30 ms",
        "    first 22:00:00 UTC: 502 Bad Gateway",
        "  http://api/: 1 of 1 failed, p50 ·, p95 ·",
    )
    assert lines[1] == "Probe: 3 of 101 requests failed"  # before anything else


def test_a_run_of_several_consoles_says_when_nobody_counted() -> None:
    gap = (EPOCH, EPOCH.replace(second=31))
    counted = Counted((UrlState("http://web/", 100, 0, 0.012, 0.03),), 2, (gap,))
    lines = report(whole(), {}, "/runs/x", counted)
    told = lines[lines.index("Probe: 0 of 100 requests failed, counted by 2 consoles") :]
    assert told[1:3] == (
        "  not counted from 22:00:00 to 22:00:31 UTC",
        "  http://web/: 0 of 100 failed, p50 12 ms, p95 30 ms of the slower console",
    )
    data = as_data(counted)
    assert data["not_counted"] == [
        {"from": "2026-11-22T22:00:00+00:00", "to": "2026-11-22T22:00:31+00:00"}
    ]
    assert (data["consoles"], data["urls"][0]["sent"]) == (2, 100)


def test_a_node_that_was_skipped_says_by_whom() -> None:
    lines = report(run_at(None, a_plan(2), skipped="ann@bastion"), {}, "j")
    assert "c2: skipped by ann@bastion" in lines
