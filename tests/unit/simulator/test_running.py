"""A world with its ports open: every API answers over real HTTP."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import httpx
import pytest

from nomad_console.clock import SystemClock
from nomad_console.simulator.machines import Place
from nomad_console.simulator.running import AgentPorts, PortTaken, Running
from nomad_console.simulator.scenario import Clients, load, scaled


@asynccontextmanager
async def running(
    nodes: int = 0, scenario: str = "one-service"
) -> AsyncIterator[tuple[Running, httpx.AsyncClient]]:
    world = Running(scaled(load(scenario), nodes), speed=20, seed=1, ports={}, rate=100)
    async with world.serving(), httpx.AsyncClient(timeout=10) as client:
        yield world, client


async def test_every_api_answers() -> None:
    async with running() as (world, client):
        at = world.addresses
        nodes = (await client.get(f"{at.nomad}/v1/nodes")).json()
        assert [node["Name"] for node in nodes] == ["c1", "c2", "c3"]
        assert "web" in (await client.get(f"{at.consul}/v1/catalog/services")).json()
        servers = (await client.get(f"{at.edge}/edges/c1/api/http/services")).json()
        web = next(row for row in servers if row["name"] == "web@consulcatalog")
        assert len(web["loadBalancer"]["servers"]) == 3
        assert (await client.get(f"{at.front}/web")).status_code == 200
        unsigned = await client.post(at.aws, content="Action=DescribeTargetGroups")
        assert unsigned.status_code == 403
        report = (await client.get(f"{at.control}/requests")).json()
        assert report["nomad"]["requests"] == {"GET /v1/nodes": 1}
        assert report["aws"]["requests"] == {"DescribeTargetGroups": 1}


async def test_each_agent_answers_where_its_node_says() -> None:
    async with running(nodes=52) as (world, client):
        nodes = (await client.get(f"{world.addresses.nomad}/v1/nodes")).json()
        by_name = {node["Name"]: node["ID"] for node in nodes}
        addresses = {}
        for name in ("c1", "c50", "c51"):
            node = await client.get(f"{world.addresses.nomad}/v1/node/{by_name[name]}")
            addresses[name] = node.json()["HTTPAddr"]
        for name in ("c1", "c50"):
            answer = await client.get(f"http://{addresses[name]}/v1/agent/self")
            assert answer.json()["stats"]["client"]["node_id"] == by_name[name]
        with pytest.raises(httpx.ConnectError):
            await client.get(f"http://{addresses['c51']}/v1/agent/self")


async def test_nomad_stops_with_its_agents_and_comes_back_where_it_was() -> None:
    async with running() as (world, client):
        at = world.addresses
        await client.post(f"{at.control}/faults/stop-nomad")
        with pytest.raises(httpx.HTTPError):
            await client.get(f"{at.nomad}/v1/nodes")
        assert (await client.get(f"{at.consul}/v1/status/leader")).status_code == 200
        await client.post(f"{at.control}/faults/start-nomad")
        assert (await client.get(f"{at.nomad}/v1/nodes")).status_code == 200


async def test_aws_refuses_expired_credentials_over_http() -> None:
    async with running() as (world, client):
        at = world.addresses
        scope = "AWS4-HMAC-SHA256 Credential=x/20260101/eu-west-1/elasticloadbalancing/aws4_request"
        signed = {"Authorization": scope}
        call = "Action=DescribeTargetGroups"
        assert (await client.post(at.aws, content=call, headers=signed)).status_code == 200
        await client.post(f"{at.control}/faults/expire-aws")
        refused = await client.post(at.aws, content=call, headers=signed)
        assert (refused.status_code, "ExpiredToken" in refused.text) == (403, True)


async def test_consul_hides_everything_from_who_has_no_token() -> None:
    async with running(scenario="consul-tokens") as (world, client):
        services = f"{world.addresses.consul}/v1/catalog/services"
        assert (await client.get(services)).json() == {}
        tokens = (await client.get(f"{world.addresses.control}/tokens")).json()
        known = {"X-Consul-Token": tokens["consul:read-only"]}
        assert "web" in (await client.get(services, headers=known)).json()


async def test_traffic_flows_by_itself() -> None:
    clock = SystemClock()
    async with running() as (world, client):
        report = {"sent": 0}
        while report["sent"] < 30:
            await clock.sleep(0.05)
            report = (await client.get(f"{world.addresses.control}/traffic")).json()
        assert report["failed"] == 0


def test_a_taken_port_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=f"port {port} for consul"):
            Running(load("one-service"), speed=1, seed=1, ports={"consul": port}, rate=1)


async def test_given_ports_are_used() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    world = Running(load("one-service"), speed=1, seed=1, ports={"front": port}, rate=1)
    async with world.serving():
        assert urlsplit(world.addresses.front).port == port


def test_agents_listen_on_one_address_where_theirs_cannot_be_had(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ports = AgentPorts()
    places = [Place(name, "192.0.2.1", "a", "i-1", Clients()) for name in ("c1", "c2")]
    first, second = (ports.address(place) for place in places)
    for bound in ports.bound.values():
        bound.close()
    assert (first[0], second[0]) == ("127.0.0.1", "127.0.0.1")
    assert first[1] != second[1]
    assert capsys.readouterr().err.count("192.0.2.1") == 1
