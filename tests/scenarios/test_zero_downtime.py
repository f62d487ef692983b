"""Every service requested over real HTTP: a plain drain fails requests, the guided run none."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.balancer import target_states
from tests.support.demos import homeless
from tests.support.guiding import begin, guide, open_plan
from tests.support.simulator import SimulatedCluster, running_simulator
from tests.support.terminal import console

SPEED = 5
RATE = 200  # requests a second, over all services
NODE = "c4"  # carries one of each well-set service
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
    services = [cluster.traffic()["services"][name] for name in WELL_SET]
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


def test_the_same_node_plainly_drained_and_guided(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    with running_simulator(speed=SPEED, rate=RATE) as cluster:
        cluster.reset_traffic()
        plain_upgrade(cluster)
        plain = figures(cluster)
    with running_simulator(speed=SPEED, rate=RATE) as cluster:
        env = cluster.env | homeless(tmp_path)
        with console(columns=200, rows=50, env=env) as terminal:
            terminal.until(r"▌ c1 .* 2 ok ")
            cluster.reset_traffic()
            open_plan(terminal, NODE)
            begin(terminal, NODE)
            gates = guide(terminal)
            guided = figures(cluster)
            agent = cluster.control("GET", f"/agents/{NODE}")
            states = target_states(cluster)
    for name, one in (("plain drain", plain), ("guided run", guided)):
        said = f"{one}, well-set services, {NODE} to {VERSION}, simulator at speed {SPEED}"
        record_property(f"figure: {name}", said)
        print(f"{name}: {said}")
    assert len(gates) == 6
    assert (agent["version"], agent["eligibility"]) == (VERSION, "eligible")
    assert {state for group in states.values() for state in group.values()} == {"healthy"}
    assert plain.failed > 0, "a plain drain loses nothing here: the comparison says nothing"
    assert guided.failed == 0, guided
    assert min(plain.sent, guided.sent) > 100
