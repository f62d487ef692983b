"""Writes: checked as Nomad checks them, then done by the cluster."""

from typing import Any

from nomad_console.simulator.nomad.refusals import Refusal
from nomad_console.simulator.nomad.state import Row
from nomad_console.simulator.nomad_api.acl import denied
from nomad_console.simulator.nomad_api.calls import Answer, Body, Call, not_found
from nomad_console.simulator.nomad_api.errors import need_uuid
from nomad_console.simulator.nomad_api.view import View

_GO_KINDS = {str: "string", bool: "bool", float: "number", list: "array", dict: "object"}


def _typed(body: Body, name: str, kind: type, field: str, go_type: str) -> Any:
    """A field of the body; refuses another type with the words of Go's decoder."""
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        given = _GO_KINDS.get(type(value), "number")
        raise Refusal(
            400, f"json: cannot unmarshal {given} into Go struct field {field} of type {go_type}"
        )
    return value


def _done(row: Row) -> Answer:
    return Answer(row, index=row["Index"])


def drain(view: View, call: Call) -> Answer:
    """`Deadline` in nanoseconds: > 0 from now, 0 none, < 0 force."""
    call.need("node", "write")
    body = call.json()
    spec = _typed(body, "DrainSpec", dict, "NodeUpdateDrainRequest.DrainSpec", "api.DrainSpec")
    if spec is not None:
        _typed(spec, "Deadline", int, "DrainSpec.DrainSpec.Deadline", "time.Duration")
        _typed(spec, "IgnoreSystemJobs", bool, "DrainSpec.DrainSpec.IgnoreSystemJobs", "bool")
    meta = _typed(body, "Meta", dict, "NodeUpdateDrainRequest.Meta", "map[string]string")
    identity = _known_node(view, call)
    return _done(
        view.cluster.set_drain(
            identity, spec, bool(body.get("MarkEligible")), meta, view.acl.actor(call.secret)
        )
    )


def eligibility(view: View, call: Call) -> Answer:
    call.need("node", "write")
    wanted = call.json().get("Eligibility")
    if wanted not in {"eligible", "ineligible"}:
        raise Refusal(500, f'rpc error: invalid scheduling eligibility "{wanted or ""}"')
    identity = _known_node(view, call)
    return _done(view.cluster.set_eligibility(identity, wanted, view.acl.actor(call.secret)))


def purge(view: View, call: Call) -> Answer:
    call.need("node", "write")
    return _done(view.cluster.node_purge(_known_node(view, call)))


def node_evaluate(view: View, call: Call) -> Answer:
    call.need("node", "write")
    return _done(view.cluster.node_evaluate(_known_node(view, call)))


def _known_node(view: View, call: Call) -> str:
    identity = call.path["id"]
    need_uuid("node", identity)
    if identity not in view.state.nodes:
        raise Refusal(500, "rpc error: node not found")
    return identity


def job_scale(view: View, call: Call) -> Answer:
    call.need_in(call.query.namespace, "scale-job")
    body = call.json()
    target = body.get("Target") or {}
    return _done(
        view.cluster.job_scale(
            call.query.namespace,
            call.path["job"],
            str(target.get("Group") or call.path["job"]),
            _typed(body, "Count", int, "ScalingRequest.Count", "int64"),
            str(body.get("Message") or ""),
        )
    )


def job_evaluate(view: View, call: Call) -> Answer:
    call.need_in(call.query.namespace, "submit-job")
    return _done(view.cluster.job_evaluate(call.query.namespace, call.path["job"]))


def allocation_stop(view: View, call: Call) -> Answer:
    row = _allocation(view, call)
    if row is None:
        return not_found("alloc")
    return _done(view.cluster.stop_allocation(row["ID"]))


def allocation_restart(view: View, call: Call) -> Answer:
    row = _allocation(view, call)
    if row is None:
        raise Refusal(404, f'Unknown allocation "{call.path["id"]}"')
    body = call.json() if call.body else {}
    view.cluster.restart_allocation(row["ID"], _task(row, body))
    return Answer({"Index": 0}, vary="Origin")


def allocation_signal(view: View, call: Call) -> Answer:
    row = _allocation(view, call)
    if row is None:
        raise Refusal(404, f'Unknown allocation "{call.path["id"]}"')
    body = call.json()
    view.cluster.signal_allocation(row["ID"], str(body.get("Signal") or ""), _task(row, body))
    return Answer({"Index": 0}, vary="Origin")


def _task(row: Row, body: Body) -> str:
    name = str(body.get("TaskName") or "")
    states = row.get("TaskStates") or {}
    if name and name not in states:
        raise Refusal(500, f"Could not find task runner for task: {name}")
    if any(states[task]["State"] != "running" for task in ([name] if name else states)):
        raise Refusal(500, "Failed to restart task, err: Task not running")
    return name


def _allocation(view: View, call: Call) -> Row | None:
    need_uuid("alloc", call.path["id"])
    row: Row | None = view.state.allocations.get(call.path["id"])
    if row is not None and not call.rights.may(row["Namespace"], "alloc-lifecycle"):
        raise denied()
    return row


def system_gc(view: View, call: Call) -> Answer:
    """Answers at once; the terminal rows vanish a moment later."""
    if not call.rights.management:
        raise denied()
    view.cluster.system_gc()
    return Answer(text="")


def reconcile_summaries(_view: View, call: Call) -> Answer:
    if not call.rights.management:
        raise denied()
    return Answer(text="")


def transfer_leadership(view: View, call: Call) -> Answer:
    call.need("operator", "write")
    identity = call.query.fields.get("id", "")
    address = call.query.fields.get("address", "")
    if identity and address:
        raise Refusal(400, "must specify either id or address")
    if not identity and not address:
        raise Refusal(400, "must specify id or address")
    return Answer(view.cluster.transfer_leadership(identity=identity, address=address))
