"""Nomad's clients: restarted, lost, back, purged."""

from typing import Any

from tests.support.nomad_parties import NomadParty, Story
from tests.support.statements import statement

Row = dict[str, Any]


def of_node(story: Story) -> list[Row]:
    """The events of the story's own node."""
    return [
        event
        for event in story.events
        if event["Topic"] == "Node" and event["Payload"]["Node"]["Name"] == story.node
    ]


def written(story: Story) -> list[Row]:
    """Allocations as they were written, in order."""
    return [
        event["Payload"]["Allocation"] for event in story.events if event["Topic"] == "Allocation"
    ]


def states(story: Story, job: str, role: str) -> list[str]:
    return [state for _, state in story.copies(job, role)[0]]


@statement(
    "nomad.client.restart", "an agent that restarts in place stays `ready`, its tasks run on"
)
def test_a_restart_in_place(party: NomadParty) -> None:
    story = party.story("upgrade-inplace")
    events = of_node(story)
    assert {event["Payload"]["Node"]["Status"] for event in events} == {"ready"}
    assert [event["Topic"] for event in story.events if event["Type"] == "NodeRegistration"]
    assert list(story.steps) == ["node"]


@statement("nomad.client.registers-twice", "it registers at once and again 5 to 10 s later")
def test_two_registrations(party: NomadParty) -> None:
    for case in ("upgrade-inplace", "upgrade-drained"):
        story = party.story(case)
        times = [
            at
            for at, line in story.lines
            for event in line.get("Events", ())
            if event["Type"] == "NodeRegistration"
        ]
        assert len(times) == 2
        assert 4.0 < times[1] - times[0] < 11.0


@statement(
    "nomad.client.upgraded", "each registration writes the version it runs and a larger index"
)
def test_the_version_of_a_node(party: NomadParty) -> None:
    (first, *_, last) = of_node(party.story("upgrade-inplace"))
    node, later = first["Payload"]["Node"], last["Payload"]["Node"]
    assert node["Attributes"]["nomad.version"] == later["Attributes"]["nomad.version"]
    assert node["ModifyIndex"] < later["ModifyIndex"]


@statement("nomad.client.restart-drained", "a drained node comes back `ready` and ineligible")
def test_a_drained_node_restarts(party: NomadParty) -> None:
    story = party.story("upgrade-drained")
    assert story.steps["node"][-1][1] == "ready ineligible - complete"


@statement("nomad.client.eligible-again", "made eligible, it gets evaluations for its system jobs")
def test_a_drained_node_is_made_eligible(party: NomadParty) -> None:
    body = party.story("upgrade-drained").read("eligible").body
    assert body["EvalIDs"]
    assert body["EvalCreateIndex"] > body["Index"] > 0


@statement("nomad.client.system-back", "then its system job is placed, runs, and is healthy last")
def test_system_jobs_come_back(party: NomadParty) -> None:
    story = party.story("system-jobs-back")
    assert states(story, "edge", "new") == [
        "run pending - ?",
        "run running - ?",
        "run running - +",
    ]


@statement("nomad.client.lost", "a silent client is `disconnected` if one of its groups may be")
def test_a_lost_client(party: NomadParty) -> None:
    node = party.story("client-killed").read("node").body
    assert (node["Status"], node["SchedulingEligibility"]) == ("disconnected", "eligible")
    event = node["Events"][-1]
    assert (event["Subsystem"], event["Message"]) == ("Cluster", "Node heartbeat missed")


@statement("nomad.client.lost-after", "that takes its heartbeat's time and grace: 10 to 40 s")
def test_when_a_client_is_lost(party: NomadParty) -> None:
    at, _ = party.story("client-killed").steps["node"][-1]
    assert 10.0 < at < 40.0


@statement("nomad.client.lost-allocations", "its allocations are lost and replaced elsewhere")
def test_lost_allocations(party: NomadParty) -> None:
    story = party.story("client-killed")
    for job in ("web", "api"):
        assert states(story, job, "old")[-1].startswith("stop lost")
    rows = [row for row in written(story) if row["ClientStatus"] == "lost"]
    assert {row["DesiredDescription"] for row in rows} == {"alloc is lost since its node is down"}
    replaced = [row for row in rows if row["JobID"] == "web"]
    assert all(row["NextAllocation"] for row in replaced)
    placed = [row for row in written(story) if row["ClientStatus"] == "pending"]
    assert placed
    assert story.node not in {row["NodeName"] for row in placed}


@statement("nomad.client.lost-tasks", "the tasks of lost allocations still say `running`")
def test_tasks_of_lost_allocations(party: NomadParty) -> None:
    rows = [
        row
        for row in written(party.story("client-killed"))
        if row["ClientStatus"] in {"lost", "unknown"}
    ]
    assert rows
    for row in rows:
        assert {state["State"] for state in row["TaskStates"].values()} == {"running"}


@statement("nomad.client.unknown", "with `replace = false` it is `unknown`, wanted, not replaced")
def test_unknown_allocations(party: NomadParty) -> None:
    story = party.story("client-killed")
    row = story.read("unknown").body
    assert (row["DesiredStatus"], row["ClientStatus"]) == ("run", "unknown")
    (state,) = row["AllocStates"]
    assert (state["Field"], state["Value"]) == (0, "unknown")
    assert "NextAllocation" not in row


@statement("nomad.client.stats", "the statistics of a lost client are 404 `No path to node`")
def test_statistics_of_a_lost_client(party: NomadParty) -> None:
    assert party.story("client-killed").read("stats").text == (404, "No path to node")


@statement("nomad.client.back", "back, it is `initializing`, then `ready`")
def test_a_client_comes_back(party: NomadParty) -> None:
    story = party.story("client-back")
    found = [state.split()[0] for _, state in story.steps["node"]]
    assert found[-2:] == ["initializing", "ready"]


@statement("nomad.client.reconnected", "its unknown allocations run on, with `Reconnected`")
def test_unknown_allocations_come_back(party: NomadParty) -> None:
    story = party.story("client-back")
    assert "run running - + Reconnected" in states(story, "keeper", "old")


@statement("nomad.client.lost-again", "its lost ones are `running` for a while, then `complete`")
def test_lost_allocations_come_back(party: NomadParty) -> None:
    for job in ("web", "api"):
        found = [state.split()[1] for state in states(party.story("client-back"), job, "old")]
        assert found[-2:] == ["running", "complete"]


@statement("nomad.client.purge", "a purge is answered with evaluations; the node is 404 then")
def test_a_purge(party: NomadParty) -> None:
    story = party.story("purge")
    body = story.read("purge").body
    assert body["EvalIDs"]
    assert body["NodeModifyIndex"] == body["Index"] > 0
    assert story.read("gone").text == (404, "node not found")


@statement("nomad.client.purge-lost", "the purged node's allocations stay listed below it, lost")
def test_allocations_of_a_purged_node(party: NomadParty) -> None:
    answer = party.story("purge").read("allocations")
    assert answer.status == 200
    assert {
        (row["ClientStatus"], row["DesiredStatus"]) for row in answer.body if row["JobID"] == "edge"
    } == {("lost", "stop")}


@statement("nomad.client.purge-back", "its agent registers again, eligible and without a past")
def test_a_purged_node_comes_back(party: NomadParty) -> None:
    row = party.story("purge").read("back").body
    assert (row["Status"], row["SchedulingEligibility"], row["LastDrain"]) == (
        "ready",
        "eligible",
        None,
    )
    assert [event["Message"] for event in row["Events"]] == ["Node registered"]
