"""A node's drain: what is written when, in which order, and what a drain does not wait for."""

from collections.abc import Callable
from datetime import datetime

from tests.support.nomad_parties import NomadParty, Story
from tests.support.statements import statement

NEVER = float("inf")
MARKED, STOPPED, ENDED = "M", "stop", "complete"
Steps = list[tuple[float, str]]
Words = list[str]


def first(states: Steps, met: Callable[[Words], bool]) -> float:
    """When a state was first as wanted; words: desired, client, Migrate, health, last event."""
    return next((at for at, state in states if met(state.split())), NEVER)


def marked(states: Steps) -> float:
    return first(states, lambda words: words[2] == MARKED)


def stopped(states: Steps) -> float:
    return first(states, lambda words: words[0] == STOPPED)


def ended(states: Steps) -> float:
    return first(states, lambda words: words[1] == ENDED)


def running(states: Steps) -> float:
    return first(states, lambda words: words[1] == "running")


def judged(states: Steps) -> float:
    return first(states, lambda words: words[3] in {"+", "!"})


def over(story: Story) -> float:
    """When the drain was complete."""
    return first(story.steps["node"], lambda words: words[3] == "complete")


def all_old(story: Story) -> dict[str, Steps]:
    return {label: states for label, states in story.steps.items() if "/old/" in label}


@statement("nomad.drain.answer", "a drain is answered at once, without evaluations")
def test_the_answer(party: NomadParty) -> None:
    for case in ("drain-normal", "drain-force"):
        body = party.story(case).read("start").body
        assert body.items() >= {"EvalCreateIndex": 0, "EvalIDs": None}.items()
        assert body["Index"] == body["NodeModifyIndex"] > 0


@statement("nomad.drain.ineligible-at-once", "the write that starts a drain makes ineligible too")
def test_ineligible_in_the_same_write(party: NomadParty) -> None:
    _, state = party.story("drain-normal").steps["node"][0]
    assert state == "ready ineligible draining draining"


@statement("nomad.drain.marked-first", "`Migrate` is set while `DesiredStatus` is still `run`")
def test_marked_before_stopped(party: NomadParty) -> None:
    for states in party.story("drain-normal").copies("web", "old"):
        assert states[0][1].startswith("run running M")
        assert marked(states) <= stopped(states) < ended(states)


@statement("nomad.drain.one-by-one", "with `max_parallel 1` the next goes when the new is healthy")
def test_one_by_one(party: NomadParty) -> None:
    story = party.story("drain-normal")
    old, new = story.copies("web", "old"), story.copies("web", "new")
    assert len(old) > 1
    for following, replacement in zip(old[1:], new, strict=False):
        assert marked(following) > judged(replacement)


@statement("nomad.drain.groups-apart", "every group's first allocation is marked at once")
def test_groups_go_side_by_side(party: NomadParty) -> None:
    story = party.story("drain-normal")
    firsts = [marked(story.copies(job, "old")[0]) for job in ("web", "api", "solo")]
    assert max(firsts) - min(firsts) < 0.5


@statement("nomad.drain.new-after-old", "a replacement starts only when the old one has ended")
def test_replacements_wait(party: NomadParty) -> None:
    story = party.story("drain-normal")
    for job in ("web", "api", "solo"):
        pairs = zip(story.copies(job, "old"), story.copies(job, "new"), strict=True)
        for old, new in pairs:
            assert new[0][1].startswith("run pending")
            assert running(new) > ended(old)


@statement("nomad.drain.health-of-new", "a replacement is judged healthy outside any deployment")
def test_replacements_are_judged(party: NomadParty) -> None:
    for job in ("web", "api", "solo"):
        for states in party.story("drain-normal").copies(job, "new"):
            assert states[-1][1] == "run running - +"


