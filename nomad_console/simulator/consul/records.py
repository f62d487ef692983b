"""Consul's rows as its HTTP API writes them.

Fields and spellings of Consul 1.8, the release that was recorded. Rows share what never differs:
a large world has fifty thousand of them.
"""

from typing import Any

from nomad_console.simulator.services import Check, Registration

Row = dict[str, Any]  # one JSON object

VERSION = "1.8.7"
SERVER_PORT = 8300  # RPC among servers
SERF_PORT = 8301  # gossip of the LAN
ALIVE = "Agent alive and reachable"
GONE = "Agent not live or unreachable"
_SAME: Row = {  # in every service's row, shared by all of them
    "Weights": {"Passing": 1, "Warning": 1},
    "EnableTagOverride": False,
    "Proxy": {"MeshGateway": {}, "Expose": {}},
    "Connect": {},
}
_NOTHING: Row = {}


def node_row(node_id: str, name: str, address: str, datacenter: str, index: int) -> Row:
    return {
        "ID": node_id,
        "Node": name,
        "Address": address,
        "Datacenter": datacenter,
        "TaggedAddresses": {
            "lan": address,
            "lan_ipv4": address,
            "wan": address,
            "wan_ipv4": address,
        },
        "Meta": {"consul-network-segment": ""},
        "CreateIndex": index,
        "ModifyIndex": index,
    }


def service_row(registration: Registration, index: int, created: int) -> Row:
    tagged = {"Address": registration.address, "Port": registration.port}
    return _service(
        registration.id,
        registration.name,
        tags=list(registration.tags),
        address=registration.address,
        port=registration.port,
        meta={"external-source": "nomad", **registration.meta},
        tagged={"lan_ipv4": tagged, "wan_ipv4": tagged},
    ) | {"CreateIndex": created, "ModifyIndex": index}


def consul_service_row(index: int) -> Row:
    """The service under which each Consul server lists itself."""
    meta = {
        "non_voter": "false",
        "raft_version": "3",
        "serf_protocol_current": "2",
        "serf_protocol_max": "5",
        "serf_protocol_min": "1",
        "version": VERSION,
    }
    row = _service("consul", "consul", tags=[], address="", port=SERVER_PORT, meta=meta)
    return row | {"CreateIndex": index, "ModifyIndex": index}


def _service(
    service_id: str,
    name: str,
    *,
    tags: list[str],
    address: str,
    port: int,
    meta: dict[str, str],
    tagged: Row | None = None,
) -> Row:
    return {
        "ID": service_id,
        "Service": name,
        "Tags": tags,
        "Address": address,
        **({"TaggedAddresses": tagged} if tagged else {}),
        "Meta": meta,
        "Port": port,
        **_SAME,
    }


def check_row(node: str, check: Check, registration: Registration, index: int) -> Row:
    return {
        "Node": node,
        "CheckID": check.id,
        "Name": check.name,
        "Status": check.initial_status,
        "Notes": "",
        "Output": "",
        "ServiceID": registration.id,
        "ServiceName": registration.name,
        "ServiceTags": list(registration.tags),
        "Type": check.kind,
        "Definition": _NOTHING,
        "CreateIndex": index,
        "ModifyIndex": index,
    }


def serf_row(node: str, index: int) -> Row:
    return {
        "Node": node,
        "CheckID": "serfHealth",
        "Name": "Serf Health Status",
        "Status": "passing",
        "Notes": "",
        "Output": ALIVE,
        "ServiceID": "",
        "ServiceName": "",
        "ServiceTags": [],
        "Type": "",
        "Definition": _NOTHING,
        "CreateIndex": index,
        "ModifyIndex": index,
    }


def catalog_service_row(node: Row, service: Row) -> Row:
    """Node and service in one flat row, as /v1/catalog/service/:name lists them."""
    return {
        "ID": node["ID"],
        "Node": node["Node"],
        "Address": node["Address"],
        "Datacenter": node["Datacenter"],
        "TaggedAddresses": node["TaggedAddresses"],
        "NodeMeta": node["Meta"],
        "ServiceKind": "",
        "ServiceID": service["ID"],
        "ServiceName": service["Service"],
        "ServiceTags": service["Tags"],
        "ServiceAddress": service["Address"],
        **(
            {"ServiceTaggedAddresses": service["TaggedAddresses"]}
            if "TaggedAddresses" in service
            else {}
        ),
        "ServiceWeights": service["Weights"],
        "ServiceMeta": service["Meta"],
        "ServicePort": service["Port"],
        "ServiceEnableTagOverride": service["EnableTagOverride"],
        "ServiceProxy": service["Proxy"],
        "ServiceConnect": service["Connect"],
        "CreateIndex": service["CreateIndex"],
        "ModifyIndex": service["ModifyIndex"],
    }


def member_row(node: Row, *, server: bool, alive: bool) -> Row:
    """One line of `consul members`; Status 1 alive, 4 failed."""
    tags = {
        "acls": "0",
        "build": f"{VERSION}:",
        "dc": node["Datacenter"],
        "id": node["ID"],
        "role": "consul" if server else "node",
        "segment": "",
        "vsn": "2",
        "vsn_max": "3",
        "vsn_min": "2",
    }
    if server:
        tags |= {"port": str(SERVER_PORT), "raft_vsn": "3", "ft_fs": "1", "wan_join_port": "8302"}
    return {
        "Name": node["Node"],
        "Addr": node["Address"],
        "Port": SERF_PORT,
        "Tags": tags,
        "Status": 1 if alive else 4,
        "ProtocolMin": 1,
        "ProtocolMax": 5,
        "ProtocolCur": 2,
        "DelegateMin": 2,
        "DelegateMax": 5,
        "DelegateCur": 4,
    }
