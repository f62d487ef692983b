"""Finding a node for a copy: feasible by constraints, capacity and ports, then ranked.

Scores as Nomad's default bin-pack ranking has them (scheduler/rank.go, structs/funcs.go).
"""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from nomad_console.simulator.nomad.constraints import (
    constraints_of,
    in_reach,
    resolve,
    unfulfilled,
)
from nomad_console.simulator.nomad.core import Core
from nomad_console.simulator.nomad.fleet import Claim, Fleet, GroupKey, Usage, group_key
from nomad_console.simulator.nomad.state import Row

BINPACK_MAX = 18.0  # the best fit there is: rank.go, binPackingMaxFitScore
SPREAD_SCAN = 100  # nodes scored where copies are to be spread (scheduler/stack.go)
SCORES_KEPT = 5  # structs.MaxRetainedNodeScores


@dataclass(frozen=True)
class Seat:
    """Where a copy goes, with the ports it gets."""

    node: Row
    ports: dict[str, int]
    metrics: Row


class Draft:
    """The fleet's usage as it will be when the plan under way has been applied.

    Only nodes the plan touches are copied; a plan that is dropped leaves nothing behind.
    """

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._own: dict[str, Usage] = {}

    def usage(self, node_id: str) -> Usage:
        return self._own.get(node_id) or self._fleet.usage(node_id)

    def release(self, allocation: Row) -> None:
        usage = self._writable(allocation["NodeID"])
        usage.add(self._fleet.claim(allocation), -1)
        usage.groups[group_key(allocation)] -= 1

    def take(self, node_id: str, claim: Claim, key: GroupKey) -> None:
        usage = self._writable(node_id)
        usage.add(claim)
        usage.groups[key] += 1

    def _writable(self, node_id: str) -> Usage:
        if node_id not in self._own:
            self._own[node_id] = self._fleet.usage(node_id).copy()
        return self._own[node_id]


@dataclass
class _Tally:
    """What a search saw, for the allocation's Metrics."""

    evaluated: int = 0
    filtered: Counter[str] = field(default_factory=Counter)
    exhausted: Counter[str] = field(default_factory=Counter)
    scores: list[Row] = field(default_factory=list)


class Feasible:
    """One group's constraints, checked once a node until the node's attributes change."""

    def __init__(self, constraints: list[Row]) -> None:
        self.constraints = constraints
        self._known: dict[str, tuple[Row, str | None]] = {}

    def failed(self, node: Row, job: Row) -> str | None:
        known = self._known.get(node["ID"])
        if known is None or known[0] is not node["Attributes"]:
            reason = (
                unfulfilled(node, self.constraints)
                if in_reach(node, job)
                else "datacenter or node pool"
            )
            known = self._known[node["ID"]] = (node["Attributes"], reason)
        return known[1]


