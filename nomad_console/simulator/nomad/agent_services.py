"""What Nomad's own agents tell Consul of themselves (Nomad, command/agent/agent.go)."""

from base64 import b32encode
from dataclasses import replace
from hashlib import sha256

from nomad_console.simulator.nomad.apps import AppTable
from nomad_console.simulator.pace import Pace
from nomad_console.simulator.services import App, Check, Registration, ServiceRegistry

INTERVAL = 10.0  # s between two runs of a check
TIMEOUTS = {"http": 5.0, "tcp": 3.0}
RPC_PORT, SERF_PORT = 4647, 4648
_CHECKS = {"http": "HTTP", "rpc": "RPC", "serf": "Serf"}


class AgentServices:
    """Of one agent. A killed one stays listed, its checks critical; one that stops signs off."""

    def __init__(self, registry: ServiceRegistry, apps: AppTable, node: str, pace: Pace) -> None:
        self._registry = registry
        self._apps = apps
        self._node = node
        self._pace = pace
        self._listening: list[App] = []
        self._services: list[Registration] = []

    def add_client(self, host: str, port: int) -> None:
        self._add("client", "http", host, port)

    def add_server(self, host: str, port: int) -> None:
        self._add("server", "http", host, port)
        self._add("server", "rpc", host, RPC_PORT)
        self._add("server", "serf", host, SERF_PORT)

    def announce(self) -> None:
        """As of an agent that has run for long."""
        for service in self._services:
            checks = tuple(replace(check, initial_status="passing") for check in service.checks)
            self._registry.register(replace(service, checks=checks))

    def come_up(self) -> None:
        """New checks begin critical; after a kill the old ones are still there."""
        for app in self._listening:
            app.listening = True
        for service in self._services:
            self._registry.register(service)

    def go_down(self) -> None:
        for app in self._listening:
            app.listening = False

    def leave(self) -> None:
        self.go_down()
        for service in self._services:
            self._registry.deregister(service.id)

    def _add(self, role: str, tag: str, host: str, port: int) -> None:
        name = {"client": "nomad-client", "server": "nomad"}[role]
        told = f"{role}/{name}/{tag}/{host}:{port}".encode()
        kind = "http" if tag == "http" else "tcp"
        check = Check(
            id=f"_nomad-check-{sha256(told + b'/check').hexdigest()}",
            name=f"Nomad {role.title()} {_CHECKS[tag]} Check",
            kind=kind,
            path=f"/v1/agent/health?type={role}" if kind == "http" else "",
            interval=self._pace(INTERVAL),
            timeout=self._pace(TIMEOUTS[kind]),
        )
        digest = b32encode(sha256(told).digest()).decode().rstrip("=").lower()
        self._services.append(
            Registration(
                id=f"_nomad-{role}-{digest}",
                name=name,
                node_name=self._node,
                address=host,
                port=port,
                tags=(tag,),
                checks=(check,),
            )
        )
        app = App("", "", name, role, self._node, host, {tag: port}, {}, latency=0.0)
        app.body = f'{{"{role}":{{"message":"ok","ok":true}}}}'
        self._apps.listen(app)
        self._listening.append(app)
