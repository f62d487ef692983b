"""Nomad's client agents: they take up their allocations and report on them in batches."""

import math
from dataclasses import dataclass, field

from nomad_console.simulator.nomad.agent_services import AgentServices
from nomad_console.simulator.nomad.allocations import client_terminal, server_terminal
from nomad_console.simulator.nomad.apps import AppTable
from nomad_console.simulator.nomad.core import Core
from nomad_console.simulator.nomad.reports import Reports
from nomad_console.simulator.nomad.runner import Runner
from nomad_console.simulator.nomad.state import Row
from nomad_console.simulator.services import Machine
from nomad_console.simulator.timeline import Timer

SYNC_URGENT = 0.2  # s between looks at what must be reported (allocSyncIntv)
SYNC_TYPICAL = 1.0  # changes of task events only wait for every fifth look
NOTICE = (0.01, 0.05)  # s until an agent sees what the servers want
RPC = 0.02  # s of a report's way to the servers


@dataclass
class Agent:
    """One client agent; its tasks go on without it."""

    core: Core
    machine: Machine
    version: str
    http_address: str
    apps: AppTable
    reports: Reports
    services: AgentServices
    up: bool = True
    runners: dict[str, Runner] = field(default_factory=dict)
    _phase: float = 0.0  # every agent's ticker began at a moment of its own
    _pending: dict[str, Runner] = field(default_factory=dict)
    _flush: Timer | None = None
    _notice: Timer | None = None
    _noticed: set[str] = field(default_factory=set)
    _expected: set[str] = field(default_factory=set)  # runners that wait for a predecessor
    _restored: bool = True  # its tasks are found again after a start
    _connected: bool = True  # and the servers take its reports
    _unknown: frozenset[str] = frozenset()  # as the servers had it when it came back
    _vanished: list[Runner] = field(default_factory=list)  # Consul's agent still has their services

    def __post_init__(self) -> None:
        self._phase = self.core.rng.random()

    @property
    def node_id(self) -> str:
        return self.machine.node_id

    @property
    def address(self) -> str:
        return self.machine.address

    def notice(self, alloc_id: str) -> None:
        """The servers want something of this allocation; the agent sees it in a moment."""
        self._noticed.add(alloc_id)
        if self._restored and self._notice is None:
            self._notice = self.core.after(self.core.between(*NOTICE), self._pull)

    def report(self, runner: Runner, *, urgent: bool) -> None:
        """Have it told with the ticker's next look, or the next long one if it can wait."""
        self._pending[runner.id] = runner
        step = self.core.pace(SYNC_URGENT if urgent else SYNC_TYPICAL)
        now = self.core.timeline.elapsed()
        phase = self.core.pace(self._phase)
        due = (math.floor((now - phase) / step) + 1) * step + phase
        if not self._connected or (self._flush is not None and self._flush.due <= due):
            return
        if self._flush is not None:
            self._flush.cancel()
        self._flush = self.core.timeline.after(due - now, self._send)

    def ended(self, runner: Runner) -> None:
        self._expected.discard(runner.id)

    def predecessor_ended(self, alloc_id: str) -> None:
        if self.up and alloc_id in self._expected:
            self._expected.discard(alloc_id)
            runner = self.runners[alloc_id]
            self.core.after(self.core.between(*NOTICE), runner.begin)

    def go_down(self) -> None:
        """The agent alone: what it ran runs on, and nobody reports of it."""
        self.up = self._restored = self._connected = False
        self.machine.agent_up = False
        self.services.go_down()
        for timer in (self._flush, self._notice):
            if timer is not None:
                timer.cancel()
        self._flush = self._notice = None

    def come_up(self, version: str | None) -> None:
        self.up = True
        self.machine.agent_up = self.machine.up = True
        self.version = version or self.version
        self.services.come_up()
        rows = (self.core.state.allocations.get(alloc_id) for alloc_id in self.runners)
        self._unknown = frozenset(
            row["ID"] for row in rows if row is not None and row["ClientStatus"] == "unknown"
        )

    def catch_up(self) -> None:
        """After a start: what was missed, what the machine lost, what is no longer known."""
        self._restored = True
        while self._vanished:
            self._vanished.pop().services.deregister()
        state = self.core.state
        self._noticed |= self.runners.keys()
        self._noticed |= {
            alloc_id
            for alloc_id in state.allocs_by_node[self.node_id]
            if not client_terminal(state.allocations[alloc_id])
        }
        for alloc_id in sorted(self._unknown):
            if not self.runners[alloc_id].dead:
                self.runners[alloc_id].reconnect()
        for alloc_id in sorted(self._expected):
            previous = self.core.state.allocations[alloc_id]["PreviousAllocation"]
            if _over(self.core.state.allocations.get(previous)):
                self.predecessor_ended(alloc_id)
        self._pending |= {runner.id: runner for runner in self.runners.values() if runner.dead}
        self._pull()

    def connect(self) -> None:
        """Report what there is, and from now on what comes."""
        self._connected = True
        self._send()

    def lose_everything(self) -> None:
        """The machine is gone, and its tasks with it."""
        for runner in self.runners.values():
            runner.vanish()
        self._vanished += self.runners.values()
        self.runners.clear()
        self._pending.clear()
        self._expected.clear()

    def adopt(self, row: Row) -> Runner:
        """Run an allocation of a settled world."""
        runner = self.runners[row["ID"]] = Runner(self.core, self, self.apps, row)
        return runner

    def _pull(self) -> None:
        """Compare what the servers want with what runs here, for each one noticed."""
        self._notice = None
        noticed, self._noticed = self._noticed, set()
        for alloc_id in sorted(noticed):
            row = self.core.state.allocations.get(alloc_id)
            runner = self.runners.get(alloc_id)
            if row is None:
                if runner is not None:
                    runner.stop(at_once=True)
                    self.runners.pop(alloc_id, None)
            elif runner is None:
                self._take(row)
            elif server_terminal(row):
                at_once = bool(row["DesiredTransition"]["NoShutdownDelay"])
                lost = row["ClientStatus"] == "lost" and alloc_id not in self._unknown
                runner.stop(at_once=at_once, found_lost=lost)
            elif row["DeploymentID"] and row["DeploymentStatus"] is None and runner.verdict:
                runner.watch_again()

    def _take(self, row: Row) -> None:
        if client_terminal(row):
            return
        runner = self.adopt(row)
        runner.receive()
        if server_terminal(row):
            runner.stop()
            return
        previous = self.core.state.allocations.get(row["PreviousAllocation"])
        if _over(previous):
            runner.begin()
        else:
            self._expected.add(runner.id)
            self.reports.expect(row["PreviousAllocation"], self, runner.id)

    def _send(self) -> None:
        self._flush = None
        pending, self._pending = self._pending, {}
        self.core.after(RPC, lambda: self.reports.take(self.node_id, pending))


