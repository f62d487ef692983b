"""Consul's catalog: nodes, services, checks, and the agents that run the checks."""

import random
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from nomad_console.simulator.consul.checks import judge, run_check
from nomad_console.simulator.consul.raft import Raft
from nomad_console.simulator.consul.records import (
    ALIVE,
    GONE,
    Row,
    check_row,
    consul_service_row,
    node_row,
    serf_row,
    service_row,
)
from nomad_console.simulator.pace import Pace
from nomad_console.simulator.rounds import Rounds
from nomad_console.simulator.services import App, Apps, Check, Registration
from nomad_console.simulator.timeline import Timeline

EXTINCTION = "extinction"  # the key of the last time a service name vanished
PROBING = (5.0, 10.0)  # seconds until the others agree that an agent is gone
REJOIN = (1.0, 2.0)  # and until they see that it is back


@dataclass(slots=True)
class Node:
    """A machine with a Consul agent. `answers` is the machine, `alive` what the others believe."""

    row: Row
    server: bool
    services: dict[str, "Service"] = field(default_factory=dict)
    checks: dict[str, Row] = field(default_factory=dict)
    answers: bool = True
    alive: bool = True

    @property
    def name(self) -> str:
        return str(self.row["Node"])


@dataclass(slots=True)
class Service:
    """One instance of a service, with the ids of its checks."""

    row: Row
    node: Node
    registration: Registration | None = None
    checks: dict[str, Check] = field(default_factory=dict)
    ends: dict[str, Callable[[], None]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return str(self.row["Service"])

    def check_rows(self) -> list[Row]:
        return [self.node.checks[check_id] for check_id in self.checks]

    def node_check_rows(self) -> list[Row]:
        return [row for row in self.node.checks.values() if not row["ServiceID"]]

    def status(self) -> str:
        """The worst of its checks and its node's."""
        states = {row["Status"] for row in (*self.node_check_rows(), *self.check_rows())}
        return next((state for state in ("critical", "warning") if state in states), "passing")


class Nowhere:
    """A network in which nobody listens."""

    def at(self, address: str, port: int) -> App | None:  # noqa: ARG002 — as Apps has it
        return None


class Catalog:
    """What the servers know; an instance registered as passing is taken as one that ran before.

    `apps` is the network the checks look at. Callbacks of `subscribe` get each changed service.
    """

    def __init__(
        self,
        timeline: Timeline,
        pace: Pace,
        rng: random.Random,
        apps: Apps | None = None,
        datacenter: str = "dc1",
    ) -> None:
        self.raft = Raft()
        self.datacenter = datacenter
        self.apps: Apps = apps or Nowhere()
        self.nodes: dict[str, Node] = {}
        self.by_service: dict[str, dict[tuple[str, str], Service]] = defaultdict(dict)
        self._registered: dict[str, Service] = {}
        self._timeline = timeline
        self._pace = pace
        self._rng = rng
        self._rounds = Rounds(timeline, rng)
        self._subscribers: list[Callable[[str], None]] = []
        self._node_failed: list[Callable[[str], None]] = []

    def add_node(self, name: str, address: str, *, server: bool = False) -> Node:
        """A machine joins with its agent; `server`: the agent is one of Consul's servers."""
        index = self.raft.commit("nodes", "checks")
        node_id = str(uuid.UUID(int=self._rng.getrandbits(128)))
        node = Node(node_row(node_id, name, address, self.datacenter, index), server)
        node.checks["serfHealth"] = serf_row(name, index)
        self.nodes[name] = node
        if server:
            self._put(Service(consul_service_row(self.raft.index + 1), node))
        return node

    def register(self, registration: Registration) -> None:
        """Known checks of a known instance keep their status; KeyError for an unknown node."""
        node = self.nodes[registration.node_name]
        old = self._registered.get(registration.id)
        if old is not None and old.registration == registration:
            return
        index = self.raft.index + 1
        created = old.row["CreateIndex"] if old else index
        service = Service(service_row(registration, index, created), node, registration)
        kept = {row["CheckID"]: row for row in old.check_rows()} if old else {}
        if old is not None:
            self._drop(old)
        for check in registration.checks:
            row = kept.get(check.id) or check_row(node.name, check, registration, index)
            if not kept and check.initial_status == "passing":
                status, output = run_check(self.apps, registration, check)
                row["Output"] = output if status == check.initial_status else ""
            service.checks[check.id] = check
            node.checks[check.id] = row
        self._registered[registration.id] = service
        self._put(service)
        for check in registration.checks:
            service.ends[check.id] = self._rounds.add(check.interval, self._run(service, check))

    def deregister(self, registration_id: str) -> None:
        """Idempotent; a name's last instance takes its index along (EXTINCTION)."""
        service = self._registered.pop(registration_id, None)
        if service is None:
            return
        self._drop(service)
        keys = ["services", "checks"]
        if service.name not in self.by_service:
            keys.append(EXTINCTION)
            self.raft.forget(_key(service.name))
        else:
            keys.append(_key(service.name))
        self.raft.commit(*keys)
        self._tell([service.name])

    def passing(self, registration_id: str) -> bool:
        """What Nomad's health watcher asks: the instance's own checks, not its node's."""
        service = self._registered.get(registration_id)
        return service is not None and all(
            row["Status"] == "passing" for row in service.check_rows()
        )

    def instances(self, name: str) -> list[Service]:
        """Every instance of a service, by node and id."""
        return [service for _, service in sorted(self.by_service.get(name, {}).items())]

    def service_index(self, name: str, *tables: str) -> int:
        """What a listing of the service from the tables carries.

        Consul 1.8 state store, maxIndexForService.
        """
        index = self.raft.last(_key(name))
        return index or self.raft.last(EXTINCTION) or self.raft.last(*tables)

    def service_keys(self, name: str) -> tuple[str, ...]:
        """What wakes a reader of a service."""
        return (_key(name), EXTINCTION, "services")

    def subscribe(self, callback: Callable[[str], None]) -> Callable[[], None]:
        """Hear the name of each service whose instances or checks changed; the answer ends it."""
        self._subscribers.append(callback)
        return lambda: self._subscribers.remove(callback)

    def on_node_failed(self, callback: Callable[[str], None]) -> None:
        """Hear the name of each node whose serfHealth turned critical: its sessions end."""
        self._node_failed.append(callback)

    def machine_down(self, name: str) -> None:
        """The agent is silent; its checks stay as they are, serfHealth turns critical later."""
        self.nodes[name].answers = False
        self._timeline.after(self._between(PROBING), lambda: self._believe(name))

    def machine_up(self, name: str) -> None:
        """The agent is back with the services it had, and runs their checks again."""
        self.nodes[name].answers = True
        self._timeline.after(self._between(REJOIN), lambda: self._believe(name))

    def _believe(self, name: str) -> None:
        node = self.nodes[name]
        if node.alive is node.answers:
            return
        node.alive = node.answers
        news = {"Status": "passing", "Output": ALIVE} if node.alive else _FAILED
        names = {service.name for service in node.services.values()}
        index = self.raft.commit("checks", *map(_key, names))
        node.checks["serfHealth"] = node.checks["serfHealth"] | news | {"ModifyIndex": index}
        self._tell(names)
        if not node.alive:
            for callback in self._node_failed:
                callback(name)

    def _run(self, service: Service, check: Check) -> Callable[[], None]:
        """Nearly always the app that passed before still does: then there is nothing to tell."""
        passed: App | None = None

        def run() -> None:
            nonlocal passed
            if not service.node.answers:
                return
            if passed is None or judge(passed, check) != "passing":
                passed = self._look(service, check)

        return run

    def _look(self, service: Service, check: Check) -> App | None:
        """Run the check and tell what it found; the app if it passed."""
        registration, node = service.registration, service.node
        if registration is None:
            return None
        status, output = run_check(self.apps, registration, check)
        row = node.checks[check.id]
        if row["Status"] != status:
            index = self.raft.commit("checks", _key(service.name))
            news = {"Status": status, "Output": output, "ModifyIndex": index}
            node.checks[check.id] = row | news
            self._tell([service.name])
        elif not row["Output"]:  # told without a new index: agents hold outputs back
            node.checks[check.id] = row | {"Output": output}
        app = self.apps.at(registration.address, registration.port)
        return app if status == "passing" else None

    def _put(self, service: Service) -> None:
        self.raft.commit("services", "checks", _key(service.name))
        service.node.services[service.row["ID"]] = service
        self.by_service[service.name][service.node.name, service.row["ID"]] = service
        self._tell([service.name])

    def _drop(self, service: Service) -> None:
        for end in service.ends.values():
            end()
        for check_id in service.checks:
            del service.node.checks[check_id]
        del service.node.services[service.row["ID"]]
        same = self.by_service[service.name]
        del same[service.node.name, service.row["ID"]]
        if not same:
            del self.by_service[service.name]

    def _tell(self, names: Iterable[str]) -> None:
        for name in names:
            for callback in list(self._subscribers):
                callback(name)

    def _between(self, seconds: tuple[float, float]) -> float:
        return self._pace(self._rng.uniform(*seconds))


_FAILED = {"Status": "critical", "Output": GONE}


def _key(service: str) -> str:
    return f"service:{service}"
