"""Nomad's own agents in Consul."""

import json
from pathlib import Path
from typing import Any

import pytest

from nomad_console.simulator.consul.catalog import Service
from tests.support.stepped_world import SteppedWorld

RECORDINGS = Path(__file__).parents[3] / "recordings" / "consul"


@pytest.fixture
def stepped() -> SteppedWorld:
    return SteppedWorld()


def recorded(name: str) -> Any:
    return json.loads((RECORDINGS / f"{name}.json").read_text())["body"]


def of(stepped: SteppedWorld, node: str) -> Service:
    found = stepped.world.catalog.instances("nomad-client")
    return next(service for service in found if service.node.name == node)


def test_they_are_listed_as_recorded(stepped: SteppedWorld) -> None:
    catalog = stepped.world.catalog
    assert [service.node.name for service in catalog.instances("nomad-client")] == [
        place.name for place in stepped.world.places
    ]
    servers = catalog.instances("nomad")
    tags = sorted((service.node.name, *service.row["Tags"]) for service in servers)
    assert tags == [(name, tag) for name in ("s1", "s2", "s3") for tag in ("http", "rpc", "serf")]
    service = of(stepped, "c1")
    known = next(
        row
        for row in recorded("catalog-node-services")["Services"]
        if row["Service"] == "nomad-client"
    )
    assert service.row.keys() == known.keys()
    assert len(service.row["ID"]) == len(known["ID"])
    assert service.row["ID"].startswith("_nomad-client-")
    assert service.row["Meta"] == known["Meta"]


def test_their_checks_are_those_recorded(stepped: SteppedWorld) -> None:
    stepped.step(11)
    catalog = stepped.world.catalog
    ours = {
        (row["ServiceName"], row["Name"], row["Type"], row["Status"], row["Output"].split("//")[0])
        for name in ("nomad", "nomad-client")
        for service in catalog.instances(name)
        for row in service.check_rows()
    }
    known = {
        (row["ServiceName"], row["Name"], row["Type"], row["Status"], row["Output"].split("//")[0])
        for row in recorded("health-state-any")
        if row["ServiceName"].startswith("nomad") and row["Type"] == "http"
    }
    assert known
    assert known <= ours
    (row,) = of(stepped, "c1").check_rows()
    assert row["Output"].endswith('200 OK Output: {"client":{"message":"ok","ok":true}}')


def test_a_killed_agent_stays_listed_and_turns_critical(stepped: SteppedWorld) -> None:
    cluster = stepped.world.cluster
    before = of(stepped, "c2").row["ID"]
    cluster.agent_kill("c2")
    assert of(stepped, "c2").status() == "passing"
    stepped.step(10.1)
    assert of(stepped, "c2").status() == "critical"
    assert of(stepped, "c3").status() == "passing"
    cluster.agent_start("c2")
    stepped.step(10.5)
    assert of(stepped, "c2").status() == "passing"
    assert of(stepped, "c2").row["ID"] == before


def test_a_restarted_agent_signs_off_and_comes_back_critical(stepped: SteppedWorld) -> None:
    cluster, catalog = stepped.world.cluster, stepped.world.catalog
    cluster.agent_restart("c2", "2.0.5")
    assert len(catalog.instances("nomad-client")) == 5
    stepped.step(1.2)
    assert of(stepped, "c2").status() == "critical"
    stepped.step(10)
    assert of(stepped, "c2").status() == "passing"


def test_a_servers_three_checks_follow_it(stepped: SteppedWorld) -> None:
    servers, catalog = stepped.world.cluster.servers, stepped.world.catalog

    def states() -> list[str]:
        return [each.status() for each in catalog.instances("nomad") if each.node.name == "s3"]

    servers.stop("s3")
    stepped.step(11)
    assert states() == ["critical"] * 3
    servers.start("s3")
    stepped.step(11)
    assert states() == ["passing"] * 3
    servers.restart("s3", "2.0.6")
    assert states() == []
    stepped.step(12)
    assert states() == ["passing"] * 3
