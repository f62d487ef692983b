"""The drainer's arithmetic, and what fails although all goes to plan."""

import msgspec
import pytest

from nomad_console.domain.forecast import default_deadline_s, notice_s, waves
from nomad_console.domain.plan import Step, SystemJobs
from nomad_console.domain.policy import Policy
from tests.support.plans import a_plan
from tests.support.snapshots import (
    a_job,
    an_allocation,
    article_snapshot,
    with_allocation,
    with_job,
    with_new,
)

NOW = article_snapshot()


def test_a_deadline_is_twice_the_forecast_and_ten_minutes_at_least() -> None:
    assert default_deadline_s(20.0, Policy()) == 600.0
    assert default_deadline_s(400.0, Policy()) == 800.0
    assert default_deadline_s(400.0, Policy(deadline_least_s=900.0)) == 900.0


@pytest.mark.parametrize(
    ("here", "parallel", "waves_"), [(1, 1, 1), (3, 1, 3), (3, 2, 2), (3, 5, 1)]
)
def test_each_wave_moves_as_many_as_may_be_away(here: int, parallel: int, waves_: int) -> None:
    more = [an_allocation("web", 100 + number, 1) for number in range(here - 1)]
    snapshot = with_new(with_job(NOW, a_job("web", 5 + here, max_parallel=parallel)), *more)
    found = a_plan(1, snapshot=snapshot).nodes[0]
    wave = next(one for one in waves(snapshot, found) if one.job.id == "web")
    assert (wave.here, wave.waves) == (here, waves_)


def test_copies_without_a_verdict_hold_the_others_back() -> None:
    sick = with_allocation(NOW, "web", 3, healthy=None)
    wave = next(one for one in waves(sick, a_plan(1).nodes[0]) if one.job.id == "web")
    assert (wave.allowed, wave.waves) == (0, 0)
    bad = with_allocation(NOW, "web", 3, healthy=False)  # a bad verdict is one
    assert next(one for one in waves(bad, a_plan(1).nodes[0]) if one.job.id == "web").allowed == 1


def test_a_wave_lasts_delay_stop_start_check_and_health() -> None:
    wave = next(one for one in waves(NOW, a_plan(1).nodes[0]) if one.job.id == "web")
    policy = Policy()
    assert wave.seconds(policy) == 1.0 + 5.0 + 2.0 + 3.0 + 2.0 + 10.0
    assert wave.margin_s(policy) == 6.0
    assert a_plan(1).nodes[0].forecast.of(Step.DRAIN) == wave.seconds(policy) + 2.0


def test_what_is_expected_scales_with_the_policy() -> None:
    names = [name for name in Policy.__struct_fields__ if name.startswith("expect_")]
    faster = Policy(**{name: getattr(Policy(), name) / 10 for name in names})
    assert len(names) == 7
    slow, fast = a_plan(1).nodes[0].forecast, a_plan(1, policy=faster).nodes[0].forecast
    for step in (Step.CORDON, Step.DETACH, Step.DRAIN, Step.UPGRADE, Step.REJOIN, Step.ATTACH):
        assert fast.of(step) < slow.of(step)
    assert fast.margin_s < slow.margin_s


def test_the_margin_over_the_edges_notice_is_the_policys() -> None:
    assert not [one for one in a_plan(1).nodes[0].forecast.failing if one.subject == "web"]
    wider = a_plan(1, policy=Policy(edge_margin_s=1.5)).nodes[0].forecast
    assert [one.why for one in wider.failing if one.subject == "web"] == [
        "shutdown_delay 5 s: the edge needs 5.5 s to notice"
    ]


def test_groups_that_are_not_read_are_left_out() -> None:
    blind = msgspec.structs.replace(NOW, jobs={})
    assert waves(blind, a_plan(1).nodes[0]) == ()
    renamed = msgspec.structs.replace(a_job("web", 6), groups=())
    assert [one.job.id for one in waves(with_job(NOW, renamed), a_plan(1).nodes[0])] == ["solo"]


def test_notice_is_the_groups_delay_and_the_longest_tasks() -> None:
    group = a_job("web", 6, shutdown_delay_s=3.0).groups[0]
    task = msgspec.structs.replace(group.tasks[0], shutdown_delay_s=2.0)
    assert notice_s(msgspec.structs.replace(group, tasks=(task,))) == 5.0
    assert notice_s(msgspec.structs.replace(group, tasks=())) == 3.0


def test_who_will_lose_requests_is_said_beforehand() -> None:
    failing = {one.subject: one.why for one in a_plan(1).nodes[0].forecast.failing}
    assert failing == {"solo": "count 1: its copies are away together, up to 13 s"}
    badly_set = {one.subject: one.why for one in a_plan(3).nodes[0].forecast.failing}
    assert badly_set == {"api": "shutdown_delay 0 s: the edge needs 5 s to notice"}
    without = msgspec.structs.replace(a_job("solo", 1).groups[0], services=())
    quiet = with_job(NOW, msgspec.structs.replace(a_job("solo", 1), groups=(without,)))
    assert a_plan(1, snapshot=quiet).nodes[0].forecast.failing == ()


def test_system_jobs_that_stop_cost_their_start() -> None:
    kept = a_plan(1).nodes[0].forecast.of(Step.REJOIN)
    stopped = a_plan(1, system=SystemJobs.STOP).nodes[0].forecast.of(Step.REJOIN)
    assert (kept, stopped) == (2.0, 14.0)


def test_a_node_without_services_and_targets_is_quick() -> None:
    bare = msgspec.structs.replace(NOW, allocations={}, by_node={}, targets={})
    forecast = a_plan(6, snapshot=bare).nodes[0].forecast
    assert [one.step for one in forecast.steps] == [
        Step.CORDON,
        Step.DRAIN,
        Step.UPGRADE,
        Step.REJOIN,
        Step.BAKE,
    ]
    assert forecast.of(Step.DRAIN) == 2.0


def test_slow_start_is_part_of_the_attach() -> None:
    slow = {
        arn: msgspec.structs.replace(
            group, attributes={**(group.attributes or {}), "slow_start.duration_seconds": "45"}
        )
        for arn, group in NOW.groups.items()
    }
    plan = a_plan(1, snapshot=msgspec.structs.replace(NOW, groups=slow))
    assert (
        plan.nodes[0].forecast.of(Step.ATTACH) == a_plan(1).nodes[0].forecast.of(Step.ATTACH) + 45
    )
