"""Heartbeats, and what follows when they stay away."""

import pytest

from nomad_console.simulator.nomad.heartbeats import GRACE, MIN_TTL
from tests.support import lab_jobs
from tests.support.nomad_world import NomadWorld


@pytest.mark.parametrize("seed", range(5))
def test_a_dead_client_is_noticed_after_its_ttl_and_the_grace(seed: int) -> None:
    world = NomadWorld(clients=1, seed=seed)
    world.step(33)
    age, ttl = world.cluster.heartbeat("c1")
    assert 0 <= age <= ttl
    assert MIN_TTL <= ttl <= 2 * MIN_TTL
    world.cluster.agent_kill("c1")
    world.step(ttl - age + GRACE - 0.1)
    assert world.node("c1")["Status"] == "ready"
    world.step(0.2)
    node = world.node("c1")
    assert (node["Status"], node["SchedulingEligibility"]) == ("down", "eligible")
    assert node["Events"][-1]["Message"] == "Node heartbeat missed"
    assert node["LastMissedHeartbeatIndex"] == node["ModifyIndex"]


def test_lost_copies_are_replaced_while_their_tasks_go_on() -> None:
    world = NomadWorld(clients=3)
    world.register(lab_jobs.web(1))
    world.settle()
    (row,) = world.allocations("web")
    world.cluster.agent_kill(row["NodeName"])
    world.step(45)
    lost, successor = world.allocations("web")
    assert (lost["ClientStatus"], lost["DesiredStatus"]) == ("lost", "stop")
    assert lost["DesiredDescription"] == "alloc is lost since its node is down"
    assert lost["TaskStates"]["app"]["State"] == "running"
    assert successor["ClientStatus"] == "running"
    assert len([app for app in world.cluster.apps.all() if app.listening]) == 2


def test_a_quick_restart_is_never_missed() -> None:
    world = NomadWorld(clients=1)
    world.mark()
    world.cluster.agent_restart("c1", "2.0.5")
    assert not world.cluster.machines["c1"].agent_up
    world.step(1.2)
    assert world.cluster.machines["c1"].agent_up
    assert world.cluster.agent("c1").version == "2.0.5"
    world.step(60)
    assert [event["Type"] for _, event in world.log] == ["NodeRegistration"] * 2
    assert world.node("c1")["Status"] == "ready"


def test_a_drained_node_comes_back_ineligible() -> None:
    world = NomadWorld(clients=1)
    world.drain("c1", 60)
    world.step(1)
    world.cluster.agent_restart("c1", "2.0.5")
    world.step(3)
    node = world.node("c1")
    assert (node["Status"], node["SchedulingEligibility"]) == ("ready", "ineligible")
    assert node["LastDrain"]["Status"] == "complete"


def test_after_a_change_of_leader_a_dead_client_is_noticed_only_after_minutes() -> None:
    world = NomadWorld(clients=1)
    for name in ("s1", "s2", "s3"):
        world.cluster.add_server(name, "2.0.5", name)
    world.step(30)
    world.cluster.transfer_leadership(address="s2:4647")
    world.cluster.agent_kill("c1")
    world.step(290)
    assert world.node("c1")["Status"] == "ready"
    world.step(30)
    assert world.node("c1")["Status"] == "down"


def test_a_killed_agent_that_comes_back_in_time_is_not_lost() -> None:
    world = NomadWorld(clients=1)
    world.cluster.agent_kill("c1")
    world.step(5)
    world.cluster.agent_start("c1")
    world.step(60)
    assert world.node("c1")["Status"] == "ready"
    assert world.node("c1")["LastMissedHeartbeatIndex"] == 0


def test_the_speed_shortens_all_of_it() -> None:
    world = NomadWorld(clients=1, speed=10)
    world.cluster.agent_kill("c1")
    world.step(3.1)
    assert world.node("c1")["Status"] == "down"
