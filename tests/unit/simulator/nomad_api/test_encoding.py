from typing import Any

from nomad_console.simulator.nomad_api.encoding import (
    allocation_stub,
    allocation_whole,
    job_stub,
    lean,
    node_stub,
    payload,
)
from tests.support.nomad_http import NomadLab


def test_whole_allocations_leave_empty_fields_out() -> None:
    row: dict[str, Any] = {
        "ID": "a",
        "NextAllocation": "",
        "DeploymentStatus": None,
        "DesiredTransition": {"Migrate": None, "Reschedule": False},
        "JobType": "service",
        "TaskStates": {"app": {}},
    }
    assert lean(row) == {"ID": "a", "TaskStates": {"app": {}}}
    marked = {**row, "DesiredTransition": {"Migrate": True, "Reschedule": None}}
    assert lean(marked)["DesiredTransition"] == {"Migrate": True, "Reschedule": None}


def test_a_list_has_every_key_with_null_or_nothing() -> None:
    row: dict[str, Any] = {
        "ClientStatus": "pending",
        "DesiredStatus": "run",
        **dict.fromkeys(("CreateIndex", "CreateTime", "ModifyIndex", "ModifyTime"), 1),
        **dict.fromkeys(
            ("EvalID", "ID", "JobID", "Name", "Namespace", "NodeID", "NodeName", "TaskGroup"), "x"
        ),
    }
    stub = allocation_stub(row, {"Type": "batch", "Version": 2}, states=True, resources=False)
    assert (stub["JobType"], stub["JobVersion"]) == ("batch", 2)
    assert (stub["NextAllocation"], stub["RescheduleTracker"], stub["TaskStates"]) == (
        "",
        None,
        None,
    )
    assert set(stub["DesiredTransition"].values()) == {None}
    assert "AllocatedResources" not in stub
    assert "PreviousAllocation" not in stub


def test_stubs_show_what_is_asked_for() -> None:
    state = NomadLab().state
    node = next(iter(state.nodes.values()))
    plain = node_stub(node, os=False, resources=False)
    assert plain["Version"] == "2.0.4"
    assert not plain.keys() & {"Attributes", "NodeResources", "DrainStrategy", "Events", "Meta"}
    full = node_stub(node, os=True, resources=True)
    assert full["Attributes"] == {"os.name": "debian"}
    assert full["NodeResources"] == node["NodeResources"]
    job = {**state.jobs["default", "web"], "Meta": {"rev": "2"}}
    assert "Meta" not in job_stub(job, {}, meta=False)
    assert job_stub(job, {}, meta=True)["Meta"] == {"rev": "2"}


def test_events_have_no_job_and_no_secret() -> None:
    state = NomadLab().state
    row = next(iter(state.allocations.values()))
    assert "Job" in allocation_whole(state, row)
    assert "Job" not in payload("Allocation", row)["Allocation"]
    assert payload("Node", {"ID": "n", "SecretID": "secret"}) == {
        "Node": {"ID": "n", "SecretID": ""}
    }
    assert payload("Job", {"Stop": False}) == {"Job": {"Stop": False}}
