"""Reads of nodes, node pools and namespaces."""

from nomad_console.simulator.nomad.state import Row
from nomad_console.simulator.nomad_api.acl import denied
from nomad_console.simulator.nomad_api.calls import Answer, Call, Reading, not_found
from nomad_console.simulator.nomad_api.encoding import allocation_whole, node_stub
from nomad_console.simulator.nomad_api.errors import need_uuid
from nomad_console.simulator.nomad_api.lists import by_name
from nomad_console.simulator.nomad_api.view import View, keeper, modified, prefixed


def nodes(view: View, call: Call) -> Reading:
    """All or those of one pool, by id. The filter sees the whole node, not the stub."""
    call.need("node")
    query = call.query
    chosen = view.filter(call, "Node")
    os, resources = query.flag("os"), query.flag("resources")
    pool = call.path.get("pool")
    keeps = keeper(
        None,
        chosen,
        *prefixed(query.prefix),
        *([lambda row: pool in {"all", row["NodePool"]}] if pool else []),
    )

    def answer() -> Answer:
        page = by_name(list(view.state.nodes.items()), query, keeps)
        stubs = [node_stub(row, os=os, resources=resources) for row in page.rows]
        return Answer(stubs, next_token=page.next_token)

    return Reading(("nodes",), view.index_of("nodes"), answer)


def node(view: View, call: Call) -> Reading:
    """Whole; its index does not move with its allocations."""
    call.need("node")
    identity = call.path["id"]
    need_uuid("node", identity)

    def index() -> int:
        row = view.state.nodes.get(identity)
        return modified(row) if row else view.state.table_index["nodes"]

    def answer() -> Answer:
        row = view.state.nodes.get(identity)
        return Answer({**row, "SecretID": ""}) if row else not_found("node")

    return Reading((f"node:{identity}",), index, answer)


def node_allocations(view: View, call: Call) -> Reading:
    """Empty for a node that does not exist; other namespaces are left out without a word."""
    call.need("node")
    identity = call.path["id"]
    need_uuid("node", identity)

    def rows() -> list[Row]:
        held = view.state.allocs_by_node.get(identity, ())
        return [view.state.allocations[name] for name in sorted(held)]

    def index() -> int:
        latest = max((row["ModifyIndex"] for row in rows()), default=0)
        return latest or view.state.table_index["allocations"]

    def answer() -> Answer:
        seen = [row for row in rows() if call.rights.may(row["Namespace"], "read-job")]
        return Answer([allocation_whole(view.state, row) for row in seen])

    return Reading((f"node-allocs:{identity}",), index, answer)


def node_pools(view: View, call: Call) -> Reading:
    """Empty, not refused, for a token without rights in any."""
    keeps = keeper(None, view.filter(call, "NodePool"))
    prefix = call.query.prefix

    def answer() -> Answer:
        if not (call.rights.management or call.rights.node_pools):
            return Answer([])
        named = [item for item in view.state.node_pools.items() if item[0].startswith(prefix)]
        page = by_name(named, call.query, keeps)
        return Answer(page.rows, next_token=page.next_token)

    return Reading(("node_pools",), view.index_of("node_pools"), answer)


def node_pool(view: View, call: Call) -> Reading:
    if not (call.rights.management or call.rights.node_pools):
        raise denied()

    def answer() -> Answer:
        row = view.state.node_pools.get(call.path["pool"])
        return Answer(row) if row else not_found("node pool")

    return Reading(("node_pools",), view.index_of("node_pools"), answer)


def namespaces(view: View, call: Call) -> Reading:
    """Only those the token has any right in."""
    prefix = call.query.prefix

    def answer() -> Answer:
        return Answer(
            [
                row
                for name, row in sorted(view.state.namespaces.items())
                if name.startswith(prefix) and call.rights.sees(name)
            ]
        )

    return Reading(("namespaces",), view.index_of("namespaces"), answer)


def namespace(view: View, call: Call) -> Reading:
    name = call.path["name"]
    if not call.rights.sees(name):
        raise denied()

    def answer() -> Answer:
        row = view.state.namespaces.get(name)
        return Answer(row) if row else not_found("Namespace")

    return Reading(("namespaces",), view.index_of("namespaces"), answer)
