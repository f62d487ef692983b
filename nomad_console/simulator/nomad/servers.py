"""Nomad's servers: raft configuration, members and autopilot as each tells it, late as they do."""

from collections.abc import Callable
from dataclasses import dataclass

from nomad_console.simulator.nomad.agent_services import AgentServices
from nomad_console.simulator.nomad.apps import AppTable
from nomad_console.simulator.nomad.core import Core
from nomad_console.simulator.nomad.refusals import Refusal
from nomad_console.simulator.nomad.state import Row

FAILED_AFTER = 38.2  # s until serf reports a dead server (WAN profile)
UNHEALTHY_AFTER = 39.2  # s until autopilot does
HEALTHY_AFTER = 2.0  # s from a start
VERSION_AFTER = 1.3  # s from a start until autopilot shows the new version
DOWN_TIME = 1.0
ELECTION = 2.1  # s without a leader when the leader goes without a transfer
ELECTION_AFTER_QUORUM = 1.5


@dataclass
class Server:
    """One server; `up` is the process, what is reported of it follows later."""

    name: str
    id: str
    address: str  # host:rpc port
    http_address: str
    version: str
    stable_since: str
    services: AgentServices
    up: bool = True
    reported_status: str = "alive"  # by serf
    reported_healthy: bool = True  # by autopilot
    reported_version: str = ""
    last_index: int = 0  # that autopilot's last good look saw, of a dead one


