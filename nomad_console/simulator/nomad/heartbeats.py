"""Registration, heartbeats and what follows when they stay away."""

from nomad_console.simulator.nomad.allocations import client_terminal
from nomad_console.simulator.nomad.client import Agent
from nomad_console.simulator.nomad.constraints import in_reach
from nomad_console.simulator.nomad.core import Core
from nomad_console.simulator.nomad.evaluations import Evaluations
from nomad_console.simulator.nomad.jobs import SYSTEM_TYPES
from nomad_console.simulator.nomad.nodes import node_event, with_event, with_version
from nomad_console.simulator.nomad.state import Row, job_key
from nomad_console.simulator.timeline import Timer

MIN_TTL = 10.0  # min_heartbeat_ttl, plus up to as much again
GRACE = 10.0  # heartbeat_grace
FAILOVER_TTL = 300.0  # failover_heartbeat_ttl: all timers, after a change of leader
DOWN_TIME = 1.0  # s an agent is away for a restart
STARTUP = 0.1  # s from its start to its registration
INITIALIZING = 0.05  # s from the registration of a lost node to its next status
READY = 1.05  # s from there until it is ready
RESTORED = 0.1  # s from there until it sees what it missed
REPORTED = 0.1  # s before it is ready that it reports
SECOND_REGISTRATION = (5.0, 10.0)  # s until slow fingerprints are in


