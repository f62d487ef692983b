"""Readings for detail screens go into the store, and fail in words."""

import pytest

from nomad_console.clients.errors import ApiError
from nomad_console.domain.node import NodeEvent
from nomad_console.domain.service import NodeHealth
from nomad_console.domain.snapshot import SourceName
from nomad_console.live.lookups import LookupFailed, Lookups
from nomad_console.live.store import ClusterStore
from nomad_console.settings.values import Missing
from tests.support.manual_clock import ManualClock
from tests.support.records import (
    a_detail,
    a_job,
    a_node,
    a_target,
    a_target_group,
    an_allocation,
    an_instance,
)
from tests.support.scripted import ScriptedAlb, ScriptedConsul, ScriptedNomad, refusal


class World:
    def __init__(self) -> None:
        clock = ManualClock()
        self.nomad, self.consul, self.alb = ScriptedNomad(), ScriptedConsul(), ScriptedAlb()
        self.store = ClusterStore(clock)
        asked = {SourceName.NOMAD: "http://10.0.0.1:4646"}
        self.lookups = Lookups(self.nomad, self.consul, self.alb, self.store, clock, asked)
        self.missing = Missing("Consul is not configured", "set CONSUL_HTTP_ADDR")
        self.without = Lookups(self.nomad, self.missing, self.missing, self.store, clock)


@pytest.fixture
def world() -> World:
    return World()


async def test_answers_are_in_the_store_too(world: World) -> None:
    event = NodeEvent("Cluster", "Node registered", None, {})
    world.nomad.node_rows["n1"] = a_node()
    world.nomad.detail_rows["n1"] = a_detail(events=(event,))
    world.nomad.allocation_rows["a1"] = an_allocation(tasks=())
    world.nomad.jobs["default", "web"] = a_job(version=3)
    world.consul.machines["c1"] = NodeHealth("c1", (an_instance(),), ())
    world.store.put_groups([a_target_group("g1")])
    world.alb.target_rows["g1"] = [a_target()]
    look = world.lookups
    assert (await look.node("n1")).events == (event,)
    assert (await look.node("n1")).id == "n1"
    assert (await look.allocation("a1")).tasks == ()
    assert [one.id for one in await look.node_allocations("n1")] == ["a1"]
    assert (await look.job("default", "web")).version == 3
    assert (await look.node_health("c1")).instances
    assert (await look.targets("g1"))[0].state == "healthy"
    seen = world.store.publish()
    assert seen.details["n1"].events == (event,)
    assert seen.allocations["a1"].tasks == ()
    assert seen.jobs["default", "web"].version == 3
    assert "c1" in seen.health_read
    assert "g1" in seen.group_read


async def test_a_failure_is_words_and_no_error_of_a_client(world: World) -> None:
    world.nomad.failing["job"] = refusal("namespace:read-job", "GET /v1/job/web")
    with pytest.raises(LookupFailed) as caught:
        await world.lookups.job("default", "web")
    assert "/v1/job/web" in caught.value.reason
    assert caught.value.reason.endswith("(asked http://10.0.0.1:4646)")
    assert "namespace:read-job" in caught.value.hint
    assert not isinstance(caught.value, ApiError)


async def test_what_is_not_configured_says_so(world: World) -> None:
    for asked in (world.without.node_health("c1"), world.without.targets("g1")):
        with pytest.raises(LookupFailed, match="not configured") as caught:
            await asked
        assert caught.value.hint == "set CONSUL_HTTP_ADDR"
