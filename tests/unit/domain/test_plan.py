"""The plan's own words."""

import msgspec

from nomad_console.domain.finding import Finding, Level
from nomad_console.domain.plan import Plan, Step
from tests.support.plans import a_plan
from tests.support.snapshots import node_id


def test_only_a_block_refuses_the_start() -> None:
    plan = a_plan(1)
    for level in Level:
        finding = Finding("x", level, "x", "x", "x")
        assert msgspec.structs.replace(plan, findings=(finding,)).blocked is (level == Level.BLOCK)


def test_the_floor_is_the_delay_or_what_balancers_were_seen_to_need() -> None:
    plan = a_plan(1)
    first, second = plan.nodes[0].targets
    for changes, floor in (
        ({}, 30.0),
        ({"delay_s": 300.0}, 300.0),
        ({"network": True}, 180.0),
    ):
        target = msgspec.structs.replace(second, **changes)
        node = msgspec.structs.replace(plan.nodes[0], targets=(first, target))
        changed = msgspec.structs.replace(plan, nodes=(node,))
        assert changed.floor_s(node_id(1)) == floor
    bare = msgspec.structs.replace(plan.nodes[0], targets=())
    assert msgspec.structs.replace(plan, nodes=(bare,)).floor_s(node_id(1)) == 0.0


def test_a_plan_survives_a_file() -> None:
    plan = a_plan(1, 2, host_command=("restart", "{name}"))
    assert msgspec.json.decode(msgspec.json.encode(plan), type=Plan) == plan


def test_a_forecast_sums_its_steps() -> None:
    forecast = a_plan(1).nodes[0].forecast
    assert forecast.seconds == sum(forecast.of(step) for step in Step)
    assert [one.step for one in forecast.steps] == list(Step)
