"""How long a guided run takes over what nobody can spare it.

Unavoidable is what the simulated clusters themselves needed, as they tell it when they are asked,
and the policy's own watching: the balancer's delay, the work's move, the agent's restart and second
registration, the balancer's first checks, the bake. Seconds are cut to the last look before.
"""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from nomad_console.domain.policy import Policy
from nomad_console.settings.load import load
from tests.benchmarks.figures import Figure, Goal
from tests.benchmarks.lab import Lab
from tests.support.balancer import target_states
from tests.support.bastion import ALL, Bastion
from tests.support.simulator import SimulatedCluster, running_simulator

NODES = ("c4", "c5", "c6")
AT_MOST = 1.10
LOOK_S = 0.25
LOOKS_A_DESCRIBE = 4  # AWS lets nobody look more often for long
_KINDS = ("detach", "drain", "upgrade", "attach", "bake")


@dataclass(frozen=True)
class Sight:
    """The clusters at one moment, by the clock of the simulator."""

    at: datetime
    nodes: Mapping[str, Mapping[str, Any]]
    work: Mapping[str, int]  # node -> allocations of services and batches that have not ended
    healthy: Counter[str]  # job -> healthy running allocations
    targets: Mapping[str, Sequence[str]]  # id or address -> states

    def states(self, node: str) -> list[str]:
        names = (self.nodes[node]["Address"], self.nodes[node]["instance_id"])
        return [state for name in names for state in self.targets.get(name, ())]


Truth = Callable[[Sight], bool]


def over_waits(lab: Lab) -> list[Figure]:
    """Three nodes, every gate answered at once, speed 1; one, five times as fast, in a hurry."""
    speed, names = (5.0, NODES[:1]) if lab.quick else (1.0, NODES)
    with running_simulator(speed=speed) as cluster, TemporaryDirectory() as folder:
        with watching(cluster) as sights:
            bastion = Bastion(cluster, Path(folder) / "bastion")
            policy = load(bastion.env).policy
            with bastion.command("upgrade", *names, *ALL) as process:
                out, _ = process.communicate(timeout=3600)
        lines = [json.loads(line) for line in out.splitlines()]
        assert process.returncode == 0, lines[-1]["detail"]["reason"]
    waits = unavoidable(names, lines, sights, policy)
    begun, over = (_at(_first(lines, name)) for name in ("Started", "Ended"))
    taken, needed = (over - begun).total_seconds(), sum(waits.values())
    said = ", ".join(f"{kind} {waits[kind]:.0f}" for kind in _KINDS)
    note = f"{taken:.0f} s over {needed:.0f} s: {said}"
    what = f"time of a run of {len(names)} nodes over its waits"
    return [Figure(what, "×", taken / needed, goal=Goal(median=AT_MOST), note=note)]


def unavoidable(
    names: Sequence[str],
    lines: Sequence[Mapping[str, Any]],
    sights: Sequence[Sight],
    policy: Policy,
) -> dict[str, float]:
    """Seconds by step, over all nodes."""
    found = dict.fromkeys(_KINDS, 0.0)
    healthy = sights[0].healthy
    for place, node in enumerate(names):
        own = [line for line in lines if line["node"] == node]

        def wait(since: datetime, truth: Truth) -> float:
            return _waited(sights, since, truth)

        out = _at(_last(own, "detach", "Answered"))
        gone = wait(out, lambda one, node=node: not one.states(node))  # type: ignore[misc]  # bound here and now
        found["detach"] += max(policy.detach_floor_s, gone)
        drained = _at(_last(own, "drain", "Answered"))
        found["drain"] += wait(drained, lambda one, node=node: _moved(one, node, healthy))  # type: ignore[misc]  # as above
        found["upgrade"] += _upgraded(own, sights, node, policy)
        back = _at(_last(own, "attach", "Answered"))
        found["attach"] += wait(back, lambda one, node=node: set(one.states(node)) == {"healthy"})  # type: ignore[misc]  # as above
        found["bake"] += policy.bake_s * (2 if place == 0 else 1)
    return found


def _moved(one: Sight, node: str, healthy: Counter[str]) -> bool:
    return not one.work[node] and not healthy - one.healthy


def _upgraded(
    own: Sequence[Mapping[str, Any]], sights: Sequence[Sight], node: str, policy: Policy
) -> float:
    """The command, then the second registration, which is not waited for longer than is settled."""
    started, ended = _at(_first(own, "HostStarted")), _at(_first(own, "HostEnded"))
    version = sights[-1].nodes[node]["Version"]
    first = next(
        one.nodes[node]["ModifyIndex"]
        for one in sights
        if one.at >= started and one.nodes[node]["Version"] == version
    )
    again = _waited(sights, ended, lambda one: one.nodes[node]["ModifyIndex"] > first)
    return (ended - started).total_seconds() + min(policy.settle_s, again)


def _waited(sights: Sequence[Sight], since: datetime, truth: Truth) -> float:
    """Seconds from then to the last look at which it was not yet so."""
    before = since
    for one in sights:
        if one.at > since:
            if truth(one):
                break
            before = one.at
    return (before - since).total_seconds()


def _first(lines: Sequence[Mapping[str, Any]], event: str) -> Mapping[str, Any]:
    return next(one for one in lines if one["event"] == event)


def _last(own: Sequence[Mapping[str, Any]], step: str, event: str) -> Mapping[str, Any]:
    return [one for one in own if (one["step"], one["event"]) == (step, event)][-1]


def _at(line: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(line["time"])


@contextmanager
def watching(cluster: SimulatedCluster) -> Iterator[list[Sight]]:
    """What the clusters say of themselves meanwhile."""
    sights, ended = [_look(cluster, target_states(cluster))], threading.Event()

    def watch() -> None:
        states = target_states(cluster)
        for number in count():
            if ended.wait(LOOK_S):
                return
            if number % LOOKS_A_DESCRIBE == 0:
                states = target_states(cluster)
            sights.append(_look(cluster, states))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield sights
    finally:
        ended.set()
        watcher.join()


def _look(cluster: SimulatedCluster, groups: Mapping[str, Mapping[str, str]]) -> Sight:
    rows = cluster.nomad("GET", "/v1/allocations?namespace=*")
    nodes = {one["Name"]: one for one in cluster.nomad("GET", "/v1/nodes")}
    for name, node in nodes.items():
        node["instance_id"] = cluster.control("GET", f"/agents/{name}")["instance_id"]
    states: dict[str, list[str]] = {}
    for group in groups.values():
        for identity, state in group.items():
            states.setdefault(identity, []).append(state)
    live = [one for one in rows if one["ClientStatus"] in {"pending", "running"}]
    return Sight(
        datetime.fromisoformat(cluster.control("GET", "/world")["time"]),
        nodes,
        Counter(one["NodeName"] for one in live if one["JobType"] in {"service", "batch"}),
        Counter(
            one["JobID"]
            for one in live
            if one["DesiredStatus"] == "run"
            and one["ClientStatus"] == "running"
            and (one["DeploymentStatus"] or {}).get("Healthy")
        ),
        states,
    )
