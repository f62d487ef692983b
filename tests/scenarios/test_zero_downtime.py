"""Every service requested over real HTTP: what a drain fails, and what the guided run does not."""

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.balancer import target_states
from tests.support.bastion import ALL, Bastion
from tests.support.demos import homeless
from tests.support.guiding import begin, guide, open_plan
from tests.support.simulator import SimulatedCluster, running_simulator
from tests.support.terminal import console

SPEED = 5
RATE = 200  # requests a second, over all services
HIGH_RATE = 400  # where the time in which requests fail is short
NODE = "c4"  # carries one of each well-set service
SECOND = "c5"
VERSION = "2.0.5"
WELL_SET = ("web", "api", "search")
PATIENCE_S = 60.0
FAR = 1_000_000  # an index that is not reached


class Figures(NamedTuple):
    """Requests to well-set services while a node was upgraded."""

    sent: int
    failed: int
    reasons: dict[str, int]

    def __str__(self) -> str:
        why = ", ".join(f"{count}x {reason}" for reason, count in self.reasons.items())
        return f"{self.failed} of {self.sent:,} requests failed{f' ({why})' if why else ''}"


def figures(cluster: SimulatedCluster) -> Figures:
    rows = cluster.traffic()["services"]
    services = [rows[name] for name in WELL_SET if name in rows]
    reasons: dict[str, int] = {}
    for one in services:
        for reason, count in one["reasons"].items():
            reasons[reason] = reasons.get(reason, 0) + count
    return Figures(
        sum(one["sent"] for one in services), sum(one["failed"] for one in services), reasons
    )


def until(cluster: SimulatedCluster, path: str, met: Callable[[Any], bool]) -> Any:
    """Ask Nomad by blocking queries until the answer is as wanted."""
    index = 0
    for _ in range(200):
        joint = "&" if "?" in path else "?"
        answer = cluster.nomad("GET", f"{path}{joint}index={index}&wait=5s")
        if met(answer):
            return answer
        rows = answer if isinstance(answer, list) else [answer]
        index = max([index, *(row["ModifyIndex"] for row in rows)])
    raise AssertionError(f"never as wanted: {path}: {answer}")


def own_targets(cluster: SimulatedCluster) -> list[str]:
    """States of the node's targets."""
    agent = cluster.control("GET", f"/agents/{NODE}")
    row = cluster.nomad("GET", f"/v1/node/{agent['id']}")
    address = row["Attributes"]["unique.network.ip-address"]
    names = {agent["instance_id"], address}
    groups = target_states(cluster).values()
    return [state for group in groups for name, state in group.items() if name in names]


def plain_upgrade(cluster: SimulatedCluster) -> None:
    """As a careful hand does it: drain with system jobs; once the balancer has noticed too,
    restart the agent; make it eligible."""
    node = cluster.control("GET", f"/agents/{NODE}")["id"]
    spec = {"Deadline": 600_000_000_000, "IgnoreSystemJobs": False}
    cluster.nomad("PUT", f"/v1/node/{node}/drain", {"DrainSpec": spec})
    until(
        cluster,
        f"/v1/node/{node}/allocations",
        lambda rows: all(row["ClientStatus"] not in {"running", "pending"} for row in rows),
    )
    until(cluster, f"/v1/node/{node}", lambda row: not row["Drain"])
    while set(own_targets(cluster)) & {"healthy", "initial"}:
        cluster.nomad("GET", f"/v1/nodes?index={FAR}&wait=200ms")  # a pause that Nomad keeps
    cluster.control("POST", f"/agents/{NODE}/restart", {"version": VERSION})
    cluster.control("GET", f"/agents/{NODE}?version={VERSION}&wait={PATIENCE_S:g}")
    cluster.nomad("PUT", f"/v1/node/{node}/eligibility", {"Eligibility": "eligible"})
    until(
        cluster,
        f"/v1/node/{node}/allocations",
        lambda rows: any(
            row["JobID"] == "edge" and row["ClientStatus"] == "running" for row in rows
        ),
    )


class Upgraded(NamedTuple):
    """What a way of upgrading cost, and how the cluster was afterwards."""

    lost: Figures
    agents: list[dict[str, Any]]
    targets: set[str]
    gates: int = 0
    foretold: tuple[str, ...] = ()  # ids of the plan's findings