@statement("nomad.drain.batch-ends", "batch is left to end by itself before the deadline")
def test_batch_runs_to_its_end(party: NomadParty) -> None:
    rows = [
        event["Payload"]["Allocation"]
        for event in party.story("drain-normal").events
        if event["Topic"] == "Allocation" and event["Payload"]["Allocation"]["JobID"] == "report"
    ]
    assert rows[-1]["ClientStatus"] == "complete"
    assert {row["DesiredStatus"] for row in rows} == {"run"}
    assert not any("DesiredTransition" in row or "DeploymentStatus" in row for row in rows)


@statement("nomad.drain.system-last", "system jobs are marked when all else on the node has ended")
def test_system_jobs_go_last(party: NomadParty) -> None:
    story = party.story("drain-normal")
    (edge,) = story.copies("edge", "old")
    others = [ended(states) for label, states in all_old(story).items() if "edge" not in label]
    assert marked(edge) >= max(others)


@statement("nomad.drain.complete-early", "the drain is complete before the system job has stopped")
def test_complete_before_the_last_stops(party: NomadParty) -> None:
    for case in ("drain-normal", "drain-system-only"):
        story = party.story(case)
        (edge,) = story.copies("edge", "old")
        assert marked(edge) <= over(story) < ended(edge)


@statement("nomad.drain.last-new-pending", "and before the last replacement runs")
def test_complete_before_the_last_replacement(party: NomadParty) -> None:
    story = party.story("drain-normal")
    assert over(story) < running(story.copies("web", "new")[-1])


@statement("nomad.drain.stays-ineligible", "a node stays ineligible after its drain")
def test_ineligible_afterwards(party: NomadParty) -> None:
    story = party.story("drain-normal")
    assert story.steps["node"][-1][1] == "ready ineligible - complete"
    assert story.read("node").body["SchedulingEligibility"] == "ineligible"


@statement("nomad.drain.last-drain", "`LastDrain` says who, why, and `complete`; times in seconds")
def test_the_last_drain(party: NomadParty) -> None:
    last = party.story("drain-normal").read("node").body["LastDrain"]
    assert last.keys() == {"AccessorID", "Meta", "StartedAt", "Status", "UpdatedAt"}
    assert (last["AccessorID"], last["Status"]) == ("token:acls-disabled", "complete")
    assert last["Meta"]["reason"]
    assert len(last["StartedAt"]) == len("2026-01-01T00:00:00Z")


@statement("nomad.drain.events", "a node keeps an event of its drain's start and end")
def test_events_of_the_node(party: NomadParty) -> None:
    started, completed = party.story("drain-normal").read("node").body["Events"][-2:]
    assert (started["Subsystem"], started["Message"]) == ("Drain", "Node drain strategy set")
    assert (completed["Message"], completed["Details"]) == ("Node drain complete", None)


@statement("nomad.drain.service-first", "Nomad's own service is gone before its task ends")
def test_services_leave_first(party: NomadParty) -> None:
    story = party.story("drain-normal")
    gone = next(
        event["Index"] for event in story.events if event["Type"] == "ServiceDeregistration"
    )
    over_ = next(
        event["Index"]
        for event in story.events
        if event["Topic"] == "Allocation"
        and event["Payload"]["Allocation"]["JobID"] == "solo"
        and event["Payload"]["Allocation"]["ClientStatus"] == "complete"
        and event["Type"] == "AllocationUpdated"
    )
    assert gone < over_


@statement("nomad.drain.force-killed", "a task killed by force ends with 137, signal 9, `complete`")
def test_a_task_killed_by_force(party: NomadParty) -> None:
    row = party.story("drain-normal").read("killed").body
    assert (row["ClientStatus"], row["DesiredStatus"]) == ("complete", "stop")
    (state,) = row["TaskStates"].values()
    assert state["Failed"] is False
    killing, terminated, killed = state["Events"][-3:]
    assert [event["Type"] for event in (killing, terminated, killed)] == [
        "Killing",
        "Terminated",
        "Killed",
    ]
    assert (terminated["ExitCode"], terminated["Signal"]) == (137, 9)
    assert terminated["Details"]["oom_killed"] == "false"
    waited = (terminated["Time"] - killing["Time"]) / 1e9
    assert waited >= killing["KillTimeout"] / 1e9 == 5.0


