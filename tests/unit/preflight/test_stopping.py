"""Rules about how tasks are stopped."""

import msgspec
import pytest

from nomad_console.domain.allocation import Task, TaskEvent
from nomad_console.domain.facts import Facts
from nomad_console.domain.finding import Level
from nomad_console.domain.job import Group, Job
from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.preflight.stopping import (
    edge_delay,
    edge_stop,
    kill_timeout,
    shutdown_delay,
    stop_cut,
)
from tests.support.plans import a_case, ids
from tests.support.snapshots import (
    a_job,
    a_task,
    an_allocation,
    article_snapshot,
    node_id,
    with_job,
    with_new,
)

NOW = article_snapshot()
SECOND = 1_000_000_000


def test_a_group_on_two_marked_nodes_is_named_once() -> None:
    short = with_job(NOW, a_job("web", 6, shutdown_delay_s=1.0))
    assert ids(shutdown_delay(a_case(4, 5, snapshot=short))) == [
        "shutdown-delay:default/api/api",
        "shutdown-delay:default/web/web",
    ]


@pytest.mark.parametrize(("delay", "short"), [(0.0, True), (4.9, True), (5.0, False)])
def test_the_edge_needs_its_time_and_a_second(delay: float, short: bool) -> None:
    snapshot = with_job(NOW, a_job("web", 6, shutdown_delay_s=delay))
    found = [one for one in shutdown_delay(a_case(1, snapshot=snapshot)) if "web" in one.id]
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
    assert shutdown_delay(a_case(1, snapshot=_with_group(job, tasks=tasks))) == []
    assert shutdown_delay(a_case(1, snapshot=_with_group(job, services=()))) == []


@pytest.mark.parametrize(
    ("caps", "wanted", "evidence"),
    [
        ({}, 30.0, ""),
        ({}, 31.0, "kill_timeout 31 s, the client's default max_kill_timeout 30 s"),
        ({1: 60.0, 2: 60.0}, 31.0, ""),
        ({1: 20.0}, 31.0, "kill_timeout 31 s, the client's max_kill_timeout 20 s"),
        ({1: 60.0, 2: 20.0}, 31.0, "kill_timeout 31 s, the client's max_kill_timeout 20 s"),
        ({3: 20.0}, 30.0, ""),
    ],
)
def test_the_lowest_cap_of_the_groups_own_nodes_is_held_against_it(
    caps: dict[int, float], wanted: float, evidence: str
) -> None:
    snapshot = with_job(NOW, a_job("web", 6, kill_timeout_s=wanted))
    facts = Facts(kill_caps={node_id(number): cap for number, cap in caps.items()})
    found = kill_timeout(a_case(1, 2, snapshot=snapshot, facts=facts))
    assert [one.evidence for one in found] == ([evidence] if evidence else [])
    assert ids(found) == (["kill-timeout:default/web/web"] if evidence else [])
    if evidence:
        assert found[0].level == Level.WARN
        assert '"31s"' in found[0].cure


def _ended(after_s: float, exit_code: int = 137, signal: int = 9, *, oom: bool = False) -> Task:
    killing = TaskEvent("Killing", 0, "", 0, 0, 5.0, False)  # noqa: FBT003 — the record's own order
    end = round(after_s * SECOND)
    ended = TaskEvent("Terminated", end, "", exit_code, signal, 0.0, oom)
    return a_task(state="dead", events=(killing, ended))


@pytest.mark.parametrize(
    ("task", "cut"),
    [
        (_ended(5.01), True),
        (_ended(5.01, exit_code=0, signal=9), True),
        (_ended(5.01, signal=0), True),
        (_ended(1.0, exit_code=0, signal=0), False),
        (_ended(1.0), False),  # somebody else's SIGKILL
        (_ended(5.01, oom=True), False),
        (a_task(), False),
        (None, False),
    ],
)
def test_a_copy_that_was_killed_when_its_time_was_over_is_evidence(
    task: Task | None, cut: bool
) -> None:
    gone = an_allocation(
        "web", 70, 3, client="complete", desired="stop", tasks=task and (task,), name="web.web[3]"
    )
    found = stop_cut(a_case(1, snapshot=with_new(NOW, gone)))
    assert ids(found) == (["stop-cut:default/web/web"] if cut else [])
    if cut:
        assert found[0].level == Level.WARN
        assert found[0].evidence == (
            "web[3] killed 5 s after SIGINT: kill_timeout is shorter than the stop"
        )
    other = msgspec.structs.replace(gone, group="other")
    assert stop_cut(a_case(1, snapshot=with_new(NOW, other))) == []


@pytest.mark.parametrize(
    ("wanted", "caps", "evidence"),
    [
        (11.9, {}, "kill_timeout 11.9 s, the edge takes 12 s to end requests"),
        (12.0, {}, ""),
        (30.0, {}, ""),
        (34.0, {}, "kill_timeout 34 s, the clients' max_kill_timeout 30 s"),
        (34.0, {node_id(1): 60.0}, ""),
        (34.0, {node_id(1): 60.0, node_id(2): 20.0}, "the clients' max_kill_timeout 20 s"),
    ],
)
def test_the_edge_must_have_the_time_to_end_its_requests(
    wanted: float, caps: dict[str, float], evidence: str
) -> None:
    snapshot = with_job(NOW, a_job("edge", 1, "system", kill_timeout_s=wanted))
    for name in ("edge", "default/edge"):
        case = a_case(1, 2, snapshot=snapshot, edge_job=name, facts=Facts(kill_caps=caps))
        found = edge_stop(case)
        assert ids(found) == (["edge-kill-timeout:default/edge/edge"] if evidence else [])
        if evidence:
            assert found[0].level == Level.WARN
            assert evidence in found[0].evidence


def test_an_edge_that_nobody_named_or_that_is_not_here_is_not_judged() -> None:
    short = with_job(NOW, a_job("edge", 1, "system", kill_timeout_s=1.0))
    for name in ("", "prod/edge", "traefik"):
        case = a_case(1, snapshot=short, edge_job=name)
        assert edge_stop(case) == edge_delay(case) == []
    unread = msgspec.structs.replace(short, jobs={})
    assert edge_stop(a_case(1, snapshot=unread, edge_job="edge")) == []


@pytest.mark.parametrize(
    ("delay", "words"), [(0.0, "outside a run"), (8.0, "every stop takes 8 s longer")]
)
def test_what_the_edges_own_delay_does_and_does_not_is_said(delay: float, words: str) -> None:
    snapshot = with_job(NOW, a_job("edge", 1, "system", shutdown_delay_s=delay))
    (finding,) = edge_delay(a_case(1, snapshot=snapshot, edge_job="edge"))
    assert (finding.id, finding.level) == ("edge-shutdown-delay:default/edge/edge", Level.INFO)
    assert words in finding.evidence
