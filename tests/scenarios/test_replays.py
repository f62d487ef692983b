"""From the recorded start the simulator goes through the recorded states, in the recorded times."""

from dataclasses import replace

import pytest

from nomad_console.simulator.nomad.heartbeats import GRACE
from nomad_console.simulator.nomad.jobs import JobSpec
from nomad_console.simulator.nomad.state import Row
from tests.support import lab_jobs
from tests.support.causes import disorders
from tests.support.nomad_world import NomadWorld
from tests.support.transitions import Steps, differences, digested, recorded, steps

BLOCKED_UNTIL = 32.1  # the shorter deadline of drain-blocked
DEADLINES = {
    "drain-normal": 120.0,
    "drain-ignore-system": 120.0,
    "drain-system-only": 60.0,
    "drain-cancelled": 120.0,
    "drain-force": 0.0,
    "drain-deadline": 15.0,
    "drain-count1": 60.0,
    "drain-stuck-unhealthy": 55.0,
    "drain-blocked": BLOCKED_UNTIL,
}


def _lab(node: str, copies: dict[str, int], *, seed: int = 1) -> NomadWorld:
    """The recorded jobs, with so many copies of each on the node, all healthy."""
    world = NomadWorld(seed=seed)
    world.register(lab_jobs.edge())
    for job in (lab_jobs.web(), lab_jobs.api(), lab_jobs.solo(), lab_jobs.broken()):
        if job.id in copies:
            world.arrange(job, node, copies[job.id])
    world.settle()
    return world


def _drained(world: NomadWorld, node: str, deadline: float, seconds: float, **spec: bool) -> Steps:
    world.mark()
    world.drain(node, deadline, **spec)
    world.step(seconds)
    simulated = steps(world.log, node)
    assert disorders(simulated, deadline) == []
    return simulated


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
    simulated = steps(world.log, "c1")
    assert differences(simulated, digested("drain-cancelled")) == []
    assert disorders(simulated, 120) == []
    assert world.node("c1")["SchedulingEligibility"] == "ineligible"


def test_a_drain_counts_unhealthy_copies_as_there() -> None:
    """Both copies of `broken` go, though their replacements never pass their check.

    Its specification is written from what the recordings' README says of it.
    """
    world = _lab("c2", {"web": 3, "api": 1, "solo": 1, "broken": 2})
    world.cluster.break_job("default", "broken")
    for app in world.cluster.apps.all():
        app.status = 200  # only those that start from now on are broken
    simulated = _drained(world, "c2", 55, 60)
    assert differences(simulated, digested("drain-stuck-unhealthy")) == []


def test_a_drain_whose_work_has_no_place_elsewhere() -> None:
    """No recording has the specification of `pinned`: it is written from what the recordings'
    README says of it (two copies, only allowed on the drained node), without a check."""
    world = _lab("c3", {"web": 2, "api": 1, "solo": 1})
    world.register(lab_jobs.pinned("c3"))
    world.step(5.4)  # its copies are healthy 4.8 s after the drain began
    world.mark()
    world.drain("c3", 600)
    world.step(12.1)
    world.drain("c3", 20)  # a shorter deadline
    world.step(30)
    simulated = steps(world.log, "c3")
    assert differences(simulated, digested("drain-blocked")) == []
    assert disorders(simulated, BLOCKED_UNTIL) == []
    blocked = [
        row["JobID"] for row in world.state.evaluations.values() if row["Status"] == "blocked"
    ]
    assert blocked == ["pinned"]


@pytest.mark.parametrize(("case", "deadline"), DEADLINES.items())
def test_recorded_drains_are_in_the_order_that_simulated_ones_are_held_to(
    case: str, deadline: float
) -> None:
    whole = case == "drain-normal"
    reference = steps(recorded(case), "c4") if whole else digested(case)
    assert disorders(reference, deadline) == []


@pytest.mark.parametrize(
    ("label", "state", "at", "words"),
    [
        ("web/old/0", 0, -1.0, "web/old/0 is marked before the node drains"),
        ("web/old/1", 0, 2.0, "web has copy 1 marked out of turn"),
        ("web/new/0", 0, 0.5, "web/new/0 is placed before the old one is stopped"),
        ("web/new/0", 1, 2.0, "web/new/0 runs before the old one has ended"),
        ("edge/old/0", 0, 2.0, "edge/old/0 is marked before the others have ended"),
        ("node", 1, 2.0, "the drain is complete before the node is empty"),
    ],
)
def test_an_effect_before_its_cause_is_found(label: str, state: int, at: float, words: str) -> None:
    changed = digested("drain-blocked")
    changed[label][state] = (at, changed[label][state][1])
    assert words in disorders(changed, BLOCKED_UNTIL)


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