def looked_at(cluster: SimulatedCluster, *names: str) -> Upgraded:
    states = target_states(cluster).values()
    return Upgraded(
        figures(cluster),
        [cluster.control("GET", f"/agents/{name}") for name in names],
        {state for group in states for state in group.values()},
    )


def probing(cluster: SimulatedCluster, where: Path) -> dict[str, str]:
    """The cluster file with a probe of the well-set services alone: any failure holds a run."""
    text = Path(cluster.env["NOMAD_CONSOLE_CONFIG"]).read_text(encoding="utf-8")
    urls = [f"{cluster.env['NOMAD_CONSOLE_FRONT_DOOR']}/{name}" for name in WELL_SET]
    file = where / "clusters.toml"
    file.write_text(re.sub(r"(?m)^urls = .*$", f"urls = {json.dumps(urls)}", text))
    return {"NOMAD_CONSOLE_CONFIG": str(file)}


def plainly(_: Path) -> Upgraded:
    with running_simulator(speed=SPEED, rate=RATE) as cluster:
        cluster.reset_traffic()
        plain_upgrade(cluster)
        return looked_at(cluster, NODE)


def guided(where: Path) -> Upgraded:
    """Two nodes by keyboard, every gate answered as it opens."""
    with running_simulator(speed=SPEED, rate=RATE) as cluster:
        env = cluster.env | homeless(where) | probing(cluster, where)
        with console(columns=200, rows=50, env=env) as terminal:
            terminal.until(r"▌ c1 .* 2 ok ")
            cluster.reset_traffic()
            open_plan(terminal, NODE, SECOND)
            begin(terminal, NODE)
            gates = len(guide(terminal))
            return looked_at(cluster, NODE, SECOND)._replace(gates=gates)


def without_goodbye(where: Path) -> Upgraded:
    """The balancer's order is kept, but services end as soon as they are told to."""
    with running_simulator("no-shutdown-delay", speed=SPEED, rate=HIGH_RATE) as cluster:
        bastion = Bastion(cluster, where / "bastion")
        cluster.reset_traffic()
        ended = bastion.run("upgrade", NODE, *ALL, "--probe-budget", "1000")
        assert ended.code == 0, ended
        findings = ended.lines[0]["detail"]["findings"]
        foretold = tuple(one["id"] for one in findings)
        return looked_at(cluster, NODE)._replace(foretold=foretold)


WAYS = {"plain drain": plainly, "guided run": guided, "no shutdown_delay": without_goodbye}


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Upgraded]]]:
    """All at the same time: they mostly wait."""
    with ThreadPoolExecutor(len(WAYS)) as threads:
        yield {
            name: threads.submit(way, tmp_path_factory.mktemp("way")) for name, way in WAYS.items()
        }


Tell = Callable[[str, object], None]


def told(ways: dict[str, Future[Upgraded]], name: str, tell: Tell) -> Upgraded:
    """How it went, its figure written down."""
    found = ways[name].result()
    nodes = " and ".join(str(agent["node"]) for agent in found.agents)
    said = f"{found.lost}, well-set services, {nodes} to {VERSION}, simulator at speed {SPEED}"
    tell(f"figure: {name}", said)
    assert found.lost.sent > 100
    assert {(one["version"], one["eligibility"]) for one in found.agents} == {(VERSION, "eligible")}
    return found


def test_a_plain_drain_fails_requests(
    ways: dict[str, Future[Upgraded]], record_property: Tell
) -> None:
    assert told(ways, "plain drain", record_property).lost.failed > 0


def test_a_guided_run_of_two_nodes_fails_none(
    ways: dict[str, Future[Upgraded]], record_property: Tell
) -> None:
    found = told(ways, "guided run", record_property)
    assert len(found.agents) == 2
    assert found.gates == 12
    assert found.targets == {"healthy"}
    assert found.lost.failed == 0, found.lost


def test_without_shutdown_delay_it_fails_some_as_the_plan_said(
    ways: dict[str, Future[Upgraded]], record_property: Tell
) -> None:
    found = told(ways, "no shutdown_delay", record_property)
    assert found.targets == {"healthy"}
    assert found.lost.failed > 0
    assert set(found.foretold) >= {
        f"shutdown-delay:default/{name}/{name}" for name in ("web", "api")
    }
