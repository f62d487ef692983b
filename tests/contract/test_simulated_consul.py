"""The simulated Consul against a real one, where `consul` is on PATH: the same calls to both."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from nomad_console.simulator.services import Registration
from tests.support.consul_world import ConsulWorld, an_instance
from tests.support.real_agents import real_consul

pytestmark = pytest.mark.skipif(shutil.which("consul") is None, reason="no consul on PATH")

VOLATILE = {
    *("ID", "Session", "SecretID", "CreateIndex", "ModifyIndex", "Address", "TaggedAddresses"),
    *("Port", "ServiceAddress", "ServicePort", "NodeMeta", "Meta", "ServiceMeta"),
}
READS = [
    "catalog/datacenters",
    "catalog/nodes",
    "catalog/services",
    "catalog/service/web",
    "catalog/service/web?tag=blue",
    "catalog/service/none",
    "catalog/node/c1",
    "catalog/node/none",
    "catalog/node-services/c1",
    "catalog/node-services/none",
    "health/node/c1",
    "health/node/none",
    "health/state/any",
    "health/state/critical",
    "health/state/passing",
    "health/state/none",
    "health/checks/web",
    "health/checks/none",
    "health/service/web",
    "health/service/web?passing",
    "health/service/web?passing=x",
    "health/service/web?tag=blue",
    "health/service/consul?passing=1",
    "health/service/none",
    "internal/ui/services",
    "internal/ui/node/none",
    "session/list",
    "session/node/s1",
    "session/info/x",
    "session/info/11111111-1111-1111-1111-111111111111",
    "kv/x",
    "kv/x?recurse",
    "kv/?keys",
    "kv/?recurse",
    "kv/",
    "health/state/any?index=q",
    "health/state/any?index=1&wait=q",
    "health/state/any?wait=1s",
    "catalog/nodes?dc=moon",
    "kv/x?dc=moon",
    "session/list?dc=moon",
    "catalog/nodes?dc=dc1",
    "acl/token/self",
    "none",
    "health/service/",
    "catalog/node/",
    "health/state/",
    "health/checks/",
    "session/info/",
    "health/service/web?stale",
    "health/service/web?consistent",
    "catalog/nodes?stale&consistent",
]
FILTERS = [
    ("health/service/web", "Service.Tags contains blue"),
    ("health/service/web", "blue not in Service.Tags"),
    ("health/service/web", "Service.Tags is not empty"),
    ("health/service/web", "not (Node.Node == c1) and Service.Port != 1"),
    ("health/service/web", 'Node.Node != c1 or Service.Meta["external-source"] == nomad'),
    ("health/service/web", 'Node.Node matches "c[2-9]"'),
    ("health/service/web", 'Checks.Status == "passing"'),
    ("health/service/web", 'Checks.Status != "passing"'),
    ("health/service/web", "Service.Meta.none == x"),
    ("health/service/web", "Service.Nope == 1"),
    ("health/state/any", "Status != passing"),
    ("health/state/any", 'ServiceName == ""'),
    ("catalog/nodes", "Meta is empty"),
    ("catalog/node/c1", "Service == none"),
    ("internal/ui/services", "Service.Service == web"),
]
WRITES = [
    ("PUT", "session/create", '{"TTL":"1s"}'),
    ("PUT", "session/create", '{"TTL":"x"}'),
    ("PUT", "session/create", '{"Behavior":"x"}'),
    ("PUT", "session/create", '{"Node":"none"}'),
    ("PUT", "session/create", '{"LockDelay":"x"}'),
    ("GET", "session/create", None),
    ("PUT", "session/renew/abc", None),
    ("PUT", "session/renew/11111111-1111-1111-1111-111111111111", None),
    ("PUT", "session/destroy/11111111-1111-1111-1111-111111111111", None),
    ("PUT", "kv/a", "1"),
    ("PUT", "kv/a?cas=0", "2"),
    ("PUT", "kv/a?cas=x", "2"),
    ("PUT", "kv/a?flags=7", "2"),
    ("GET", "kv/a", None),
    ("GET", "kv/a?raw", None),
    ("PUT", "kv/a?cas=1&release=q", "2"),
    ("PUT", "kv/a?acquire=abc", "2"),
    ("PUT", "kv/a?release=abc", "2"),
    ("PUT", "kv/", "2"),
    ("POST", "kv/a", "2"),
    ("PUT", "kv/d/e/f", "1"),
    ("PUT", "kv/d/g", "1"),
    ("GET", "kv/d/?keys&separator=/", None),
    ("GET", "kv/d?recurse", None),
    ("DELETE", "kv/a?cas=1", None),
    ("DELETE", "kv/none?cas=9", None),
    ("DELETE", "kv/d?recurse", None),
    ("GET", "kv/d?recurse", None),
    ("PUT", "txn", "[]"),
    (
        "PUT",
        "txn",
        '[{"KV":{"Verb":"set","Key":"t","Value":"eA=="}},{"KV":{"Verb":"get","Key":"t"}}]',
    ),
    ("PUT", "txn", '[{"KV":{"Verb":"get","Key":"none"}}]'),
    (
        "PUT",
        "txn",
        '[{"KV":{"Verb":"boo","Key":"t"}},{"KV":{"Verb":"check-not-exists","Key":"t"}}]',
    ),
    ("PUT", "txn", '[{"KV":{"Verb":"delete-cas","Key":"t","Index":3}}]'),
    ("PUT", "txn", '[{"KV":{"Verb":"delete-tree","Key":"t"}}]'),
]


@pytest.fixture
async def real(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A fresh agent in development mode, with the nodes of a ConsulWorld."""
    with real_consul(tmp_path, "s1") as address:
        http = httpx.AsyncClient(base_url=f"{address}/v1/", timeout=10, trust_env=False)
        for node in ("c1", "c2"):
            await http.put("catalog/register", json=node_row(node))
        yield http
        await http.aclose()