def _over(previous: Row | None) -> bool:
    """Ended, or out of reach: its successor need not wait for it."""
    return previous is None or client_terminal(previous) or previous["ClientStatus"] == "unknown"


class Clients:
    """All client agents, found by their machine's name or by the node's id."""

    def __init__(self, core: Core, apps: AppTable, reports: Reports) -> None:
        self._core = core
        self._apps = apps
        self._reports = reports
        self.by_name: dict[str, Agent] = {}
        self.by_node: dict[str, Agent] = {}
        core.observe("allocations", self._allocation_changed)

    def add(self, machine: Machine, version: str, http_address: str) -> Agent:
        core = self._core
        services = AgentServices(core.registry, self._apps, machine.name, core.pace)
        agent = Agent(core, machine, version, http_address, self._apps, self._reports, services)
        self.by_name[machine.name] = self.by_node[machine.node_id] = agent
        return agent

    def runner(self, alloc_id: str) -> Runner | None:
        """What runs this allocation on an agent that can be asked."""
        row = self._core.state.allocations.get(alloc_id)
        agent = self.by_node.get(row["NodeID"]) if row is not None else None
        return agent.runners.get(alloc_id) if agent is not None and agent.up else None

    def _allocation_changed(self, old: Row | None, new: Row | None) -> None:
        if new is None:
            return
        if old is None or old["AllocModifyIndex"] != new["AllocModifyIndex"]:
            agent = self.by_node.get(new["NodeID"])
            if agent is not None and not (old is None and new["ClientStatus"] == "running"):
                agent.notice(new["ID"])
        if client_terminal(new) and (agent := self.by_node.get(new["NodeID"])) is not None:
            runner = agent.runners.get(new["ID"])
            if runner is not None and runner.dead:
                del agent.runners[new["ID"]]
        if _over(new) and not (old is not None and _over(old)):
            for waiting, alloc_id in self._reports.released(new["ID"]):
                waiting.predecessor_ended(alloc_id)