@statement("nomad.drain.ignore-system", "ignored system jobs are neither marked nor stopped")
def test_ignored_system_jobs(party: NomadParty) -> None:
    story = party.story("drain-ignore-system")
    assert not [label for label in story.steps if label.startswith("edge/")]
    assert over(story) >= max(ended(states) for states in all_old(story).values())
    assert over(story) < NEVER


@statement("nomad.drain.count-1", "a job of one copy is away between old and new")
def test_a_job_of_one_copy(party: NomadParty) -> None:
    story = party.story("drain-count1")
    (old,), (new,) = story.copies("solo", "old"), story.copies("solo", "new")
    assert running(new) - stopped(old) > 1.0


@statement("nomad.drain.cancel", "a cancelled drain leaves ineligible what is not marked eligible")
def test_a_cancelled_drain(party: NomadParty) -> None:
    story = party.story("drain-cancelled")
    assert story.steps["node"][-1][1] == "ready ineligible - canceled"
    node = story.read("node").body
    assert (node["DrainStrategy"], node["LastDrain"]["Status"]) == (None, "canceled")
    assert node["Events"][-1]["Message"] == "Node drain disabled"
    cancel = story.read("cancel").body
    assert cancel["EvalIDs"] is None
    assert cancel["Index"] == cancel["NodeModifyIndex"]


@statement("nomad.drain.cancel-goes-on", "what was told to stop goes on stopping after a cancel")
def test_what_a_cancel_does_not_stop(party: NomadParty) -> None:
    story = party.story("drain-cancelled")
    cancelled = story.steps["node"][-1][0]
    for job in ("web", "api", "solo"):
        (old,), (new,) = story.copies(job, "old"), story.copies(job, "new")
        assert stopped(old) < cancelled < ended(old)
        assert old[-1][1].split()[2] == MARKED
        assert new[-1][1] == "run running - +"


@statement("nomad.drain.cancel-keeps", "what was not marked yet stays after a cancel")
def test_what_a_cancel_keeps(party: NomadParty) -> None:
    story = party.story("drain-cancelled")
    assert len(story.copies("web", "old")) == 1
    assert not [label for label in story.steps if label.startswith("edge/")]


@statement("nomad.drain.meta-replaced", "a later call's `Meta` replaces the first one's")
def test_meta_of_a_later_call(party: NomadParty) -> None:
    meta = party.story("drain-cancelled").read("node").body["LastDrain"]["Meta"]
    assert meta.keys() == {"message"}
    assert party.story("drain-blocked").read("updated").body["LastDrain"]["Meta"] == {
        "reason": "shorter"
    }


@statement("nomad.drain.force", "force marks all that is left, in spite of `max_parallel`")
def test_a_forced_drain(party: NomadParty) -> None:
    story = party.story("drain-force")
    second, (edge,) = story.copies("web", "old")[1], story.copies("edge", "old")
    assert marked(second) < judged(story.copies("web", "new")[0])
    assert abs(marked(edge) - marked(second)) < 0.5


@statement("nomad.drain.force-complete", "a forced drain is complete long before tasks have ended")
def test_a_forced_drain_is_complete_at_once(party: NomadParty) -> None:
    story = party.story("drain-force")
    assert over(story) < 4.0
    assert max(ended(states) for states in all_old(story).values()) > over(story) + 1.0


@statement("nomad.drain.deadline", "a deadline strikes what is left, batch and system jobs too")
def test_a_deadline(party: NomadParty) -> None:
    story = party.story("drain-deadline")
    (batch,), (edge,) = story.copies("report", "old"), story.copies("edge", "old")
    for states in (batch, edge):
        assert 15.0 <= marked(states) <= 21.0
    assert marked(batch) < stopped(batch) < ended(batch)
    assert over(story) >= marked(batch)


@statement("nomad.drain.deadline-complete", "and the drain is complete before they have stopped")
def test_a_deadline_does_not_wait(party: NomadParty) -> None:
    story = party.story("drain-deadline")
    assert over(story) - marked(story.copies("report", "old")[0]) < 0.5
    assert over(story) < ended(story.copies("web", "old")[-1])


