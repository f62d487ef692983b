"""Nomad's lists and single reads: keys, units, filters, pages."""

import re
from itertools import pairwise
from typing import Any

from tests.support.nomad_parties import NomadParty
from tests.support.statements import statement

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
YEAR_2000 = 946_684_800  # s
LEFT_OUT = (
    "NextAllocation",
    "FollowupEvalID",
    "DesiredDescription",
    "RescheduleTracker",
    "PreemptedAllocations",
)
Row = dict[str, Any]


def rows(party: NomadParty, name: str) -> list[Row]:
    answer = party.answer(name)
    assert answer.status == 200
    assert answer.body, name
    found: list[Row] = answer.body
    return found


@statement("nomad.lists.every-key", "an allocation in a list has every key, empty or null")
def test_allocations_in_a_list(party: NomadParty) -> None:
    for row in rows(party, "lists/allocations-page-1"):
        assert set(LEFT_OUT) < row.keys()
        assert row["RescheduleTracker"] is row["PreemptedAllocations"] is None
        assert isinstance(row["NextAllocation"], str)
        assert isinstance(row["FollowupEvalID"], str)
        assert {"DeploymentStatus", "DesiredTransition", "JobType", "JobVersion"} < row.keys()
        assert not {"Job", "PreviousAllocation", "AllocatedResources"} & row.keys()


@statement("nomad.lists.null-is-false", "what is not to migrate has `Migrate: null` in a list")
def test_desired_transitions_in_a_list(party: NomadParty) -> None:
    for row in rows(party, "allocations"):
        assert row["DesiredTransition"].keys() >= {"Migrate", "NoShutdownDelay", "Reschedule"}
        assert set(row["DesiredTransition"].values()) == {None}


@statement("nomad.lists.without-task-states", "`task_states=false` leaves `TaskStates` null")
def test_slim_allocations(party: NomadParty) -> None:
    slim = rows(party, "allocations-slim")
    whole = rows(party, "allocations")
    assert {row["TaskStates"] is None for row in slim} == {True}
    assert any(row["TaskStates"] for row in whole)


@statement("nomad.lists.single-leaves-out", "one allocation read alone leaves out what is empty")
def test_a_single_allocation(party: NomadParty) -> None:
    row = party.answer("allocation").body
    assert not {*LEFT_OUT, "JobType", "JobVersion", "DesiredTransition"} & row.keys()
    assert all(value not in (None, "", [], {}) for name, value in row.items() if name != "Metrics")
    assert row["Job"]["ID"] == row["JobID"]


@statement(
    "nomad.lists.node-allocations", "a node's allocations carry their whole job and leave out too"
)
def test_allocations_of_a_node(party: NomadParty) -> None:
    for row in rows(party, "node-allocations"):
        assert row["Job"]["ID"] == row["JobID"]
        assert not {"JobType", "JobVersion", "FollowupEvalID"} & row.keys()


@statement(
    "nomad.lists.version-in-list", "a node's `Version` is in the list only, its drain not there"
)
def test_where_a_nodes_version_is(party: NomadParty) -> None:
    for row in rows(party, "nodes"):
        assert row["Version"]
        assert {"Drain", "LastDrain", "SchedulingEligibility"} < row.keys()
        assert not {"DrainStrategy", "Events", "Meta", "Attributes"} & row.keys()
    node = party.answer("node").body
    assert "Version" not in node
    assert node["Attributes"]["nomad.version"]
    assert {"Drain", "DrainStrategy", "Events", "Meta"} < node.keys()
    assert node["DrainStrategy"] is None


@statement("nomad.lists.units", "durations are whole ns, node status s, task times RFC 3339 UTC")
def test_units(party: NomadParty) -> None:
    allocation, node, job = (party.answer(name).body for name in ("allocation", "node", "job-web"))
    for name in ("CreateTime", "ModifyTime"):
        assert allocation[name] > YEAR_2000 * 10**9
    assert YEAR_2000 < node["StatusUpdatedAt"] < YEAR_2000 * 10
    (state,) = allocation["TaskStates"].values()
    assert TIME.fullmatch(state["StartedAt"])
    assert all(event["Time"] > YEAR_2000 * 10**9 for event in state["Events"])
    group = job["TaskGroups"][0]
    lengths = [
        group["ShutdownDelay"],
        group["Tasks"][0]["KillTimeout"],
        *(group["Migrate"][name] for name in ("MinHealthyTime", "HealthyDeadline")),
    ]
    assert all(isinstance(length, int) and length >= 10**9 for length in lengths)


@statement("nomad.lists.health", "service and system allocations that run have a health, alike")
def test_who_has_a_deployment_status(party: NomadParty) -> None:
    found = [row for row in rows(party, "allocations") if row["ClientStatus"] == "running"]
    assert {"service", "system"} <= {row["JobType"] for row in found}
    for row in found:
        if row["JobType"] != "batch":
            assert row["DeploymentStatus"].keys() == {
                "Healthy",
                "Timestamp",
                "Canary",
                "ModifyIndex",
            }