class Servers:
    """The raft peers of the one region."""

    def __init__(self, core: Core, apps: AppTable, leader_changed: Callable[[], None]) -> None:
        self._core = core
        self._apps = apps
        self._changed = leader_changed
        self.all: dict[str, Server] = {}
        self.term = 2
        self._leader: str | None = None
        self._lives: dict[str, int] = {}

    def add(self, name: str, version: str, host: str, http_port: int) -> Server:
        server = Server(
            name=name,
            id=self._core.ids.uuid(),
            address=f"{host}:4647",
            http_address=f"{host}:{http_port}",
            version=version,
            stable_since=self._core.stamp_s(),
            services=AgentServices(self._core.registry, self._apps, name, self._core.pace),
            reported_version=version,
        )
        self.all[name] = server
        self._lives[name] = 0
        if self._leader is None:
            self._leader = name
        return server

    def leader(self) -> Server | None:
        """None without a quorum and while an election runs."""
        return None if self._leader is None else self.all[self._leader]

    def stop(self, name: str) -> None:
        server = self.all[name]
        if not server.up:
            return
        server.up = False
        server.services.go_down()
        server.last_index = self._core.state.index
        life = self._next_life(name)
        self._later(FAILED_AFTER, life, name, lambda: setattr(server, "reported_status", "failed"))
        self._later(UNHEALTHY_AFTER, life, name, lambda: setattr(server, "reported_healthy", False))
        if self._leader == name or not self._quorum():
            self._leader = None
            self._core.after(ELECTION, self._elect)

    def start(self, name: str, version: str | None = None) -> None:
        server = self.all[name]
        server.up = True
        server.services.come_up()
        server.version = version or server.version
        life = self._next_life(name)
        unhealthy = not server.reported_healthy

        def healthy() -> None:
            server.reported_status, server.reported_healthy = "alive", True
            if unhealthy:
                server.stable_since = self._core.stamp_s()

        def seen() -> None:
            server.reported_version = server.version

        self._later(VERSION_AFTER, life, name, seen)
        self._later(HEALTHY_AFTER, life, name, healthy)
        if self._leader is None:
            self._core.after(ELECTION_AFTER_QUORUM, self._elect)

    def restart(self, name: str, version: str) -> None:
        self.stop(name)
        self.all[name].services.leave()
        self._core.after(DOWN_TIME, lambda: self.start(name, version))

    def transfer(self, identity: str, address: str) -> Row:
        """Nomad's answer; refuses an unknown server."""
        before = self.leader()
        if before is None:
            raise Refusal(500, "No cluster leader")
        target = next(
            (s for s in self.all.values() if identity == s.id or address == s.address), None
        )
        if target is None:
            kind, value = ("id", identity) if identity else ("address", address)
            raise Refusal(400, f'{kind} "{value}" was not found in the Raft configuration')
        noop = target is before
        if not noop:
            self._become_leader(target.name)
        return {
            "Err": None,
            "From": {"Address": before.address, "ID": before.id},
            "Noop": noop,
            "To": {"Address": target.address, "ID": target.id},
        }

    def peers(self) -> list[str]:
        return [server.address for server in self.all.values()]

    def raft_configuration(self) -> Row:
        return {
            "Index": 0,
            "Servers": [
                {
                    "Address": server.address,
                    "ID": server.id,
                    "Leader": server.name == self._leader,
                    "Node": f"{server.name}.{self._core.region}",
                    "RaftProtocol": "3",
                    "Voter": True,
                }
                for server in self._shuffled()
            ],
        }

    def autopilot_health(self) -> Row:
        """As the leader sees it; `Healthy` false is answered with status 429."""
        healthy = sum(server.reported_healthy for server in self.all.values())
        leader = self.leader()
        return {
            "FailureTolerance": max(0, healthy - (len(self.all) // 2 + 1)),
            "Healthy": healthy == len(self.all),
            "Leader": leader.id if leader is not None else "",
            "Servers": [self._health(server) for server in self._shuffled()],
            "Voters": [server.id for server in self.all.values()],
        }

    def members(self, of: str) -> Row:
        """What the server of this name says of all of them."""
        return {
            "Members": [_member(server, self._core, len(self.all)) for server in self._shuffled()],
            "ServerDC": self._core.datacenter,
            "ServerName": of,
            "ServerRegion": self._core.region,
        }

    def _health(self, server: Server) -> Row:
        leader = server.name == self._leader
        contact = "0s" if leader else f"{self._core.rng.uniform(5, 90):.6f}ms"
        index = self._core.state.index if server.up else server.last_index
        return {
            "LastContact": contact,
            "ID": server.id,
            "Name": f"{server.name}.{self._core.region}",
            "Address": server.address,
            "SerfStatus": "alive" if server.reported_healthy else "left",  # not serf's `failed`
            "Version": server.reported_version,
            "Leader": leader,
            "LastTerm": self.term,
            "LastIndex": index,
            "Healthy": server.reported_healthy,
            "Voter": True,
            "StableSince": server.stable_since,
        }

    def _shuffled(self) -> list[Server]:
        """Nomad answers in no order of its own."""
        return self._core.rng.sample([*self.all.values()], len(self.all))

    def _next_life(self, name: str) -> int:
        self._lives[name] += 1
        return self._lives[name]

    def _later(self, seconds: float, life: int, name: str, then: Callable[[], None]) -> None:
        """Unless the server has been stopped or started again by then."""
        self._core.after(seconds, lambda: then() if self._lives[name] == life else None)

    def _quorum(self) -> bool:
        return sum(server.up for server in self.all.values()) > len(self.all) // 2

    def _elect(self) -> None:
        if self._leader is None and self._quorum():
            candidates = [server.name for server in self.all.values() if server.up]
            self._become_leader(self._core.rng.choice(candidates))

    def _become_leader(self, name: str) -> None:
        self._leader = name
        self.term += 1
        self._changed()


def _member(server: Server, core: Core, expected: int) -> Row:
    host, _, port = server.address.rpartition(":")
    return {
        "Addr": host,
        "DelegateCur": 4,
        "DelegateMax": 5,
        "DelegateMin": 2,
        "Name": f"{server.name}.{core.region}",
        "Port": 4648,
        "ProtocolCur": 2,
        "ProtocolMax": 5,
        "ProtocolMin": 1,
        "Status": server.reported_status,
        "Tags": {
            "build": server.version if server.up else server.reported_version,
            "dc": core.datacenter,
            "expect": str(expected),
            "id": server.id,
            "port": port,
            "raft_vsn": "3",
            "region": core.region,
            "revision": "",
            "role": "nomad",
            "rpc_addr": host,
            "vsn": "1",
        },
    }
