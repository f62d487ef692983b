import msgspec
import pytest

from nomad_console.domain.finding import Level
from nomad_console.domain.plan import BatchChoice, PlanOptions
from nomad_console.domain.rights import (
    LIFECYCLE,
    LOCK_WRITE,
    NODE_WRITE,
    TARGETS_WRITE,
    Credential,
    Right,
    Verdict,
)
from nomad_console.preflight.planning import make_plan
from tests.support.snapshots import article_snapshot, node_id


def found(
    source: str, held: Credential, batch: BatchChoice = BatchChoice.WAIT
) -> list[tuple[str, Level, str]]:
    """The findings that this credential makes."""
    before = article_snapshot()
    options = PlanOptions("7f3a", batch=batch)
    usual = make_plan(before, (node_id(1),), options).findings
    with_held = msgspec.structs.replace(before, rights={source: held})
    plan = make_plan(with_held, (node_id(1),), options)
    return [(one.id, one.level, one.evidence) for one in plan.findings if one not in usual]


def holding(name: str, verdict: Verdict) -> Credential:
    return Credential("token deploy", (Right(name, verdict, "policy p"),))


@pytest.mark.parametrize(
    ("source", "name", "verdict", "level"),
    [
        ("nomad", NODE_WRITE, Verdict.YES, None),
        ("nomad", NODE_WRITE, Verdict.NO, Level.BLOCK),
        ("nomad", NODE_WRITE, Verdict.UNPROVEN, Level.WARN),
        ("consul", LOCK_WRITE, Verdict.NO, Level.WARN),
        ("consul", LOCK_WRITE, Verdict.UNPROVEN, Level.WARN),
        ("nomad", LIFECYCLE, Verdict.NO, None),
        ("alb", TARGETS_WRITE, Verdict.UNPROVEN, Level.INFO),
    ],
)
def test_what_a_right_means_for_a_plan(
    source: str, name: str, verdict: Verdict, level: Level | None
) -> None:
    findings = found(source, holding(name, verdict))
    assert [one[1] for one in findings] == ([level] if level else [])
    if level:
        assert "policy p" in findings[0][2]


def test_batch_work_is_stopped_only_by_those_who_may() -> None:
    [(name, level, _)] = found("nomad", holding(LIFECYCLE, Verdict.NO), BatchChoice.STOP)
    assert (name, level) == (f"right:{LIFECYCLE}", Level.BLOCK)


def test_a_spent_token_blocks_with_its_cure_alone() -> None:
    right = Right(NODE_WRITE, Verdict.NO, "expired")
    spent = Credential("token deploy", (right,), trouble="the Nomad token expired", cure="new one")
    assert found("nomad", spent) == [("token:nomad", Level.BLOCK, "the Nomad token expired")]


def test_what_was_not_heard_yet_is_waited_for() -> None:
    [(name, level, _)] = found("nomad", Credential(pending=True))
    assert (name, level) == ("unread:rights:nomad", Level.BLOCK)
