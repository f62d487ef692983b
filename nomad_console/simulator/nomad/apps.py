"""The apps that running task groups listen as, and how they take their stop signal."""

from collections.abc import Mapping
from dataclasses import dataclass

from nomad_console.simulator.nomad.state import Row
from nomad_console.simulator.pace import Pace
from nomad_console.simulator.services import App, Machine

EDGE_GRACE = 10.0  # s an edge gives its requests in flight (Traefik, graceTimeOut)


@dataclass(frozen=True)
class Behaviour:
    """What a group's `sim.*` Meta says of its app, in true seconds."""

    start: float
    stop: float
    on_signal: str
    latency: float
    role: str
    exit_after: float | None

    @classmethod
    def of(cls, group: Row, pace: Pace) -> "Behaviour":
        meta: Mapping[str, str] = group["Meta"] or {}
        exit_after = meta.get("sim.exit_after")
        return cls(
            start=_seconds(meta, "sim.start", pace(0.3)),
            stop=_seconds(meta, "sim.stop", pace(1.0)),
            on_signal=meta.get("sim.on_signal", "finish"),
            latency=_seconds(meta, "sim.latency", pace(0.05)),
            role=meta.get("sim.role", ""),
            exit_after=None if exit_after is None else float(exit_after),
        )


def _seconds(meta: Mapping[str, str], key: str, default: float) -> float:
    return float(meta[key]) if key in meta else default


class AppTable:
    """Every app of the world, by where it listens and by its allocation."""

    def __init__(self, machines: Mapping[str, Machine]) -> None:
        self._machines = machines
        self._by_place: dict[tuple[str, int], App] = {}
        self._by_allocation: dict[str, App] = {}
        self.broken: set[tuple[str, str]] = set()  # (namespace, job) whose apps answer 500

    def at(self, address: str, port: int) -> App | None:
        """Who answers there now; a machine that is down answers nobody."""
        app = self._by_place.get((address, port))
        if app is None or not app.listening or not app.alive:
            return None
        machine = self._machines.get(app.node_name)
        return app if machine is None or machine.up else None

    def listen(self, app: App) -> None:
        """What no allocation runs, such as an agent."""
        for port in app.ports.values():
            self._by_place[app.address, port] = app

    def all(self) -> list[App]:
        return [*self._by_allocation.values()]

    def of(self, alloc_id: str) -> App | None:
        return self._by_allocation.get(alloc_id)

    def start(self, allocation: Row, group: Row, address: str, behaviour: Behaviour) -> App:
        """A process that does not listen yet."""
        job = (allocation["Namespace"], allocation["JobID"])
        ports = allocation["AllocatedResources"]["Shared"]["Ports"] or ()
        app = App(
            alloc_id=allocation["ID"],
            namespace=job[0],
            job=job[1],
            group=group["Name"],
            node_name=allocation["NodeName"],
            address=address,
            ports={port["Label"]: port["Value"] for port in ports},
            meta=group["Meta"] or {},
            listening=False,
            status=500 if job in self.broken else 200,
            latency=behaviour.latency,
            body="OK" if behaviour.role == "edge" else f"{allocation['ID']} -\n",
        )
        self._by_allocation[app.alloc_id] = app
        for port in app.ports.values():
            self._by_place[address, port] = app
        return app

    def end(self, app: App) -> None:
        app.end()
        if self._by_allocation.get(app.alloc_id) is app:
            del self._by_allocation[app.alloc_id]
        for port in app.ports.values():
            if self._by_place.get((app.address, port)) is app:
                del self._by_place[app.address, port]

    def set_broken(self, job: tuple[str, str], *, broken: bool) -> None:
        (self.broken.add if broken else self.broken.discard)(job)
        for app in self._by_allocation.values():
            if (app.namespace, app.job) == job:
                app.status = 500 if broken else 200
