"""/v1/agent, /v1/status and the caller's own token: what the asked server says of itself."""

from http import HTTPStatus
from uuid import NAMESPACE_OID, uuid5

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nomad_console.simulator.consul.acl import MANAGEMENT
from nomad_console.simulator.consul.answers import as_json, index_headers, text
from nomad_console.simulator.consul.catalog import Catalog, Node
from nomad_console.simulator.consul.gate import Gate
from nomad_console.simulator.consul.records import SERVER_PORT, VERSION, Row, member_row


class AgentApi:
    """Of one of Consul's servers, which knows every member."""

    def __init__(self, catalog: Catalog, node: Node, gate: Gate) -> None:
        self._catalog = catalog
        self._node = node
        self._gate = gate

    def routes(self) -> list[Route]:
        return [
            self._gate.route("/v1/status/leader", self._leader),
            self._gate.route("/v1/status/peers", self._peers),
            self._gate.route("/v1/agent/self", self._self),
            self._gate.route("/v1/agent/members", self._members),
            self._gate.route("/v1/acl/token/self", self._token),
        ]

    async def _leader(self, request: Request) -> Response:
        return as_json(request, _rpc_address(self._node))

    async def _peers(self, request: Request) -> Response:
        servers = (node for node in self._catalog.nodes.values() if node.server)
        return as_json(request, [_rpc_address(node) for node in servers])

    async def _members(self, request: Request) -> Response:
        """Without the right nobody is listed, and nothing says why."""
        if "catalog" not in self._gate.rights(request):
            return as_json(request, [])
        return as_json(request, [_member(node) for node in self._catalog.nodes.values()])

    async def _self(self, request: Request) -> Response:
        self._gate.demand(request, "agent")
        row, raft = self._node.row, str(self._catalog.raft.index)
        acl = "enabled" if self._gate.acl else "disabled"
        answer: Row = {
            "Config": {
                "Datacenter": self._catalog.datacenter,
                "NodeName": row["Node"],
                "NodeID": row["ID"],
                "Revision": "",
                "Server": True,
                "Version": VERSION,
            },
            "DebugConfig": {
                "ACLDefaultPolicy": "deny" if self._gate.acl else "allow",
                "ACLsEnabled": self._gate.acl is not None,
                "BindAddr": row["Address"],
                "Datacenter": self._catalog.datacenter,
                "HTTPMaxConnsPerClient": 200,
                "ServerMode": True,
                "Version": VERSION,
            },
            "Coord": {"Vec": [0.0] * 8, "Error": 1.5, "Adjustment": 0, "Height": 1e-05},
            "Member": _member(self._node),
            "Stats": {
                "build": {"prerelease": "", "revision": "", "version": VERSION},
                "consul": {
                    "acl": acl,
                    "known_datacenters": "1",
                    "leader": "true",
                    "leader_addr": _rpc_address(self._node),
                    "server": "true",
                },
                "raft": {"applied_index": raft, "last_log_index": raft, "state": "Leader"},
            },
            "Meta": row["Meta"],
        }
        return as_json(request, answer)

    async def _token(self, request: Request) -> Response:
        """The accessor and policies of the caller; each right stands for a policy of its name."""
        if self._gate.acl is None:
            return text(HTTPStatus.UNAUTHORIZED, "ACL support disabled")
        headers = index_headers(1)
        given = request.headers.get("X-Consul-Token", "")
        if given not in self._gate.acl.tokens:
            return text(HTTPStatus.FORBIDDEN, "ACL not found", headers)
        rights = sorted(self._gate.acl.rights(given))
        policies = [{"ID": _id(right), "Name": right} for right in rights]
        if "acl" in rights:
            policies = [{"ID": MANAGEMENT, "Name": "global-management"}]
        answer = {"AccessorID": _id(given), "SecretID": given, "Policies": policies}
        return as_json(request, answer | {"Local": False}, headers)


def _id(text: str) -> str:
    """A UUID that is the same each time, and another for another text."""
    return str(uuid5(NAMESPACE_OID, text))


def _member(node: Node) -> Row:
    return member_row(node.row, server=node.server, alive=node.alive)


def _rpc_address(node: Node) -> str:
    return f"{node.row['Address']}:{SERVER_PORT}"
