"""What clients report, written by the servers in batches as AllocationUpdated."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Protocol

from nomad_console.simulator.nomad.allocations import (
    client_terminal,
    healthy,
    judged,
    server_terminal,
)
from nomad_console.simulator.nomad.core import Core
from nomad_console.simulator.nomad.deployments import Deployments
from nomad_console.simulator.nomad.evaluations import Evaluations
from nomad_console.simulator.nomad.job_status import put_job_status
from nomad_console.simulator.nomad.state import Change, Row, job_key
from nomad_console.simulator.timeline import Timer

SERVER_BATCH = 0.05  # s the servers collect updates of several clients (batchUpdateInterval)
NO_NETWORK: Row = {"Address": "", "AddressIPv6": "", "DNS": None, "InterfaceName": ""}


class Reported(Protocol):
    """A runner, as the servers see it."""

    id: str
    verdict: tuple[bool, str] | None

    def status(self) -> dict[str, Any]: ...


class Waiting(Protocol):
    """An agent with a runner that may not start before its predecessor has ended."""

    def predecessor_ended(self, alloc_id: str) -> None: ...


class Reports:
    """Takes the agents' batches; also keeps who waits for whose end."""

    def __init__(self, core: Core, evaluations: Evaluations, deployments: Deployments) -> None:
        self._core = core
        self._evaluations = evaluations
        self._deployments = deployments
        self._batch: dict[str, Reported] = {}
        self._timer: Timer | None = None
        self._expected: defaultdict[str, list[tuple[Waiting, str]]] = defaultdict(list)

    def expect(self, previous_id: str, agent: Waiting, alloc_id: str) -> None:
        self._expected[previous_id].append((agent, alloc_id))

    def released(self, alloc_id: str) -> list[tuple[Waiting, str]]:
        """Who waited for the end of this allocation."""
        return self._expected.pop(alloc_id, [])

    def take(self, node_id: str, reported: Mapping[str, Reported]) -> None:
        """A purged node's reports are dropped: it must register first."""
        if node_id not in self._core.state.nodes:
            return
        self._batch.update(reported)
        if self._timer is None:
            self._timer = self._core.after(SERVER_BATCH, self._write)

    def write_now(self, runner: Reported) -> None:
        """One report by itself, not collected with others."""
        change = self._core.state.change("AllocationUpdated")
        row = self._core.state.allocations[runner.id]
        change.put("allocations", self._updated(row, runner, change))
        self._put_nodes(change, {row["NodeID"]})
        self._core.state.write(change)

    def _write(self) -> None:
        self._timer = None
        batch, self._batch = self._batch, {}
        change = self._core.state.change("AllocationUpdated")
        nodes: set[str] = set()
        jobs: dict[tuple[str, str], Row] = {}
        failed: dict[tuple[str, str], Row] = {}
        reconnected: dict[tuple[str, str], Row] = {}
        for runner in batch.values():
            old = self._core.state.allocations.get(runner.id)
            if old is None:
                continue
            new = self._updated(old, runner, change)
            change.put("allocations", new)
            nodes.add(new["NodeID"])
            if client_terminal(new):
                jobs[job_key(new)] = new
            if new["ClientStatus"] == "failed" != old["ClientStatus"] and not server_terminal(new):
                failed[job_key(new)] = new
            if old["ClientStatus"] == "unknown" != new["ClientStatus"]:
                reconnected[job_key(new)] = old
        self._evaluate(change, failed, reconnected)
        for key in jobs:
            if key in self._core.state.jobs:
                put_job_status(self._core.state, change, self._core.state.jobs[key])
        self._put_nodes(change, nodes)
        if change.puts:
            self._core.state.write(change)

    def _updated(self, old: Row, runner: Reported, change: Change) -> Row:
        new = {
            **old,
            **runner.status(),
            "NetworkStatus": NO_NETWORK,
            "ModifyIndex": change.index,
            "ModifyTime": self._core.now_ns(),
        }
        if runner.verdict is not None and healthy(old) != runner.verdict[0]:
            good, when = runner.verdict
            new["DeploymentStatus"] = judged(change.index, healthy=good, at=when)
            if old["DeploymentID"]:
                self._deployments.report(change, new, healthy=good)
        if old["ClientStatus"] == "unknown":  # back in reach: it will not be given up as lost
            new["FollowupEvalID"] = ""
        return new

    def _evaluate(
        self,
        change: Change,
        failed: Mapping[tuple[str, str], Row],
        reconnected: Mapping[tuple[str, str], Row],
    ) -> None:
        jobs = self._core.state.jobs
        for key, row in reconnected.items():
            if row["FollowupEvalID"]:
                self._evaluations.cancel(change, row["FollowupEvalID"], "allocs reconnected")
            if key in jobs and not server_terminal(row):
                self._evaluations.new(change, jobs[key], "reconnect")
        for key in failed:
            if key in jobs:
                self._evaluations.new(change, jobs[key], "alloc-failure")

    def _put_nodes(self, change: Change, node_ids: set[str]) -> None:
        """Every report writes its node too (state_store.go, UpdateAllocsFromClient).

        So readers who block on the list of nodes wake on allocation traffic; those of one node do
        not, as its ModifyIndex stays.
        """
        for node_id in sorted(node_ids):
            node = self._core.state.nodes.get(node_id)
            if node is not None:
                change.put("nodes", {**node, "LastAllocUpdateIndex": change.index})
