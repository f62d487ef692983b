"""Where copies go."""

from collections import Counter
from dataclasses import replace

from nomad_console.simulator.nomad.jobs import GroupSpec
from nomad_console.simulator.nomad.nodes import NodeSpec
from nomad_console.simulator.nomad.placement import penalised_nodes
from tests.support import lab_jobs
from tests.support.lab_jobs import one_group
from tests.support.nomad_world import NomadWorld


def test_copies_of_a_group_avoid_one_another() -> None:
    world = NomadWorld(clients=4)
    world.register(lab_jobs.web(4))
    world.settle()
    assert len({row["NodeName"] for row in world.allocations("web")}) >= 3


def test_a_spread_fills_every_zone() -> None:
    world = NomadWorld(clients=0)
    for number in range(6):
        zone = f"zone-{number % 3}"
        world.cluster.add_machine(
            NodeSpec(f"c{number}", "10.0.0.1", 4646, zone, f"i-{number}", "2.0.4")
        )
    attribute = "${attr.platform.aws.placement.availability-zone}"
    world.register(one_group("x", GroupSpec("x", 6, spread=attribute)))
    world.step(1)
    zones = [int(row["NodeName"][1:]) % 3 for row in world.allocations("x")]
    assert sorted(zones) == [0, 0, 1, 1, 2, 2]


def test_nodes_are_filled_one_after_the_other_or_evenly() -> None:
    held: dict[str, list[int]] = {}
    for algorithm in ("binpack", "spread"):
        world = NomadWorld(clients=2)
        world.cluster.core.algorithm = algorithm
        for number in range(8):
            world.register(one_group(f"job-{number}", GroupSpec(f"job-{number}", cpu=400)))
            world.step(1)
        counts = Counter(row["NodeName"] for row in world.allocations())
        held[algorithm] = sorted(counts.values())
    assert held == {"binpack": [8], "spread": [4, 4]}


def test_capacity_is_a_limit() -> None:
    world = NomadWorld(clients=1)
    world.register(one_group("big", GroupSpec("big", 3, cpu=1500)))
    world.step(1)
    assert len(world.allocations("big")) == 2
    (blocked,) = [row for row in world.state.evaluations.values() if row["Status"] == "blocked"]
    metrics = blocked["FailedTGAllocs"]["big"]
    assert (metrics["DimensionExhausted"], metrics["NodesExhausted"]) == ({"cpu": 1}, 1)
    world.register(one_group("wide", GroupSpec("wide", 1, memory=9000)))
    world.step(1)
    assert world.allocations("wide") == []


def test_a_static_port_is_taken_once_a_node() -> None:
    world = NomadWorld(clients=2)
    world.register(one_group("p", GroupSpec("p", 3, ports={"http": 8080})))
    world.step(1)
    assert sorted(row["NodeName"] for row in world.allocations("p")) == ["c1", "c2"]
    (blocked,) = [row for row in world.state.evaluations.values() if row["Status"] == "blocked"]
    exhausted = blocked["FailedTGAllocs"]["p"]["DimensionExhausted"]
    assert exhausted == {"network: reserved port collision http=8080": 2}


def test_dynamic_ports_do_not_collide() -> None:
    world = NomadWorld(clients=1)
    world.register(one_group("many", GroupSpec("many", 60, cpu=10, memory=10)))
    world.step(1)
    ports = [
        row["AllocatedResources"]["Shared"]["Ports"][0]["Value"]
        for row in world.allocations("many")
    ]
    assert len(set(ports)) == 60
    assert all(20_000 <= port <= 32_000 for port in ports)


def test_distinct_hosts() -> None:
    world = NomadWorld(clients=2)
    job = one_group("d", GroupSpec("d", 3))
    world.register(replace(job, constraints=[("", "distinct_hosts", "true")]))
    world.step(1)
    assert sorted(row["NodeName"] for row in world.allocations("d")) == ["c1", "c2"]


def test_only_a_failed_copys_node_is_penalised() -> None:
    assert penalised_nodes(None) == ()
    assert penalised_nodes({"ClientStatus": "running", "NodeID": "n"}) == ()
    assert penalised_nodes({"ClientStatus": "failed", "NodeID": "n"}) == ("n",)