class Placement:
    """One search at a time; several searches of one plan share a Draft."""

    def __init__(self, core: Core, fleet: Fleet) -> None:
        self._core = core
        self._fleet = fleet
        self._checked: tuple[Row, Row, Feasible] | None = None

    def find(
        self,
        draft: Draft,
        job: Row,
        group: Row,
        penalised: Iterable[str] = (),
        limit: int | None = None,
    ) -> tuple[Seat | None, Row]:
        """The best of the first few feasible nodes, and the metrics of the search."""
        tally = _Tally()
        key = (job["Namespace"], job["ID"], group["Name"])
        ready = len(self._fleet.ready())
        if group["Spreads"] or job["Spreads"]:
            limit = SPREAD_SCAN
        elif limit is None:
            limit = max(2, math.ceil(math.log2(ready or 1)))  # stack.go, SetNodes
        wanted = _claim(group, {})
        best: tuple[float, Row, dict[str, int]] | None = None
        for node_id in self._fleet.shuffled():
            node = self._core.state.nodes[node_id]
            ports = self._fit(draft, job, group, node, wanted, tally)
            if ports is None:
                continue
            scores = self._scores(draft, job, group, node, wanted, penalised)
            tally.scores.append(scores)
            if best is None or scores["NormScore"] > best[0]:
                best = (scores["NormScore"], node, ports)
            if len(tally.scores) >= limit:
                break
        metrics = self._metrics(job, tally, ready)
        if best is None:
            return None, metrics
        _, node, ports = best
        draft.take(node["ID"], _with_ports(wanted, ports), key)
        return Seat(node, ports, metrics), metrics

    def on(self, draft: Draft, job: Row, group: Row, node: Row) -> tuple[Seat | None, Row, bool]:
        """A system job's copy on this very node; the last says whether constraints forbid it."""
        tally = _Tally()
        wanted = _claim(group, {})
        ports = self._fit(draft, job, group, node, wanted, tally)
        metrics = self._metrics(job, tally, len(self._fleet.ready()))
        if ports is None:
            return None, metrics, bool(tally.filtered)
        key = (job["Namespace"], job["ID"], group["Name"])
        draft.take(node["ID"], _with_ports(wanted, ports), key)
        return Seat(node, ports, metrics), metrics, False

    def _fit(
        self, draft: Draft, job: Row, group: Row, node: Row, wanted: Claim, tally: _Tally
    ) -> dict[str, int] | None:
        """The ports the copy would get there; None where it does not fit."""
        tally.evaluated += 1
        constraints, reason = self._feasible(job, group, node)
        if reason is not None:
            tally.filtered[reason] += 1
            return None
        usage = draft.usage(node["ID"])
        resources = node["NodeResources"]
        if usage.cpu + wanted.cpu > resources["Cpu"]["CpuShares"]:
            tally.exhausted["cpu"] += 1
            return None
        if usage.memory + wanted.memory > resources["Memory"]["MemoryMB"]:
            tally.exhausted["memory"] += 1
            return None
        if any(row["Operand"] == "distinct_hosts" for row in constraints) and any(
            count > 0 and key[:2] == (job["Namespace"], job["ID"])
            for key, count in usage.groups.items()
        ):
            tally.filtered["distinct_hosts"] += 1
            return None
        return self._ports(usage, group, resources, tally)

    def _feasible(self, job: Row, group: Row, node: Row) -> tuple[list[Row], str | None]:
        """The group's constraints and which of them the node fails; kept between searches."""
        if self._checked is None or self._checked[0] is not job or self._checked[1] is not group:
            self._checked = (job, group, Feasible(constraints_of(job, group)))
        return self._checked[2].constraints, self._checked[2].failed(node, job)

    def _ports(
        self, usage: Usage, group: Row, resources: Row, tally: _Tally
    ) -> dict[str, int] | None:
        """By label; a static port that is taken rules the node out, a dynamic one is drawn."""
        ports: dict[str, int] = {}
        for network in group["Networks"] or ():
            for port in network.get("ReservedPorts", ()):
                if port["Value"] in usage.ports:
                    reason = f"reserved port collision {port['Label']}={port['Value']}"
                    tally.exhausted[f"network: {reason}"] += 1
                    return None
                ports[port["Label"]] = port["Value"]
            for port in network.get("DynamicPorts", ()):
                low, high = resources["MinDynamicPort"], resources["MaxDynamicPort"]
                value = self._core.rng.randint(low, high)
                while value in usage.ports or value in ports.values():
                    value = low + (value + 1 - low) % (high - low + 1)
                ports[port["Label"]] = value
        return ports

    def _scores(
        self,
        draft: Draft,
        job: Row,
        group: Row,
        node: Row,
        wanted: Claim,
        penalised: Iterable[str],
    ) -> Row:
        """Each ranking's word from -1 to 1; NormScore is the mean of those that say something."""
        key = (job["Namespace"], job["ID"], group["Name"])
        usage = draft.usage(node["ID"])
        copies = usage.groups[key]
        scores = {
            "binpack": _fit(usage, wanted, node, self._core.algorithm),
            "job-anti-affinity": -(copies + 1) / max(1, group["Count"]) if copies > 0 else 0.0,
            "node-affinity": 0.0,
            "node-reschedule-penalty": -1.0 if node["ID"] in penalised else 0.0,
        }
        spreads = [*(job["Spreads"] or ()), *(group["Spreads"] or ())]
        if spreads:
            scores["allocation-spread"] = sum(
                self._spread_boost(draft, key, node, spread["Attribute"]) for spread in spreads
            ) / len(spreads)
        terms = [value for name, value in scores.items() if value or name == "binpack"]
        return {"NodeID": node["ID"], "NormScore": sum(terms) / len(terms), "Scores": scores}

    def _spread_boost(self, draft: Draft, key: GroupKey, node: Row, attribute: str) -> float:
        """Even spreading: the fewer copies the node's value has, the better (spread.go)."""
        copies: Counter[str | None] = Counter()
        for node_id in self._fleet.ready():
            other = self._core.state.nodes[node_id]
            copies[resolve(other, attribute)] += draft.usage(node_id).groups[key]
        least, most = min(copies.values()), max(copies.values())
        mine = copies[resolve(node, attribute)]
        if most == least:
            return 0.0 if mine == 0 else -1.0
        if mine == least:
            return 1.0 if least == 0 else (most - least) / least
        return -1.0 if least == 0 else (least - mine) / least

    def _metrics(self, job: Row, tally: _Tally, ready: int) -> Row:
        ranked = sorted(tally.scores, key=lambda row: -row["NormScore"])[:SCORES_KEPT]
        return {
            "AllocationTime": self._core.rng.randrange(40_000, 300_000),
            "ClassExhausted": None,
            "ClassFiltered": None,
            "CoalescedFailures": 0,
            "ConstraintFiltered": dict(tally.filtered) or None,
            "DimensionExhausted": dict(tally.exhausted) or None,
            "NodePool": job["NodePool"],
            "NodesAvailable": {self._core.datacenter: ready},
            "NodesEvaluated": tally.evaluated,
            "NodesExhausted": tally.exhausted.total(),
            "NodesFiltered": tally.filtered.total(),
            "NodesInPool": ready,
            "QuotaExhausted": None,
            "ResourcesExhausted": None,
            "ScoreMetaData": ranked or None,
            "Scores": None,
        }


def penalised_nodes(previous: Row | None) -> tuple[str, ...]:
    """The node a failed copy ran on is not to get the next one."""
    if previous is None or previous["ClientStatus"] != "failed":
        return ()
    return (previous["NodeID"],)


def _claim(group: Row, ports: dict[str, int]) -> Claim:
    resources = [task["Resources"] for task in group["Tasks"]]
    return Claim(
        sum(row["CPU"] for row in resources),
        sum(row["MemoryMB"] for row in resources),
        frozenset(ports.values()),
    )


def _with_ports(claim: Claim, ports: dict[str, int]) -> Claim:
    return replace(claim, ports=frozenset(ports.values()))


def _fit(usage: Usage, wanted: Claim, node: Row, algorithm: str) -> float:
    """The fuller the better or, with the other algorithm, the emptier (Nomad, structs/funcs.go)."""
    resources = node["NodeResources"]
    free_cpu = 1 - (usage.cpu + wanted.cpu) / resources["Cpu"]["CpuShares"]
    free_memory = 1 - (usage.memory + wanted.memory) / resources["Memory"]["MemoryMB"]
    total: float = 10**free_cpu + 10**free_memory
    score = total - 2 if algorithm == "spread" else 20 - total
    return min(max(score, 0.0), BINPACK_MAX) / BINPACK_MAX
