"""Reads of evaluations and deployments."""

from nomad_console.simulator.nomad_api.calls import Answer, Call, Reading, not_found
from nomad_console.simulator.nomad_api.encoding import lean
from nomad_console.simulator.nomad_api.errors import need_uuid
from nomad_console.simulator.nomad_api.lists import CreationOrder, Page, by_creation
from nomad_console.simulator.nomad_api.view import View, keeper, modified, prefixed


def evaluations(view: View, call: Call) -> Reading:
    def answer() -> Answer:
        page = _evaluations(view, call)
        return Answer([lean(row) for row in page.rows], next_token=page.next_token)

    view.readable(call, "read-job")
    return Reading(("evaluations",), view.index_of("evaluations"), answer)


def evaluations_count(view: View, call: Call) -> Reading:
    """Takes the list's own filter and answers with its length alone."""
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
    """`status` and `job` are options of their own, besides the filter."""
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
    """One row with its own index; the table's while it is not there."""
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


def deployments(view: View, call: Call) -> Reading:
    visible = view.readable(call, "read-job")
    keeps = keeper(visible, view.filter(call, "Deployment"), *prefixed(call.query.prefix))

    def answer() -> Answer:
        places = view.deployments.places()
        page = by_creation(places, view.state.deployments, call.query, keeps)
        return Answer(page.rows, next_token=page.next_token)

    return Reading(("deployments",), view.index_of("deployments"), answer)