def node_row(node: str, serf: str = "passing") -> dict[str, Any]:
    address = f"10.77.0.10{node[1]}"
    check = {"Node": node, "CheckID": "serfHealth", "Name": "Serf Health Status", "Status": serf}
    return {
        "Node": node,
        "Address": address,
        "TaggedAddresses": dict.fromkeys(("lan", "lan_ipv4", "wan", "wan_ipv4"), address),
        "NodeMeta": {"consul-network-segment": ""},
        "Check": check | {"Output": "Agent alive and reachable"},
    }


def service_row(instance: Registration, status: str = "critical") -> dict[str, Any]:
    check = instance.checks[0]
    tagged = {"Address": instance.address, "Port": instance.port}
    service = {
        "ID": instance.id,
        "Service": instance.name,
        "Tags": list(instance.tags),
        "Address": instance.address,
        "TaggedAddresses": {"lan_ipv4": tagged, "wan_ipv4": tagged},
        "Port": instance.port,
        "Meta": {"external-source": "nomad"},
    }
    row = node_row(instance.node_name) | {"Service": service}
    row["Check"] = {
        "Node": instance.node_name,
        "CheckID": check.id,
        "Name": check.name,
        "Status": status,
        "ServiceID": instance.id,
        "Type": check.kind,
    }
    return row


def told(answer: httpx.Response) -> dict[str, Any]:
    """What must be the same: status, headers that mean something, body without what varies."""
    names = [
        *("Content-Type", "Allow", "Vary", "X-Consul-Knownleader", "X-Consul-Lastcontact"),
        "X-Consul-Effective-Consistency",
    ]
    headers = {name: answer.headers.get(name) for name in names}
    json = (answer.headers.get("Content-Type") or "").startswith("application/json")
    body = steady(answer.json()) if json else answer.text
    indexed = "X-Consul-Index" in answer.headers
    return {"status": answer.status_code, "headers": headers, "body": body, "indexed": indexed}


def steady(value: Any) -> Any:
    """Values that vary by their type only."""
    if isinstance(value, dict):
        return {
            key: type(inner).__name__ if key in VOLATILE else steady(inner)
            for key, inner in value.items()
        }
    return [steady(each) for each in value] if isinstance(value, list) else value


