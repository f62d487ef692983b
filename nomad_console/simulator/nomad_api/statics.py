"""Reads of what this cluster does not have, or never changes."""

from nomad_console.simulator.nomad.refusals import Refusal
from nomad_console.simulator.nomad_api.acl import POLICY_INDEX
from nomad_console.simulator.nomad_api.calls import Answer, Call, Reading, not_found
from nomad_console.simulator.nomad_api.view import View

SCHEDULER_INDEX = 5  # of the configuration's only write, when the cluster came up


def _still(answer: Answer, index: int = 0) -> Reading:
    """A read that no write wakes."""
    return Reading((), lambda: index, lambda: answer)


def token_self(view: View, call: Call) -> Reading:
    return _still(Answer(view.acl.row(call.secret)))


def policy(view: View, call: Call) -> Reading:
    found = view.acl.policy(call.secret, call.path["name"])
    if found is None:
        return _still(Answer(text="ACL policy not found", status=404))
    return _still(Answer(found), POLICY_INDEX)


def volumes(_view: View, _call: Call) -> Reading:
    return _still(Answer([]))


def variables(_view: View, _call: Call) -> Reading:
    """There are none: locks are kept in Consul."""
    return _still(Answer([], vary="Origin"))


def variable(_view: View, _call: Call) -> Reading:
    missing = not_found("variable")
    return _still(Answer(text=missing.text, status=missing.status, vary="Origin"))


def scheduler_configuration(view: View, call: Call) -> Reading:
    call.need("operator")
    preempt = dict.fromkeys(
        ("BatchSchedulerEnabled", "ServiceSchedulerEnabled", "SysBatchSchedulerEnabled"), False
    )
    return _still(
        Answer(
            {
                "Index": SCHEDULER_INDEX,
                "KnownLeader": True,
                "LastContact": 0,
                "NextToken": "",
                "SchedulerConfig": {
                    "CreateIndex": SCHEDULER_INDEX,
                    "MemoryOversubscriptionEnabled": False,
                    "ModifyIndex": SCHEDULER_INDEX,
                    "NodeLimitForFeasibilityChecks": 0,
                    "PauseEvalBroker": False,
                    "PreemptionConfig": {**preempt, "SystemSchedulerEnabled": True},
                    "RejectJobRegistration": False,
                    "SchedulerAlgorithm": view.cluster.core.algorithm,
                },
            }
        ),
        SCHEDULER_INDEX,
    )


def regions(view: View, _call: Call) -> Answer:
    return Answer([view.cluster.region])


def metrics(_view: View, _call: Call) -> Answer:
    """As an agent answers whose telemetry block does not name Prometheus."""
    raise Refusal(415, "Prometheus is not enabled")
