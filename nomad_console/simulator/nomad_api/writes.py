"""Writes: checked as Nomad checks them, then done by the cluster.

An id must be a whole UUID, a body a JSON object: both are refused before anything is done.
"""

from typing import Any

from nomad_console.simulator.nomad.refusals import Refusal
from nomad_console.simulator.nomad.state import Row
from nomad_console.simulator.nomad_api.acl import denied
from nomad_console.simulator.nomad_api.calls import Answer, Body, Call
from nomad_console.simulator.nomad_api.errors import need_uuid
from nomad_console.simulator.nomad_api.view import View

_GO_KINDS = {  # of JSON values, as encoding/json names them
    str: "string",
    bool: "bool",
    float: "number",
    list: "array",
    dict: "object",
}


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
    if spec is not None:
        spec = {
            "Deadline": spec.get("Deadline") or 0,
            "IgnoreSystemJobs": bool(spec.get("IgnoreSystemJobs")),
        }
    return _done(
        view.cluster.set_drain(
            _whole_id(call, "node"),
            spec,
            mark_eligible=bool(body.get("MarkEligible")),
            meta=meta,
            actor=view.acl.accessor(call.secret),
        )
    )


def eligibility(view: View, call: Call) -> Answer:
    """`eligible` or `ineligible`; the cluster refuses other words, and a draining node."""
    call.need("node", "write")
    wanted = str(call.json().get("Eligibility") or "")
    return _done(view.cluster.set_eligibility(_whole_id(call, "node"), wanted))


def purge(view: View, call: Call) -> Answer:
    call.need("node", "write")
    return _done(view.cluster.node_purge(_whole_id(call, "node")))


def node_evaluate(view: View, call: Call) -> Answer:
    call.need("node", "write")
    return _done(view.cluster.node_evaluate(_whole_id(call, "node")))


def _whole_id(call: Call, kind: str) -> str:
    need_uuid(kind, call.path["id"])
    return call.path["id"]


def job_scale(view: View, call: Call) -> Answer:
    """One group to a count; refused while a deployment runs."""
    call.need_in(call.query.namespace, "scale-job")
    body = call.json()
    target = body.get("Target") or {}
    count = _typed(body, "Count", int, "ScalingRequest.Count", "int64")
    if count is None:
        raise Refusal(400, "scaling to no count is not simulated")
    return _done(
        view.cluster.job_scale(
            call.query.namespace,
            call.path["job"],
            str(target.get("Group") or call.path["job"]),
            count,
            str(body.get("Message") or ""),
        )
    )


def job_evaluate(view: View, call: Call) -> Answer:
    call.need_in(call.query.namespace, "submit-job")
    return _done(view.cluster.job_evaluate(call.query.namespace, call.path["job"]))


def allocation_stop(view: View, call: Call) -> Answer:
    identity = _lifecycle(view, call)
    at_once = call.query.flag("no_shutdown_delay")
    return _done(view.cluster.stop_allocation(identity, no_shutdown_delay=at_once))


def allocation_restart(view: View, call: Call) -> Answer:
    body = call.json() if call.body else {}
    task = str(body.get("TaskName") or "")
    return Answer(view.cluster.restart_allocation(_lifecycle(view, call), task), vary="Origin")


def allocation_signal(view: View, call: Call) -> Answer:
    body = call.json()
    signal, task = str(body.get("Signal") or ""), str(body.get("TaskName") or "")
    identity = _lifecycle(view, call)
    return Answer(view.cluster.signal_allocation(identity, signal, task), vary="Origin")


def _lifecycle(view: View, call: Call) -> str:
    """The allocation, where the token may stop and restart what runs in its namespace."""
    identity = _whole_id(call, "alloc")
    row = view.state.allocations.get(identity)
    if row is not None and not call.rights.may(row["Namespace"], "alloc-lifecycle"):
        raise denied()
    return identity


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
    """By exactly one of raft id and address; to the present leader it is a Noop."""
    call.need("operator", "write")
    identity = call.query.fields.get("id", "")
    address = call.query.fields.get("address", "")
    if identity and address:
        raise Refusal(400, "must specify either id or address")
    if not identity and not address:
        raise Refusal(400, "must specify id or address")
    return Answer(view.cluster.transfer_leadership(identity=identity, address=address))
