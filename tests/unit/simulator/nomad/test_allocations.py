"""Allocation structs."""

from nomad_console.simulator.nomad.allocations import (
    client_terminal,
    desired_by_server,
    group_of,
    healthy,
    marked_to_migrate,
    server_terminal,
    terminal,
)
from tests.support import lab_jobs
from tests.support.nomad_world import NomadWorld
from tests.support.recorded import recorded_body

# What only the list shows, and what a single read leaves out when it is empty.
NOT_IN_THE_READ = {
    "AllocStates", "DeploymentID", "DesiredDescription", "DesiredTransition", "FollowupEvalID",
    "JobType", "JobVersion", "NextAllocation", "PreemptedAllocations", "PreemptedByAllocation",
    "RescheduleTracker",
}  # fmt: skip


def test_a_running_allocation_has_the_fields_of_a_recorded_one() -> None:
    world = NomadWorld(clients=1)
    world.register(lab_jobs.web(1))
    world.settle()
    mine, theirs = world.allocations("web")[0], recorded_body("nomad/allocation.json")
    assert mine.keys() - NOT_IN_THE_READ == theirs.keys() - {"Job"}
    listed = recorded_body("nomad/allocations.json")[0]
    assert listed.keys() <= mine.keys()
    for field in ("AllocatedResources", "Resources", "SharedResources", "TaskResources", "Metrics"):
        assert mine[field].keys() == theirs[field].keys(), field
    assert mine["TaskStates"]["app"].keys() == theirs["TaskStates"]["app"].keys()
    assert mine["Name"] == theirs["Name"]
    assert world.state.allocation_jobs[mine["ID"]]["ID"] == "web"


def test_the_meaning_of_statuses() -> None:
    row = {
        "ClientStatus": "running",
        "DesiredStatus": "run",
        "DeploymentStatus": None,
        "DesiredTransition": {"Migrate": None},
    }
    assert not terminal(row)
    assert healthy(row) is None
    assert not marked_to_migrate(row)
    assert client_terminal({**row, "ClientStatus": "lost"})
    assert not client_terminal({**row, "ClientStatus": "unknown"})
    assert server_terminal({**row, "DesiredStatus": "evict"})
    assert healthy({**row, "DeploymentStatus": {"Healthy": False}}) is False
    assert marked_to_migrate({**row, "DesiredTransition": {"Migrate": True}})


def test_a_servers_change_moves_both_indexes() -> None:
    core = NomadWorld(clients=0).cluster.core
    row = desired_by_server({"ID": "a"}, core, 7, DesiredStatus="stop")
    assert (row["ModifyIndex"], row["AllocModifyIndex"], row["DesiredStatus"]) == (7, 7, "stop")


def test_a_group_is_found_by_name() -> None:
    job = lab_jobs.web().row()
    assert group_of(job, "web") is job["TaskGroups"][0]
    assert group_of(job, "other") is None
