"""What Nomad's clients tell Consul, and what both ask of the apps: the seam inside the world."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Check:
    """One check of a registered service; durations in seconds, already divided by the speed."""

    id: str
    name: str
    kind: str  # http, tcp
    path: str
    interval: float
    timeout: float
    initial_status: str = "critical"


@dataclass(frozen=True, slots=True)
class Registration:
    """One service instance as a Nomad agent registers it with the Consul agent of its machine."""

    id: str  # _nomad-task-<alloc id>-group-<group>-<service>-<port label>
    name: str
    node_name: str
    address: str
    port: int
    tags: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    meta: Mapping[str, str] = field(default_factory=dict)
    alloc_id: str = ""


class ServiceRegistry(Protocol):
    """Consul, as a Nomad client sees it. Registering the same id again replaces it."""

    def register(self, registration: Registration) -> None: ...

    def deregister(self, registration_id: str) -> None: ...

    def passing(self, registration_id: str) -> bool:
        """Whether the instance is registered and every check of it passes."""
        ...


@dataclass(slots=True)
class App:
    """What a running task group listens as.

    While `listening`, it answers `status` after `latency` seconds. A connection to an app that is
    not listening is refused. When the app ends, `alive` turns False: what is in flight is cut.
    An app that handles its stop signal first stops listening, ends what is in flight, then dies.
    `held`: each request in flight with the call that cuts it.
    """

    alloc_id: str
    namespace: str
    job: str
    group: str
    node_name: str
    address: str
    ports: Mapping[str, int]  # label -> port
    meta: Mapping[str, str]  # the task group's Meta, `sim.*` keys included
    listening: bool = True
    alive: bool = True
    status: int = 200
    latency: float = 0.05
    body: str = ""  # of its answer to a check
    held: dict[object, Callable[[], None]] = field(default_factory=dict)

    def end(self) -> None:
        self.listening = self.alive = False
        for cut in [*self.held.values()]:
            cut()


class Apps(Protocol):
    """Every app of the world, found as the network finds it."""

    def at(self, address: str, port: int) -> App | None:
        """Who listens there now; None: connection refused."""
        ...


@dataclass
class Machine:
    """One client machine from outside Nomad: `up` is the machine, `agent_up` Nomad's agent."""

    name: str
    node_id: str
    address: str
    instance_id: str
    zone: str
    up: bool = True
    agent_up: bool = True
    booted_at: float = 0.0  # elapsed time; below 0: before the world began
