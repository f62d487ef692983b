"""Servers, as they and their leader tell it."""

import pytest

from nomad_console.simulator.nomad.refusals import Refusal
from tests.support.nomad_world import NomadWorld
from tests.support.recorded import recorded_body


@pytest.fixture
def world() -> NomadWorld:
    world = NomadWorld(clients=0)
    for number in (1, 2, 3):
        world.cluster.add_server(f"s{number}", "2.0.4", f"10.77.0.1{number}")
    return world


def test_the_views_have_the_recorded_fields(world: NomadWorld) -> None:
    servers = world.cluster.servers
    for mine, name in (
        (servers.raft_configuration(), "raft-configuration"),
        (servers.autopilot_health(), "autopilot-health"),
        (servers.members("s1"), "agent-members"),
    ):
        theirs = recorded_body(f"nomad/{name}.json")
        assert mine.keys() == theirs.keys(), name
        rows = "Members" if name == "agent-members" else "Servers"
        assert {frozenset(row) for row in mine[rows]} == {frozenset(row) for row in theirs[rows]}
    assert servers.peers() == [f"10.77.0.1{number}:4647" for number in (1, 2, 3)]


def test_a_dead_server_is_reported_late(world: NomadWorld) -> None:
    servers = world.cluster.servers
    servers.stop("s2")
    world.step(38)
    assert servers.autopilot_health()["Healthy"]
    assert servers.all["s2"].reported_status == "alive"
    world.step(0.5)
    assert servers.all["s2"].reported_status == "failed"
    world.step(1)
    health = servers.autopilot_health()
    assert (health["Healthy"], health["FailureTolerance"]) == (False, 0)
    words = {row["Name"]: row["SerfStatus"] for row in health["Servers"]}
    assert words["s2.global"] == "left"  # not serf's own word
    servers.start("s2")
    world.step(2.1)
    assert servers.autopilot_health()["Healthy"]


def test_a_restarted_follower_never_looks_ill_and_shows_its_version_late(
    world: NomadWorld,
) -> None:
    servers = world.cluster.servers
    since = servers.all["s3"].stable_since
    servers.restart("s3", "2.0.5")
    world.step(1.1)
    assert servers.all["s3"].version == "2.0.5"
    shown = {row["Name"]: row["Version"] for row in servers.autopilot_health()["Servers"]}
    assert shown["s3.global"] == "2.0.4"
    world.step(60)
    health = servers.autopilot_health()
    shown = {row["Name"]: row["Version"] for row in health["Servers"]}
    assert (shown["s3.global"], health["Healthy"]) == ("2.0.5", True)
    assert servers.all["s3"].stable_since == since


def test_leadership_is_transferred(world: NomadWorld) -> None:
    before, target = world.cluster.servers.all["s1"], world.cluster.servers.all["s2"]
    answer = world.cluster.transfer_leadership(identity=target.id)
    assert answer == {
        "Err": None,
        "From": {"Address": before.address, "ID": before.id},
        "Noop": False,
        "To": {"Address": target.address, "ID": target.id},
    }
    assert world.cluster.leader() is target
    assert world.cluster.transfer_leadership(address=target.address)["Noop"]
    with pytest.raises(Refusal, match='id "x" was not found in the Raft configuration'):
        world.cluster.transfer_leadership(identity="x")


def test_a_leader_that_just_goes_leaves_a_gap(world: NomadWorld) -> None:
    world.cluster.servers.stop("s1")
    assert world.cluster.leader() is None
    with pytest.raises(Refusal, match="No cluster leader"):
        world.cluster.transfer_leadership(address="10.77.0.12:4647")
    world.step(2.2)
    leader = world.cluster.leader()
    assert leader is not None
    assert leader.name != "s1"


def test_without_a_quorum_there_is_no_leader(world: NomadWorld) -> None:
    servers = world.cluster.servers
    servers.stop("s2")
    servers.stop("s3")
    world.step(30)
    assert world.cluster.leader() is None
    servers.start("s2")
    world.step(1.6)
    assert world.cluster.leader() is not None
