import random
from dataclasses import replace

import pytest

from nomad_console.simulator.consul.catalog import Catalog
from nomad_console.simulator.pace import Pace
from nomad_console.simulator.timeline import Timeline
from tests.support.consul_world import ConsulWorld, an_instance
from tests.support.manual_clock import ManualClock
from tests.support.stepping import step


def test_a_new_instance_is_critical_until_its_first_check_within_the_interval() -> None:
    world = ConsulWorld()
    instance = world.serve()
    assert world.status(instance) == "critical"
    assert not world.catalog.passing(instance.id)
    world.step(10.1)
    assert world.status(instance) == "passing"
    assert world.catalog.passing(instance.id)
    row = world.catalog.nodes["c1"].checks[instance.checks[0].id]
    assert row["Output"].startswith("HTTP GET http://10.77.0.101:20001/: 200 OK")
    assert row["ModifyIndex"] == row["CreateIndex"] + 1


def test_first_checks_are_spread_over_the_interval() -> None:
    world = ConsulWorld()
    instances = [world.serve(number) for number in range(100)]
    world.step(5)
    passing = sum(map(world.catalog.passing, [each.id for each in instances]))
    assert 25 < passing < 75


def test_a_check_turns_critical_and_back_each_with_an_index() -> None:
    world = ConsulWorld()
    instance = world.serve()
    world.step(11)
    app = world.network.apps[instance.address, instance.port]
    index = world.catalog.raft.index
    app.status = 500
    world.step(10)
    assert world.status(instance) == "critical"
    app.status = 200
    world.step(10)
    assert world.status(instance) == "passing"
    assert world.catalog.raft.index == index + 2


def test_what_was_registered_as_passing_passes_at_once() -> None:
    world = ConsulWorld()
    world.network.add("10.77.0.101", 20_001)
    instance = an_instance(1, initial_status="passing")
    world.catalog.register(instance)
    assert world.catalog.passing(instance.id)
    assert "200 OK" in world.catalog.nodes["c1"].checks[instance.checks[0].id]["Output"]


def test_an_output_that_came_later_is_told_without_a_new_index() -> None:
    world = ConsulWorld()
    instance = an_instance(1, initial_status="passing")
    world.catalog.register(instance)
    world.network.add(instance.address, instance.port)
    index = world.catalog.raft.index
    world.step(10.1)
    row = world.catalog.nodes["c1"].checks[instance.checks[0].id]
    assert (row["Status"], row["Output"][:8]) == ("passing", "HTTP GET")
    assert world.catalog.raft.index == index


def test_registering_again_keeps_the_status_and_the_index_it_was_created_at() -> None:
    world = ConsulWorld()
    instance = world.serve()
    world.step(11)
    created = world.catalog.instances("web")[0].row["CreateIndex"]
    index = world.catalog.raft.index
    world.catalog.register(instance)
    assert world.catalog.raft.index == index
    world.catalog.register(replace(instance, tags=("blue",)))
    assert world.catalog.passing(instance.id)
    service = world.catalog.instances("web")[0]
    assert service.row["Tags"] == ["blue"]
    assert service.row["CreateIndex"] == created < service.row["ModifyIndex"]


def test_a_deregistered_instance_is_gone_with_its_checks() -> None:
    world = ConsulWorld()
    instance = world.serve()
    other = world.serve(2, "c2")
    world.catalog.deregister(instance.id)
    assert [each.node.name for each in world.catalog.instances("web")] == ["c2"]
    assert list(world.catalog.nodes["c1"].checks) == ["serfHealth"]
    assert not world.catalog.passing(instance.id)
    extinct = world.catalog.raft.last("extinction")
    world.catalog.deregister(other.id)
    assert "web" not in world.catalog.by_service
    assert world.catalog.raft.last("extinction") > extinct
    assert world.catalog.service_index("web") == world.catalog.raft.last("extinction")
    index = world.catalog.raft.index
    world.catalog.deregister(other.id)
    assert world.catalog.raft.index == index


def test_only_what_a_service_went_through_moves_its_index() -> None:
    world = ConsulWorld()
    world.serve(1, name="web")
    before = world.catalog.service_index("web")
    world.serve(2, name="api")
    assert world.catalog.service_index("web") == before
    assert world.catalog.service_index("api") > before


def test_an_unknown_node_cannot_register() -> None:
    world = ConsulWorld()
    with pytest.raises(KeyError):
        world.catalog.register(an_instance(1, "c9"))


def test_a_silent_machine_keeps_its_checks_and_loses_serf_health_later() -> None:
    world = ConsulWorld()
    instance = world.serve()
    world.step(11)
    failed: list[str] = []
    world.catalog.on_node_failed(failed.append)
    for app in world.network.apps.values():
        app.end()
    before = world.catalog.service_index("web")
    world.catalog.machine_down("c1")
    world.step(4)
    assert world.catalog.nodes["c1"].checks["serfHealth"]["Status"] == "passing"
    world.step(7)
    serf = world.catalog.nodes["c1"].checks["serfHealth"]
    assert (serf["Status"], serf["Output"]) == ("critical", "Agent not live or unreachable")
    assert world.status(instance) == "passing"
    assert world.catalog.instances("web")[0].status() == "critical"
    assert world.catalog.service_index("web") > before
    assert failed == ["c1"]
    world.catalog.machine_up("c1")
    world.step(13)
    assert world.catalog.nodes["c1"].checks["serfHealth"]["Status"] == "passing"
    assert world.status(instance) == "critical"


def test_a_machine_back_at_once_was_never_missed() -> None:
    world = ConsulWorld()
    index = world.catalog.raft.index
    world.catalog.machine_down("c2")
    world.step(1)
    world.catalog.machine_up("c2")
    world.step(20)
    assert world.catalog.raft.index == index


def test_subscribers_hear_of_every_changed_service_until_they_leave() -> None:
    world = ConsulWorld()
    heard: list[str] = []
    leave = world.catalog.subscribe(heard.append)
    instance = world.serve()
    world.step(11)
    world.catalog.deregister(instance.id)
    assert heard == ["web", "web", "web"]
    leave()
    world.serve(2)
    assert len(heard) == 3


def test_in_a_catalog_without_a_network_every_check_is_refused() -> None:
    clock = ManualClock()
    timeline = Timeline(clock)
    catalog = Catalog(timeline, Pace(), random.Random(1))
    catalog.add_node("c1", "10.77.0.101")
    catalog.register(an_instance(1))
    step(clock, timeline, 11)
    assert catalog.instances("web")[0].status() == "critical"