class Heartbeats:
    """Heartbeats themselves are not simulated: only when the next one would be missed."""

    def __init__(self, core: Core, evaluations: Evaluations) -> None:
        self._core = core
        self._evaluations = evaluations
        self._ttl: dict[str, float] = {}
        self._phase: dict[str, float] = {}
        self._missing: dict[str, Timer] = {}
        self._starting: dict[str, list[Timer]] = {}
        self._failover: float | None = None

    def last(self, agent: Agent) -> float:
        """Elapsed time of the agent's last heartbeat, were it up until now."""
        now = self._core.timeline.elapsed()
        ttl = self.ttl(agent)
        return now - (now - self._phase[agent.machine.name]) % ttl

    def ttl(self, agent: Agent) -> float:
        """Seconds the servers wait for the agent's next heartbeat, before the grace period."""
        name = agent.machine.name
        if name not in self._ttl:
            self._ttl[name] = self._core.pace(MIN_TTL * (1 + self._core.rng.random()))
            self._phase[name] = self._core.timeline.elapsed() - (
                self._core.rng.random() * self._ttl[name]
            )
        return self._ttl[name]

    def heard(self, agent: Agent) -> None:
        """It has just registered."""
        if (timer := self._missing.pop(agent.machine.name, None)) is not None:
            timer.cancel()
        self._phase[agent.machine.name] = self._core.timeline.elapsed()

    def leader_changed(self) -> None:
        """A client that dies now is only noticed after the failover TTL."""
        self._failover = self._core.timeline.elapsed()

    def stop(self, agent: Agent) -> None:
        """The agent is gone; its tasks go on."""
        if not agent.up:
            return
        last = self.last(agent)
        now = self._core.timeline.elapsed()
        for timer in self._starting.pop(agent.machine.name, []):
            timer.cancel()
        agent.go_down()
        ttl = self.ttl(agent)
        if self._failover is not None and last < self._failover:
            last, ttl = self._failover, self._core.pace(FAILOVER_TTL)
        wait = last + ttl + self._core.pace(GRACE) - now
        self._missing[agent.machine.name] = self._core.timeline.after(
            max(0.0, wait), lambda: self._missed(agent)
        )

    def start(self, agent: Agent, version: str | None, after: float = STARTUP) -> None:
        name = agent.machine.name
        for timer in self._starting.pop(name, []):
            timer.cancel()
        self._starting[name] = [self._core.after(after, lambda: self._register(agent, version))]

    def restart(self, agent: Agent, version: str) -> None:
        self.stop(agent)
        self.start(agent, version, DOWN_TIME + STARTUP)

    def evaluate(self, node: Row) -> list[Row]:
        """Evaluations of what runs on the node and of every system job that could."""
        state = self._core.state
        keys = {
            job_key(state.allocations[alloc_id])
            for alloc_id in state.allocs_by_node[node["ID"]]
            if not client_terminal(state.allocations[alloc_id])
        }
        system = {
            key
            for key, job in state.jobs.items()
            if job["Type"] in SYSTEM_TYPES and not job["Stop"] and in_reach(node, job)
        }
        ordered = [*sorted(keys - system), *sorted(system)]
        return self._evaluations.for_jobs(
            ordered, "node-update", NodeID=node["ID"], NodeModifyIndex=node["ModifyIndex"]
        )

    def _missed(self, agent: Agent) -> None:
        self._missing.pop(agent.machine.name, None)
        node = self._core.state.nodes.get(agent.node_id)
        if node is None or node["Status"] in {"down", "disconnected"}:
            return
        status = "disconnected" if self._may_reconnect(node) else "down"
        change = self._core.state.change("NodeStreamEvent")
        event = node_event(self._core, change.index, "Node heartbeat missed", "Cluster")
        new = with_event(
            node,
            event,
            Status=status,
            StatusUpdatedAt=self._core.now_s(),
            LastMissedHeartbeatIndex=change.index,
        )
        change.put("nodes", new)
        self._core.state.write(change)
        self.evaluate(new)

    def _may_reconnect(self, node: Row) -> bool:
        state = self._core.state
        for alloc_id in state.allocs_by_node[node["ID"]]:
            row = state.allocations[alloc_id]
            job = state.allocation_jobs[alloc_id]
            if not client_terminal(row) and any(
                group["Name"] == row["TaskGroup"] and group["Disconnect"] is not None
                for group in job["TaskGroups"]
            ):
                return True
        return False

    def _register(self, agent: Agent, version: str | None) -> None:
        name = agent.machine.name
        agent.come_up(version)
        self.heard(agent)
        node = self._core.state.nodes.get(agent.node_id)
        if node is None:
            return
        lost = node["Status"] != "ready"
        self._put_registration(agent)
        second = self._core.after(
            self._core.between(*SECOND_REGISTRATION), lambda: self._put_registration(agent)
        )
        self._starting[name] = [second]
        if lost:
            self._evaluate_again(agent)
            again = self._core.after(INITIALIZING, lambda: self._initialize(agent))
            self._starting[name].append(again)
        else:
            agent.catch_up()
            agent.connect()

    def _put_registration(self, agent: Agent) -> None:
        node = self._core.state.nodes.get(agent.node_id)
        if node is None:
            return
        change = self._core.state.change("NodeRegistration")
        new = {
            **with_version(node, agent.version),
            "ModifyIndex": change.index,
            "StatusUpdatedAt": self._core.now_s(),
        }
        change.put("nodes", new)
        self._core.state.write(change)

    def _evaluate_again(self, agent: Agent) -> None:
        node = self._core.state.nodes.get(agent.node_id)
        if node is not None:
            self.evaluate(node)

    def _initialize(self, agent: Agent) -> None:
        self._put_status(agent, "initializing")
        self._evaluate_again(agent)
        self._starting[agent.machine.name] += [
            self._core.after(RESTORED, agent.catch_up),
            self._core.after(READY - REPORTED, agent.connect),
            self._core.after(READY, lambda: self._ready(agent)),
        ]

    def _ready(self, agent: Agent) -> None:
        self._put_status(agent, "ready")
        self._evaluate_again(agent)

    def _put_status(self, agent: Agent, status: str) -> None:
        node = self._core.state.nodes.get(agent.node_id)
        if node is None:
            return
        change = self._core.state.change("NodeStreamEvent")
        new = {
            **node,
            "Status": status,
            "ModifyIndex": change.index,
            "StatusUpdatedAt": self._core.now_s(),
        }
        change.put("nodes", new)
        self._core.state.write(change)
