"""Reads of allocations: all, one, or what belongs to an evaluation or a deployment.

The list is read in one sweep at the start of every console: stubs are made per page, not kept.
"""

from collections.abc import Iterable, Sequence

from nomad_console.simulator.nomad.refusals import Refusal
from nomad_console.simulator.nomad.state import Row
from nomad_console.simulator.nomad_api.calls import Answer, Call, Reading, not_found
from nomad_console.simulator.nomad_api.encoding import allocation_stub, allocation_whole
from nomad_console.simulator.nomad_api.errors import need_uuid
from nomad_console.simulator.nomad_api.lists import Place, by_creation
from nomad_console.simulator.nomad_api.view import View, keeper, modified, prefixed


def stubs(view: View, rows: Iterable[Row], *, states: bool, resources: bool) -> list[Row]:
    jobs = view.state.allocation_jobs
    return [
        allocation_stub(row, jobs[row["ID"]], states=states, resources=resources) for row in rows
    ]


def allocations(view: View, call: Call) -> Reading:
    query = call.query
    visible = view.readable(call, "read-job")
    chosen = view.filter(call, "Allocation")
    keeps = keeper(visible, chosen, *prefixed(query.prefix))
    states = query.flag("task_states", default=True)
    resources = query.flag("resources")
    # Nomad scans them all; thousands of readers ask for one node's, which the store has at hand
    node_id = chosen.equal.get("NodeID") if chosen else None
    table = view.state.allocations

    def places() -> Sequence[Place]:
        if node_id is None:
            return view.allocations.places()
        held = view.state.allocs_by_node.get(node_id, ())
        return sorted((table[name]["CreateIndex"], name) for name in held)

    def answer() -> Answer:
        page = by_creation(places(), table, query, keeps)
        return Answer(
            stubs(view, page.rows, states=states, resources=resources), next_token=page.next_token
        )

    return Reading(("allocations",), view.index_of("allocations"), answer)


def allocation(view: View, call: Call) -> Reading:
    """Where it may not be read it is 404, as if there were none, with other words."""
    identity = call.path["id"]
    need_uuid("alloc", identity)
    table = view.state.allocations

    def index() -> int:
        row = table.get(identity)
        return modified(row) if row else view.state.table_index["allocations"]

    def answer() -> Answer:
        row = table.get(identity)
        if row is None:
            return not_found("alloc")
        if not call.rights.may(row["Namespace"], "read-job"):
            raise Refusal(404, f'Unknown allocation "{identity}"')
        return Answer(allocation_whole(view.state, row))

    return Reading((f"allocation:{identity}",), index, answer)


def evaluation_allocations(view: View, call: Call) -> Reading:
    return _belonging(view, call, "EvalID")


def deployment_allocations(view: View, call: Call) -> Reading:
    return _belonging(view, call, "DeploymentID")


def _belonging(view: View, call: Call, name: str) -> Reading:
    identity = call.path["id"]
    call.need_in(call.query.namespace, "read-job")

    def answer() -> Answer:
        rows = [row for row in view.state.allocations.values() if row.get(name) == identity]
        seen = [row for row in rows if call.rights.may(row["Namespace"], "read-job")]
        seen.sort(key=lambda row: row["ID"])
        return Answer(stubs(view, seen, states=True, resources=False))

    return Reading(("allocations",), view.index_of("allocations"), answer)