@statement("nomad.lists.no-deployment", "the deployment of a batch or system job is `null`, 200")
def test_jobs_without_deployments(party: NomadParty) -> None:
    for name in ("job-crunch-deployment", "job-edge-deployment"):
        answer = party.answer(name)
        assert (answer.status, answer.body) == (200, None)


@statement("nomad.lists.empty-below-unknown", "lists below an unknown id are 200 `[]`")
def test_lists_below_unknown_ids(party: NomadParty) -> None:
    for name in ("node-allocations-unknown-node", "job-allocations-unknown-job"):
        answer = party.answer(name)
        assert (answer.status, answer.body) == (200, [])


@statement("nomad.lists.unknown-namespace", "an unknown namespace is an empty list")
def test_unknown_namespaces(party: NomadParty) -> None:
    answer = party.answer("error-namespace")
    assert (answer.status, answer.body) == (200, [])


@statement("nomad.lists.index", "lists carry an index and who leads, an agent's own reads do not")
def test_which_answers_carry_an_index(party: NomadParty) -> None:
    for name in ("nodes", "allocations", "evaluations", "deployments", "jobs"):
        answer = party.answer(name)
        assert answer.index > 0
    for name in ("agent-self", "agent-members", "status-leader", "autopilot-health", "regions"):
        assert "x-nomad-index" not in party.answer(name).headers


@statement("nomad.lists.blocked", "`filter` finds blocked evaluations, `count` counts them")
def test_blocked_evaluations(party: NomadParty) -> None:
    assert party.answer("evaluations-blocked").body == []
    assert party.answer("evaluations-count").body.items() >= {"Count": 0}.items()


@statement("nomad.lists.filter-struct", "a filter is on the whole struct: `Attributes`, `Meta`")
def test_filters_see_what_the_list_does_not_show(party: NomadParty) -> None:
    found = rows(party, "lists/nodes-filter")
    assert {row["SchedulingEligibility"] for row in found} == {"eligible"}
    assert len({row["Version"] for row in found}) == 1


@statement("nomad.lists.filter-stub", "a filter on a field of the list alone is refused, 400")
def test_filters_on_fields_of_the_stub(party: NomadParty) -> None:
    status, text = party.answer("error-400-unknown-field").text
    assert status == 400
    assert text.startswith("failed to read result page: error finding value in datum: /Version")


@statement("nomad.lists.filter-pointer", "a filter cannot compare `DesiredTransition.Migrate`")
def test_filters_on_pointers(party: NomadParty) -> None:
    status, text = party.answer("allocations-filter-migrate").text
    assert status == 400
    assert text.endswith("unable to find suitable primitive comparison function for matching")


@statement("nomad.paging.token", "`X-Nomad-Nexttoken` names the next row; none on the last page")
def test_pages_of_nodes(party: NomadParty) -> None:
    *first, last = party.pages("nodes")
    assert first
    assert "x-nomad-nexttoken" not in last.headers
    pages = [*first, last]
    for page, following in pairwise(pages):
        assert page.headers["x-nomad-nexttoken"] == following.body[0]["ID"]
    ids = [row["ID"] for page in pages for row in page.body]
    assert ids == sorted(ids)


@statement("nomad.paging.creation", "allocations come by `<CreateIndex>.<ID>`, their page token")
def test_pages_of_allocations(party: NomadParty) -> None:
    pages = party.pages("allocations")
    assert len(pages) > 1
    for page, following in pairwise(pages):
        row = following.body[0]
        assert page.headers["x-nomad-nexttoken"] == f"{row['CreateIndex']}.{row['ID']}"
    order = [(row["CreateIndex"], row["ID"]) for page in pages for row in page.body]
    assert order == sorted(order)


@statement("nomad.paging.reverse", "`reverse=true` turns the order: the newest first")
def test_reversed_evaluations(party: NomadParty) -> None:
    order = [(row["CreateIndex"], row["ID"]) for row in rows(party, "evaluations")]
    assert len(order) > 1
    assert order == sorted(order, reverse=True)


@statement("nomad.paging.bad-token", "an invalid page token is 200 and `[]`")
def test_invalid_page_tokens(party: NomadParty) -> None:
    for name in ("error-bad-next-token", "error-bad-next-token-allocations"):
        answer = party.answer(name)
        assert (answer.status, answer.body) == (200, [])


@statement("nomad.lists.client-agent", "a client's agent answers reads of the cluster, as a client")
def test_reads_at_a_client(party: NomadParty) -> None:
    agent = party.answer("client-agent/agent-self").body
    assert (agent["config"]["Server"]["Enabled"], agent["config"]["Client"]["Enabled"]) == (
        False,
        True,
    )
    assert {"heartbeat_ttl", "last_heartbeat", "node_id", "known_servers"} <= agent["stats"][
        "client"
    ].keys()
    assert party.answer("agent-self").body["config"]["Server"]["Enabled"] is True
