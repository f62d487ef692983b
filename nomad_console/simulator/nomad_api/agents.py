"""Who answers: a server or a client agent, and what it says of itself."""

from copy import deepcopy
from functools import cache
from importlib.resources import files

import msgspec

from nomad_console.simulator.nomad.servers import Server
from nomad_console.simulator.nomad.state import Row
from nomad_console.simulator.nomad_api.calls import Answer, Call
from nomad_console.simulator.nomad_api.errors import NO_LEADER_AFTER
from nomad_console.simulator.nomad_api.view import View

_RUNTIME = {
    "arch": "amd64",
    "cpu_count": "2",
    "goroutines": "120",
    "kernel.name": "linux",
    "max_procs": "2",
    "version": "go1.26.8",
}
_NO_MEMBER: Row = {  # a client is in no serf pool
    "Addr": None,
    "DelegateCur": 0,
    "DelegateMax": 0,
    "DelegateMin": 0,
    "Name": "",
    "Port": 0,
    "ProtocolCur": 0,
    "ProtocolMax": 0,
    "ProtocolMin": 0,
    "Status": "none",
    "Tags": None,
}
_HEALTHY = {"message": "ok", "ok": True}
STALE_CONTACT = 12  # ms since a follower last heard of its leader


class Agent:
    """One agent, by the name of its machine or server; the first server without a name."""

    def __init__(self, view: View, name: str = "") -> None:
        self._view = view
        self.name = name or next(iter(view.cluster.servers.all))
        self.is_client = self.name in view.cluster.machines

    @property
    def node_id(self) -> str:
        """The client's node; nothing for a server."""
        return self._view.cluster.machines[self.name].node_id if self.is_client else ""

    @property
    def version(self) -> str:
        cluster = self._view.cluster
        return cluster.agent(self.name).version if self.is_client else self.server.version

    @property
    def server(self) -> Server:
        """Itself, or the server a client's calls go to."""
        servers = self._view.cluster.servers.all
        return servers[self.name] if not self.is_client else next(iter(servers.values()))

    @property
    def http_address(self) -> str:
        if self.is_client:
            return self._view.cluster.agent(self.name).http_address
        return self.server.http_address

    def last_contact(self, *, stale: bool) -> int:
        """X-Nomad-Lastcontact, in ms; it grows while a stale read has no leader behind it."""
        leader = self._view.cluster.leader()
        if not stale or leader is self.server:
            return 0
        if leader is None:
            return self._view.leaderless_ms()
        return STALE_CONTACT


@cache
def _configuration() -> Row:
    """A server agent's configuration, defaults in place; not to be changed."""
    text = (files(__package__) / "agent_config.json").read_bytes()
    configuration: Row = msgspec.json.decode(text)
    return configuration


def agent_self(view: View, call: Call, agent: Agent) -> Answer:
    """What tells a client from a server, as both answer almost everything else alike."""
    call.need("agent")
    configuration = deepcopy(_configuration())
    _identify(configuration, view, agent)
    if agent.is_client:
        _as_client(configuration, view, agent)
        stats = {"client": _client_stats(view, agent), "runtime": _RUNTIME}
        return Answer({"config": configuration, "member": _NO_MEMBER, "stats": stats})
    stats = {**_server_stats(view, agent), "runtime": _RUNTIME}
    members = view.cluster.servers.members(agent.name)["Members"]
    own = f"{agent.name}.{view.cluster.region}"
    member = next(row for row in members if row["Name"] == own)
    return Answer({"config": configuration, "member": member, "stats": stats})


def _identify(configuration: Row, view: View, agent: Agent) -> None:
    host, _, port = agent.http_address.rpartition(":")
    serf = host if agent.is_client else f"{host}:4648"
    configuration["AdvertiseAddrs"] = {
        "HTTP": agent.http_address,
        "RPC": f"{host}:4647",
        "Serf": serf,
    }
    configuration["Ports"] = {"HTTP": int(port), "RPC": 4647, "Serf": 4648}
    configuration["Datacenter"] = view.cluster.datacenter
    configuration["Region"] = view.cluster.region
    configuration["NodeName"] = agent.name
    configuration["Version"]["Version"] = agent.version
    configuration["ACL"]["Enabled"] = view.acl.enabled
    configuration["Server"]["BootstrapExpect"] = len(view.cluster.servers.all)


def _as_client(configuration: Row, view: View, agent: Agent) -> None:
    node = view.state.nodes.get(agent.node_id, Row())
    configuration["Server"] |= {"Enabled": False, "BootstrapExpect": 0}
    configuration["Client"] |= {
        "Enabled": True,
        "MaxKillTimeout": "120s",
        "Meta": node.get("Meta", {}),
        "NetworkInterface": "eth0",
        "NodeClass": node.get("NodeClass", ""),
        "NodePool": node.get("NodePool", "default"),
        "Servers": view.cluster.servers.peers(),
    }


def _client_stats(view: View, agent: Agent) -> dict[str, str]:
    """Durations as text here, unlike anywhere else in the API."""
    since, ttl = view.cluster.heartbeat(agent.name)
    return {
        "heartbeat_ttl": f"{ttl:.6f}s",
        "known_servers": ",".join(view.cluster.servers.peers()),
        "last_heartbeat": f"{since:.6f}s",
        "node_id": agent.node_id,
        "num_allocations": str(len(view.state.allocs_by_node.get(agent.node_id, ()))),
    }


def _server_stats(view: View, agent: Agent) -> dict[str, dict[str, str]]:
    leader = view.cluster.leader()
    servers = view.cluster.servers
    is_leader = leader is agent.server
    index = str(view.state.index)
    return {
        "nomad": {
            "bootstrap": "false",
            "known_regions": "1",
            "leader": "true" if is_leader else "false",
            "leader_addr": leader.address if leader else "",
            "server": "true",
        },
        "raft": {
            "applied_index": index,
            "commit_index": index,
            "last_contact": "0" if is_leader else f"{STALE_CONTACT}ms",
            "last_log_index": index,
            "num_peers": str(len(servers.all) - 1),
            "protocol_version": "3",
            "state": "Leader" if is_leader else "Follower",
            "term": str(servers.term),
        },
        "serf": {"failed": "0", "left": "0", "members": str(len(servers.all))},
    }


def agent_health(view: View, call: Call, agent: Agent) -> Answer:
    """500, with the same JSON, where the agent's half asked for is not well."""
    wanted = call.query.fields.get("type", "")
    if agent.is_client:
        return Answer({"client": _HEALTHY} if wanted != "server" else {})
    if wanted == "client":
        return Answer({})
    if view.cluster.leader() is None:
        alone = {"message": "No cluster leader", "ok": False}
        return Answer({"server": alone}, status=500, late=view.pace(NO_LEADER_AFTER))
    return Answer({"server": _HEALTHY})


def agent_members(view: View, call: Call, agent: Agent) -> Answer:
    """Servers only; a client passes the question on to one of them."""
    call.need("node")
    return Answer(view.cluster.servers.members(agent.server.name))
