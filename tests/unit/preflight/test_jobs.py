"""Rules about the jobs that have to move."""

import msgspec
import pytest

from nomad_console.domain.allocation import Deployment
from nomad_console.domain.finding import Finding, Level
from nomad_console.domain.job import Group, Job
from nomad_console.domain.plan import PlanOptions
from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.preflight.jobs import (
    away_together,
    batch_work,
    deployments,
    kill_timeout,
    shutdown_delay,
    stalled,
)
from tests.support.plans import a_plan
from tests.support.snapshots import a_job, article_snapshot, with_allocation, with_job

NOW = article_snapshot()
OPTIONS = PlanOptions("7f3a")


def ids(found: list[Finding]) -> list[str]:
    return [finding.id for finding in found]


def test_a_group_of_one_needs_a_word() -> None:
    (finding,) = away_together(NOW, a_plan(1))
    assert (finding.id, finding.level) == ("count-one:default/solo/solo", Level.ACK)
    assert finding.evidence == "count 1, 1 may move at once: none is left then"
    assert finding.cure == "scale solo to 2 and wait until all are healthy"


def test_as_many_at_once_as_there_are_is_the_same_as_one() -> None:
    all_at_once = with_job(NOW, a_job("web", 6, max_parallel=6))
    assert "count-one:default/web/web" in ids(away_together(all_at_once, a_plan(1)))
    without = msgspec.structs.replace(a_job("solo", 1).groups[0], migrate=None)
    bare = msgspec.structs.replace(a_job("solo", 1), groups=(without,))
    assert "1 may move at once" in away_together(with_job(NOW, bare), a_plan(1))[0].evidence


def test_a_group_on_two_marked_nodes_is_named_once() -> None:
    short = with_job(NOW, a_job("web", 6, shutdown_delay_s=1.0))
    assert ids(shutdown_delay(short, a_plan(4, 5), OPTIONS)) == [
        "shutdown-delay:default/api/api",
        "shutdown-delay:default/web/web",
    ]


@pytest.mark.parametrize(("delay", "short"), [(0.0, True), (4.9, True), (5.0, False)])
def test_the_edge_needs_its_time_and_a_second(delay: float, short: bool) -> None:
    snapshot = with_job(NOW, a_job("web", 6, shutdown_delay_s=delay))
    found = [one for one in shutdown_delay(snapshot, a_plan(1), OPTIONS) if "web" in one.id]
    assert bool(found) is short
    if short:
        assert found[0].level == Level.WARN
        assert found[0].evidence == f"shutdown_delay {delay:g} s, the edge needs 5 s: expect errors"
        assert found[0].cure == 'set shutdown_delay = "5s" in group web'


def _with_group(job: Job, **changes: object) -> ClusterSnapshot:
    group: Group = msgspec.structs.replace(job.groups[0], **changes)
    return with_job(NOW, msgspec.structs.replace(job, groups=(group,)))


def test_a_tasks_delay_counts_and_a_group_without_services_needs_none() -> None:
    job = a_job("web", 6, shutdown_delay_s=0.0)
    tasks = (msgspec.structs.replace(job.groups[0].tasks[0], shutdown_delay_s=6.0),)
    assert shutdown_delay(_with_group(job, tasks=tasks), a_plan(1), OPTIONS) == []
    assert shutdown_delay(_with_group(job, services=()), a_plan(1), OPTIONS) == []


@pytest.mark.parametrize(
    ("cap", "wanted", "evidence"),
    [
        (None, 30.0, ""),
        (None, 31.0, "kill_timeout 31 s, the client's default max_kill_timeout 30 s"),
        (60.0, 31.0, ""),
        (20.0, 31.0, "kill_timeout 31 s, the client's max_kill_timeout 20 s"),
    ],
)
def test_the_clients_cap_is_held_against_the_job(
    cap: float | None, wanted: float, evidence: str
) -> None:
    snapshot = with_job(NOW, a_job("web", 6, kill_timeout_s=wanted))
    options = PlanOptions("7f3a", max_kill_timeout_s=cap)
    found = kill_timeout(snapshot, a_plan(1), options)
    assert [one.evidence for one in found] == ([evidence] if evidence else [])


def test_what_will_not_move_before_the_deadline_needs_a_word() -> None:
    assert stalled(NOW, a_plan(1)) == []
    sick = with_allocation(NOW, "web", 3, healthy=None)
    (finding,) = stalled(sick, a_plan(1))
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
    found = deployments(snapshot, a_plan(1))
    assert ids(found) == (["deployment:default/web"] if blocks else [])
    if blocks:
        assert found[0].evidence == f"deployment abcdef01 of version 4 is {status}"


def test_batch_work_is_named() -> None:
    assert batch_work(a_plan(1)) == []
    (finding,) = batch_work(a_plan(2))
    assert (finding.id, finding.level) == ("batch:c2", Level.WARN)
    assert finding.evidence.startswith("crunch.crunch[0] may run until the deadline")


def test_a_job_that_is_not_read_gives_no_finding_here() -> None:
    blind = msgspec.structs.replace(NOW, jobs={})
    assert away_together(blind, a_plan(1)) == []
