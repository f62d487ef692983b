"""From the recorded start the simulator goes through the recorded states, in the recorded times."""

from dataclasses import replace

import pytest

from nomad_console.simulator.nomad.heartbeats import GRACE
from nomad_console.simulator.nomad.jobs import JobSpec
from nomad_console.simulator.nomad.state import Row
from tests.support import lab_jobs
from tests.support.nomad_world import NomadWorld
from tests.support.transitions import Steps, differences, digested, recorded, steps


def _lab(node: str, copies: dict[str, int], *, seed: int = 1) -> NomadWorld:
    """The recorded jobs, with so many copies of each on the node, all healthy."""
    world = NomadWorld(seed=seed)
    world.register(lab_jobs.edge())
    for job in (lab_jobs.web(), lab_jobs.api(), lab_jobs.solo(), lab_jobs.broken()):
        if job.id in copies:
            world.arrange(job, node, copies[job.id])
    world.settle()
    return world


def _no_replacement_before_its_predecessor_ended(world: NomadWorld) -> None:
    ended: dict[str, float] = {}
    for at, event in world.log:
        kind, row = next(iter(event["Payload"].items()))
        if kind != "Allocation":
            continue
        if row["ClientStatus"] in {"complete", "failed", "lost"}:
            ended.setdefault(row["ID"], at)
        previous = row["PreviousAllocation"]
        if row["ClientStatus"] == "running" and previous in world.state.allocations:
            before = world.state.allocations[previous]
            assert previous in ended or before["ClientStatus"] != "running", row["Name"]


def _drained(world: NomadWorld, node: str, deadline: float, seconds: float, **spec: bool) -> Steps:
    world.mark()
    world.drain(node, deadline, **spec)
    world.step(seconds)
    _no_replacement_before_its_predecessor_ended(world)
    return steps(world.log, node)


def test_a_drain() -> None:
    world = _lab("c4", {"web": 3, "api": 1, "solo": 1})
    _start_on(world, "c4", lab_jobs.batch("report", 22.4))
    simulated = _drained(world, "c4", 120, 60)
    assert differences(simulated, steps(recorded("drain-normal"), "c4")) == []


def _start_on(world: NomadWorld, node: str, job: JobSpec) -> None:
    """Run it on this node only, and go on as soon as it runs."""
    group = replace(job.groups[0], constraints=[("${node.unique.name}", "=", node)])
    world.register(replace(job, groups=(group,)))
    world.step(2.0)


@pytest.mark.parametrize(
    ("case", "node", "copies", "deadline", "ignore_system"),
    [
        ("drain-ignore-system", "c2", {"web": 2, "api": 1, "solo": 1}, 120, True),
        ("drain-force", "c3", {"web": 2, "api": 1, "solo": 1}, -1, False),
        ("drain-count1", "c4", {"web": 2, "api": 1, "solo": 1}, 60, True),
    ],
)
def test_other_drains(
    case: str, node: str, copies: dict[str, int], deadline: float, ignore_system: bool
) -> None:
    world = _lab(node, copies)
    simulated = _drained(world, node, deadline, 60, ignore_system=ignore_system)
    assert differences(simulated, digested(case)) == []


def test_a_drain_of_a_node_with_only_a_system_job_that_just_started() -> None:
    """A copy that is stopped before its health was known ends unhealthy."""
    world = _lab("c4", {})
    world.drain("c4", 60)
    world.step(20)
    world.cluster.set_eligibility(world.node_id("c4"), "eligible")
    world.step(5)  # it runs, but is not healthy yet
    world.cluster.set_eligibility(world.node_id("c4"), "ineligible")
    simulated = _drained(world, "c4", 60, 10)
    assert differences(simulated, digested("drain-system-only")) == []


def test_a_drain_that_reaches_its_deadline() -> None:
    world = _lab("c1", {"web": 2, "api": 1, "solo": 1})
    _start_on(world, "c1", lab_jobs.batch("report", 3600))
    simulated = _drained(world, "c1", 15, 60)
    assert differences(simulated, digested("drain-deadline")) == []


def test_a_drain_that_is_cancelled_half_way() -> None:
    world = _lab("c1", {"web": 2, "api": 1, "solo": 1})
    world.mark()
    world.drain("c1", 120)
    world.step(1.55)
    world.cluster.set_drain(world.node_id("c1"), None, meta={"message": "cancelled"})
    world.step(40)
    assert differences(steps(world.log, "c1"), digested("drain-cancelled")) == []
    assert world.node("c1")["SchedulingEligibility"] == "ineligible"


