"""Reads of allocations, evaluations, deployments and Nomad's own services."""

from collections.abc import Iterable, Sequence

from nomad_console.simulator.nomad.refusals import Refusal
from nomad_console.simulator.nomad.state import Row
from nomad_console.simulator.nomad_api.calls import Answer, Call, Reading, not_found
from nomad_console.simulator.nomad_api.encoding import allocation_stub, allocation_whole, lean
from nomad_console.simulator.nomad_api.errors import need_uuid
from nomad_console.simulator.nomad_api.lists import CreationOrder, Page, Place, by_creation
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


def evaluations(view: View, call: Call) -> Reading:
    def answer() -> Answer:
        page = _evaluations(view, call)
        return Answer([lean(row) for row in page.rows], next_token=page.next_token)

    view.readable(call, "read-job")
    return Reading(("evaluations",), view.index_of("evaluations"), answer)


def evaluations_count(view: View, call: Call) -> Reading:
    index = view.index_of("evaluations")

    def answer() -> Answer:
        return Answer(
            {
                "Count": len(_evaluations(view, call).rows),
                "Index": index(),
                "KnownLeader": True,
                "LastContact": 0,
                "NextToken": "",
            }
        )

    view.readable(call, "read-job")
    return Reading(("evaluations",), index, answer)


def _evaluations(view: View, call: Call) -> Page:
    fields = call.query.fields
    wanted = {"Status": fields.get("status"), "JobID": fields.get("job")}
    keeps = keeper(
        view.readable(call, "read-job"),
        view.filter(call, "Evaluation"),
        *prefixed(call.query.prefix),
        lambda row: all(value in {None, "", row[name]} for name, value in wanted.items()),
    )
    return by_creation(view.evaluations.places(), view.state.evaluations, call.query, keeps)


def evaluation(view: View, call: Call) -> Reading:
    return _single(view, call, view.evaluations, "eval")


def deployment(view: View, call: Call) -> Reading:
    return _single(view, call, view.deployments, "deployment")


def _single(view: View, call: Call, order: CreationOrder, what: str) -> Reading:
    identity = call.path["id"]
    call.need_in(call.query.namespace, "read-job")
    need_uuid(what, identity)

    def index() -> int:
        row = order.table.get(identity)
        return modified(row) if row else view.state.table_index[f"{order.kind}s"]

    def answer() -> Answer:
        row = order.table.get(identity)
        if row is None or not call.rights.may(row["Namespace"], "read-job"):
            return not_found(what)
        return Answer(lean(row) if what == "eval" else row)

    return Reading((f"{order.kind}:{identity}",), index, answer)


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


def deployments(view: View, call: Call) -> Reading:
    visible = view.readable(call, "read-job")
    keeps = keeper(visible, view.filter(call, "Deployment"), *prefixed(call.query.prefix))

    def answer() -> Answer:
        places = view.deployments.places()
        page = by_creation(places, view.state.deployments, call.query, keeps)
        return Answer(page.rows, next_token=page.next_token)

    return Reading(("deployments",), view.index_of("deployments"), answer)


def services(view: View, call: Call) -> Reading:
    """Grouped by namespace; what may not be seen is left out, nothing is refused."""
    wanted = call.query.namespace

    def answer() -> Answer:
        found: dict[str, dict[str, set[str]]] = {}
        for row in view.state.services.values():
            namespace = row["Namespace"]
            if wanted in {"*", namespace} and call.rights.may(namespace, "read-job"):
                tags = found.setdefault(namespace, {}).setdefault(row["ServiceName"], set())
                tags.update(row["Tags"] or ())
        return Answer(
            [
                {
                    "Namespace": namespace,
                    "Services": [
                        {"ServiceName": name, "Tags": sorted(tags)}
                        for name, tags in sorted(names.items())
                    ],
                }
                for namespace, names in sorted(found.items())
            ]
        )

    return Reading(("services",), view.index_of("services"), answer)


def service(view: View, call: Call) -> Reading:
    call.need_in(call.query.namespace, "read-job")
    name, namespace = call.path["name"], call.query.namespace

    def answer() -> Answer:
        rows = view.state.services.values()
        return Answer(
            [row for row in rows if (row["Namespace"], row["ServiceName"]) == (namespace, name)]
        )

    return Reading(("services",), view.index_of("services"), answer)