async def test_reads_filters_and_writes_are_answered_alike(real: httpx.AsyncClient) -> None:
    world = ConsulWorld()
    for instance in (an_instance(1, "c1", tags=("blue",)), an_instance(2, "c2")):
        world.catalog.register(instance)
        await real.put("catalog/register", json=service_row(instance))
    different = []
    calls: list[tuple[str, str, str | None, dict[str, str]]] = [
        *(("GET", path, None, {}) for path in READS),
        *(("GET", path, None, {"filter": expression}) for path, expression in FILTERS),
        *((method, path, body, {}) for method, path, body in WRITES),
    ]
    async with world.http() as simulated:
        for method, path, body, query in calls:
            url = httpx.URL(path, params=query) if query else path
            answers = [
                told(await http.request(method, url, content=body)) for http in (real, simulated)
            ]
            if answers[0] != answers[1]:
                different.append((method, url, body, *answers))
    assert different == []


INDEXED = [
    "catalog/nodes",
    "catalog/services",
    "catalog/service/web",
    "catalog/service/api",
    "catalog/service/none",
    "catalog/node/c1",
    "catalog/node/none",
    "catalog/node-services/c2",
    "health/node/c1",
    "health/node/none",
    "health/state/any",
    "health/state/critical",
    "health/checks/web",
    "health/checks/none",
    "health/service/web",
    "health/service/api",
    "health/service/none",
    "internal/ui/services",
    "internal/ui/nodes",
    "session/list",
    "kv/a",
    "kv/b",
    "kv/?recurse",
    "kv/d/?keys",
]


Act = Callable[[], Awaitable[object]]


async def moved(http: httpx.AsyncClient, before: dict[str, int], act: Act) -> set[str]:
    """The reads whose index grew by the act."""
    await act()
    after = await indexes(http)
    grown = {path for path in INDEXED if after[path] > before[path]}
    before.update(after)
    return grown


async def indexes(http: httpx.AsyncClient) -> dict[str, int]:
    answers = await asyncio.gather(*(http.get(path) for path in INDEXED))
    return {
        path: int(answer.headers["X-Consul-Index"])
        for path, answer in zip(INDEXED, answers, strict=True)
    }


async def test_the_same_events_move_the_same_indexes(real: httpx.AsyncClient) -> None:
    world = ConsulWorld()
    web, other, api = an_instance(1, "c1"), an_instance(2, "c2"), an_instance(3, "c2", "api")

    async def put(row: dict[str, Any]) -> None:
        (await real.put("catalog/register", json=row)).raise_for_status()

    async def leave(instance: Registration) -> None:
        row = {"Node": instance.node_name, "ServiceID": instance.id}
        (await real.put("catalog/deregister", json=row)).raise_for_status()

    async def turn(instance: Registration, seconds: float = 10.1) -> None:
        world.network.add(instance.address, instance.port)
        world.step(seconds)

    async def register(instance: Registration) -> None:
        world.catalog.register(instance)

    async def deregister(instance: Registration) -> None:
        world.catalog.deregister(instance.id)

    async def write(http: httpx.AsyncClient, method: str, path: str, body: str | None) -> None:
        await http.request(method, path, content=body)

    async with world.http() as simulated:
        steps: list[tuple[str, Act, Act]] = [
            ("web comes", lambda: put(service_row(web)), lambda: register(web)),
            ("another", lambda: put(service_row(other)), lambda: register(other)),
            ("api comes", lambda: put(service_row(api)), lambda: register(api)),
            ("web passes", lambda: put(service_row(web, "passing")), lambda: turn(web)),
            ("web leaves", lambda: leave(web), lambda: deregister(web)),
            ("the last leaves", lambda: leave(other), lambda: deregister(other)),
            ("web is back", lambda: put(service_row(web)), lambda: register(web)),
            *(
                (
                    f"{method} {path}",
                    partial(write, real, method, path, body),
                    partial(write, simulated, method, path, body),
                )
                for method, path, body in WRITES
                if path.startswith("kv/") and method != "GET"
            ),
        ]
        before, ours = await indexes(real), await indexes(simulated)
        different = {}
        for name, act, same in steps:
            expected, found = await moved(real, before, act), await moved(simulated, ours, same)
            if expected != found:
                different[name] = {"real": expected - found, "simulated": found - expected}
    assert different == {}
