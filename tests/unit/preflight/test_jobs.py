"""Rules about the jobs that have to move."""

from typing import Any

import msgspec
import pytest

from nomad_console.domain.allocation import Deployment
from nomad_console.domain.finding import Level
from nomad_console.domain.plan import BatchChoice
from nomad_console.preflight.jobs import away_together, batch_work, deployments, stalled
from tests.support.plans import a_case, ids
from tests.support.snapshots import a_job, article_snapshot, with_allocation, with_job

NOW = article_snapshot()


def test_a_group_of_one_needs_a_word() -> None:
    (finding,) = away_together(a_case(1))
    assert (finding.id, finding.level) == ("count-one:default/solo/solo", Level.ACK)
    assert finding.evidence == "count 1, 1 may move at once: none is left then"
    assert finding.cure == "scale solo to 2 and wait until all are healthy"


def test_as_many_at_once_as_there_are_is_the_same_as_one() -> None:
    all_at_once = with_job(NOW, a_job("web", 6, max_parallel=6))
    assert "count-one:default/web/web" in ids(away_together(a_case(1, snapshot=all_at_once)))
    without = msgspec.structs.replace(a_job("solo", 1).groups[0], migrate=None)
    bare = msgspec.structs.replace(a_job("solo", 1), groups=(without,))
    (finding,) = away_together(a_case(1, snapshot=with_job(NOW, bare)))
    assert "1 may move at once" in finding.evidence


def test_what_will_not_move_before_the_deadline_needs_a_word() -> None:
    assert stalled(a_case(1)) == []
    sick = with_allocation(NOW, "web", 3, healthy=None)
    (finding,) = stalled(a_case(1, snapshot=sick))
    assert (finding.id, finding.level) == ("stalled:default/web/web", Level.ACK)


@pytest.mark.parametrize(
    ("status", "blocks"),
    [
        ("running", True),
        ("paused", True),
        ("blocked", True),
        ("pending", True),
        ("unblocking", True),
        ("initializing", True),
        ("successful", False),
        ("failed", False),
        ("cancelled", False),
    ],
)
def test_a_deployment_under_way_blocks(status: str, blocks: bool) -> None:
    one = Deployment("abcdef0123", "default", "web", 4, status, "", 1, 1)
    other = Deployment("0123", "default", "api", 4, status, "", 1, 1)
    snapshot = msgspec.structs.replace(NOW, deployments={"a": one, "b": other})
    found = deployments(a_case(1, snapshot=snapshot))
    assert ids(found) == (["deployment:default/web"] if blocks else [])
    if blocks:
        assert found[0].level == Level.BLOCK
        assert found[0].evidence == f"deployment abcdef01 of version 4 is {status}"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "is waited for"),
        ({"deadline_s": 900.0}, "may run until the deadline, then is stopped"),
        ({"batch": BatchChoice.STOP}, "is stopped when the drain begins"),
        ({"batch": BatchChoice.SKIP}, "is here: the node is left out"),
    ],
)
def test_batch_work_is_named_with_what_becomes_of_it(options: dict[str, Any], words: str) -> None:
    assert batch_work(a_case(1, **options)) == []
    (finding,) = batch_work(a_case(2, **options))
    assert (finding.id, finding.level) == ("batch:c2", Level.WARN)
    assert finding.evidence == f"crunch.crunch[0] {words}"


def test_a_job_that_is_not_read_gives_no_finding_here() -> None:
    assert away_together(a_case(1, snapshot=msgspec.structs.replace(NOW, jobs={}))) == []