def test_a_drain_counts_unhealthy_copies_as_there() -> None:
    """Both copies of `broken` go, though their replacements never pass their check."""
    world = _lab("c2", {"web": 3, "api": 1, "solo": 1, "broken": 2})
    world.cluster.break_job("default", "broken")
    for app in world.cluster.apps.all():
        app.status = 200  # only those that start from now on are broken
    simulated = _drained(world, "c2", 55, 60)
    assert differences(simulated, digested("drain-stuck-unhealthy")) == []


def test_a_client_killed_and_back() -> None:
    world = _lab("c4", {})
    _drain_and_return(world, "c4")
    for job in (lab_jobs.web(), lab_jobs.api(), lab_jobs.keeper()):
        world.arrange(job, "c4", 1)
    _wait_until_it_would_be_missed_after(world, "c4", 18.86)
    world.mark()
    world.cluster.agent_kill("c4")
    world.step(45)
    simulated = steps(world.log, "c4")
    reference = steps(recorded("client-killed"), "c4")
    assert differences(_first(simulated), _first(reference)) == []
    world.mark()
    world.cluster.agent_start("c4")
    world.step(45)
    assert differences(steps(world.log, "c4"), steps(recorded("client-back"), "c4")) == []


def _drain_and_return(world: NomadWorld, node: str) -> None:
    world.drain(node, 60)
    world.step(20)
    world.cluster.set_eligibility(world.node_id(node), "eligible")
    world.settle()


def _wait_until_it_would_be_missed_after(world: NomadWorld, node: str, seconds: float) -> None:
    """How long a silence may last depends on how old the last heartbeat was."""
    age, ttl = world.cluster.heartbeat(node)
    world.step((ttl + GRACE - seconds - age) % ttl)


def _first(steps_: Steps) -> Steps:
    """Without the second copy of `web` that was there in the recording."""
    return {label: states for label, states in steps_.items() if not label.endswith("/1")}


def test_system_jobs_come_back_to_an_eligible_node() -> None:
    world = _lab("c2", {})
    world.drain("c2", 60)
    world.step(30)
    world.mark()
    world.cluster.set_eligibility(world.node_id("c2"), "eligible")
    world.step(20)
    assert differences(steps(world.log, "c2"), steps(recorded("system-jobs-back"), "c2")) == []


def _deployment_steps(events: list[tuple[float, Row]], job: str) -> list[tuple[float, str]]:
    """Deployment, job and finished evaluations in their order."""
    found: list[tuple[float, str]] = []
    for at, event in events:
        kind, row = next(iter(event["Payload"].items()))
        if kind == "Deployment" and row["JobID"] == job:
            group = row["TaskGroups"][job]
            found.append((at, f"{row['Status']} {group['PlacedAllocs']}/{group['HealthyAllocs']}"))
        elif kind == "Job" and row["ID"] == job:
            found.append((at, f"job {event['Type']} {row['Status']} v{row['Version']}"))
    return found


def test_a_deployment() -> None:
    world = _lab("c4", {"web": 2})
    world.mark()
    changed = lab_jobs.web()
    world.register(replace(changed, groups=(replace(changed.groups[0], env={"LEVEL": "2"}),)))
    world.step(110)
    simulated = _deployment_steps(world.log, "web")
    reference = _deployment_steps(recorded("deployment", 0.01), "web")
    simulated = [(at, text.replace("v2", "v1")) for at, text in simulated]
    assert [text for _, text in simulated] == [text for _, text in reference]
    offset = reference[0][0]
    for (at, text), (when, _) in zip(simulated, reference, strict=True):
        assert abs(at - (when - offset)) <= max(1.0, 0.2 * (when - offset)), text


@pytest.mark.parametrize("case", ["upgrade-inplace", "upgrade-drained"])
def test_an_agent_restarts_with_another_version(case: str) -> None:
    """Its status never leaves ready; a second registration follows."""
    node = "c1" if case == "upgrade-inplace" else "c2"
    world = _lab(node, {"web": 1})
    if case == "upgrade-drained":
        world.drain(node, 120)
        world.step(60)
    world.mark()
    world.cluster.agent_restart(node, "2.0.5")
    world.step(20)
    mine, theirs = (_registrations(log) for log in (world.log, recorded(case)))
    assert [kind for _, kind in mine] == [kind for _, kind in theirs]
    assert abs(mine[0][0] - theirs[0][0]) <= 1.0
    assert world.node(node)["Attributes"]["nomad.version"] == "2.0.5"
    assert all(event["Topic"] == "Node" for _, event in world.log)


def _registrations(events: list[tuple[float, Row]]) -> list[tuple[float, str]]:
    return [
        (at, f"{event['Type']} {event['Payload']['Node']['Status']}")
        for at, event in events
        if event["Topic"] == "Node"
    ]
