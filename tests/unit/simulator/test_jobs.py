"""Scenario jobs as Nomad holds them."""

from nomad_console.simulator.jobs import specification
from nomad_console.simulator.pace import Pace
from nomad_console.simulator.scenario import Job

SECOND = 1_000_000_000


def test_a_service() -> None:
    job = Job(
        name="web",
        count=6,
        shutdown_delay=6.0,
        kill_timeout=15.0,
        sim={"stop": 2.0, "on_signal": "finish"},
    )
    group = specification(job).row()["TaskGroups"][0]
    assert group["Count"] == 6
    assert group["ShutdownDelay"] == 6 * SECOND
    assert group["Tasks"][0]["KillTimeout"] == 15 * SECOND
    assert group["Services"][0]["Tags"] == ["traefik.enable=true"]
    assert group["Services"][0]["Checks"][0]["Path"] == "/"
    assert group["Meta"] == {"sim.stop": "2", "sim.on_signal": "finish"}
    assert group["Networks"] == [{"DynamicPorts": [{"HostNetwork": "default", "Label": "http"}]}]


def test_an_edge_has_a_static_port_and_no_route_to_itself() -> None:
    job = Job(name="edge", type="system", port=80, expose=False, sim={"role": "edge"})
    group = specification(job).row()["TaskGroups"][0]
    assert group["Services"][0]["Tags"] is None
    assert group["Networks"][0]["ReservedPorts"][0]["Value"] == 80
    assert group["ShutdownDelay"] is None


def test_a_batch_job_differs_from_run_to_run() -> None:
    job = Job(name="crunch", type="batch", again=True, sim={"exit_after": 40.0})
    first, second = specification(job).row(Pace(10)), specification(job, 1).row(Pace(10))
    assert first["TaskGroups"][0]["Meta"] == {"sim.exit_after": "4"}
    assert first["TaskGroups"][0]["Services"] is None
    assert first["Meta"] != second["Meta"]
    assert {**first, "Meta": None} == {**second, "Meta": None}


def test_lost_after_is_a_disconnect_block() -> None:
    group = specification(Job(name="keeper", lost_after=60.0)).row()["TaskGroups"][0]
    assert group["Disconnect"]["LostAfter"] == 60 * SECOND
