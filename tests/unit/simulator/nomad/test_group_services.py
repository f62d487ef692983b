"""Services: in Consul, or kept by Nomad."""

from nomad_console.simulator.nomad.group_services import services_of
from tests.support import lab_jobs
from tests.support.nomad_world import NomadWorld

# The fields of a recorded registration (Nomad 2.0.5).
RECORDED = {
    "Address", "AllocID", "CreateIndex", "Datacenter", "ID", "JobID", "ModifyIndex", "Namespace",
    "NodeID", "Port", "ServiceName", "Tags",
}  # fmt: skip


def test_consul_services_carry_their_allocation_in_their_id() -> None:
    world = NomadWorld(clients=1)
    world.register(lab_jobs.web(1))
    world.settle()
    (row,) = world.allocations("web")
    service_id = f"_nomad-task-{row['ID']}-group-web-web-http"
    assert world.catalog.passing(service_id)
    world.cluster.deregister_job("default", "web")
    world.step(0.3)
    assert not world.catalog.passing(service_id)
    assert world.allocations("web")[0]["ClientStatus"] == "running"


def test_nomads_own_services_are_rows_with_events() -> None:
    world = NomadWorld(clients=1)
    world.mark()
    world.register(lab_jobs.solo())
    world.settle()
    (row,) = world.state.services.values()
    assert row.keys() == RECORDED
    assert (row["ServiceName"], row["Address"]) == ("solo", "10.77.0.101")
    world.cluster.deregister_job("default", "solo")
    world.step(0.3)
    assert world.state.services == {}
    types = [event["Type"] for _, event in world.log if event["Topic"] == "Service"]
    assert types == ["ServiceRegistration", "ServiceDeregistration"]


def test_services_of_tasks_count_too() -> None:
    group = lab_jobs.web().row()["TaskGroups"][0]
    group["Tasks"][0]["Services"] = [{"Name": "extra"}]
    assert [service["Name"] for service in services_of(group)] == ["web", "extra"]