@statement("nomad.drain.deadline-reached", "the node's event says that a deadline ended the drain")
def test_the_event_of_a_deadline(party: NomadParty) -> None:
    node = party.story("drain-deadline").read("node").body
    event = node["Events"][-1]
    assert (event["Message"], event["Details"]) == (
        "Node drain complete",
        {"deadline_reached": "true"},
    )
    assert node["LastDrain"]["Status"] == "complete"


@statement("nomad.drain.update", "a second drain keeps `StartedAt`, counts its deadline from now")
def test_an_updated_drain(party: NomadParty) -> None:
    story = party.story("drain-blocked")
    before, after = (story.read(name).body["DrainStrategy"] for name in ("node", "updated"))
    assert before["StartedAt"] == after["StartedAt"]
    assert (before["Deadline"], after["Deadline"]) == (600 * 10**9, 20 * 10**9)
    length = _time(after["ForceDeadline"]) - _time(after["StartedAt"])
    assert length.total_seconds() > 20.0 + 5.0
    assert story.read("updated").body["Events"][-1]["Message"] == "Node drain strategy updated"
    assert story.read("update").body["EvalIDs"] is None


@statement("nomad.drain.strategy-times", "a drain's strategy has fractions of seconds")
def test_times_of_the_strategy(party: NomadParty) -> None:
    strategy = party.story("drain-blocked").read("node").body["DrainStrategy"]
    assert strategy.keys() == {"Deadline", "ForceDeadline", "IgnoreSystemJobs", "StartedAt"}
    assert "." in strategy["StartedAt"]


def _time(text: str) -> datetime:
    return datetime.fromisoformat(f"{text.rstrip('Z').partition('.')[0]}+00:00")


@statement("nomad.drain.no-place", "what has no place elsewhere is stopped all the same")
def test_a_drain_without_a_place(party: NomadParty) -> None:
    story = party.story("drain-blocked")
    old = story.copies("pinned", "old")[0]
    assert stopped(old) < ended(old) < NEVER
    assert not [label for label in story.steps if label.startswith("pinned/new/")]


@statement("nomad.drain.blocked", "an evaluation then says `blocked`, and which group has no place")
def test_a_blocked_evaluation(party: NomadParty) -> None:
    (evaluation,) = party.story("drain-blocked").read("evaluations").body
    assert (
        evaluation.items()
        >= {
            "JobID": "pinned",
            "Status": "blocked",
            "TriggeredBy": "queued-allocs",
            "StatusDescription": "created to place remaining allocations",
        }.items()
    )
    assert set(evaluation["FailedTGAllocs"]) == {"pinned"}


@statement("nomad.drain.no-place-waits", "the next copy without a place waits for the deadline")
def test_the_next_copy_without_a_place(party: NomadParty) -> None:
    story = party.story("drain-blocked")
    earlier, later = sorted(story.copies("pinned", "old"), key=marked)
    assert marked(later) - marked(earlier) > 15.0
    assert over(story) >= marked(later)


@statement("nomad.drain.unhealthy-goes-on", "unhealthy replacements do not stop a drain")
def test_unhealthy_replacements(party: NomadParty) -> None:
    story = party.story("drain-stuck-unhealthy")
    old, new = story.copies("broken", "old"), story.copies("broken", "new")
    assert len(old) == 2
    verdict = judged(new[0])
    assert first(new[0], lambda words: words[3] == "!") == verdict < NEVER
    assert verdict < marked(old[1]) < NEVER
    assert over(story) < NEVER


@statement(
    "nomad.drain.eligible-refused",
    "a node cannot be made eligible while it drains",
    source="https://developer.hashicorp.com/nomad/api-docs/nodes#toggle-node-eligibility",
)
def test_eligibility_while_draining(party: NomadParty) -> None:
    answer = party.story("drain-blocked").read("eligible")
    assert answer.status == 500
    assert "while it is draining" in answer.body
