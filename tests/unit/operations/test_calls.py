import msgspec

from nomad_console.domain.plan import BatchChoice, Plan, Step, SystemJobs
from nomad_console.operations.calls import ahead, chain, command_line, undoing
from nomad_console.upgrade.commands import (
    CancelDrain,
    EvaluateJob,
    ExtendDrain,
    RunHost,
    SetEligibility,
    StopAllocation,
    Write,
)
from nomad_console.upgrade.run import Run
from tests.support.plans import a_plan
from tests.support.play import at_step
from tests.support.snapshots import API_INT, WEB_PUBLIC, node_id


def test_the_chain_is_told_in_its_order_with_the_exact_calls() -> None:
    plan = a_plan(2, host_command=("ssh", "{name}", "up", "{version}"))
    calls = chain(plan, plan.nodes[0])
    assert [call.step for call in calls] == [
        Step.CORDON,
        Step.DETACH,
        Step.DETACH,
        Step.DRAIN,
        Step.UPGRADE,
        Step.REJOIN,
        Step.ATTACH,
        Step.ATTACH,
    ]
    lines = [call.command for call in calls]
    assert lines[0] == f"nomad node eligibility -disable {node_id(2)}"
    assert f"deregister-targets --target-group-arn {API_INT}" in lines[1]
    assert "Id=i-00000000000000002,Port=80" in lines[1]
    assert "-ignore-system -meta nomad-console-run=7f3a0000" in lines[3]
    assert lines[4] == "ssh c2 up 2.0.5"
    assert [call.words for call in calls] == [
        "make c2 ineligible",
        "take i-00000000000000002:80 out of api-int",
        "take i-00000000000000002:80 out of web-public",
        "drain c2 of its services and batch jobs, no deadline",
        "run ssh c2 up 2.0.5",
        "make c2 eligible",
        "register i-00000000000000002:80 in api-int",
        "register i-00000000000000002:80 in web-public",
    ]


def test_without_batch_work_to_wait_for_a_drain_has_its_deadline() -> None:
    for plan in (a_plan(1), a_plan(2, batch=BatchChoice.STOP), a_plan(2, deadline_s=600.0)):
        drain = next(call for call in chain(plan, plan.nodes[0]) if call.step is Step.DRAIN)
        assert drain.words.endswith("deadline 10:00")
        assert "-deadline 600s" in drain.command


def test_a_drain_that_spares_nothing_says_so() -> None:
    plan = a_plan(2, system=SystemJobs.STOP)
    (drain,) = [call for call in chain(plan, plan.nodes[0]) if call.step is Step.DRAIN]
    assert "all its work, system jobs too" in drain.words
    assert "-ignore-system" not in drain.command


def test_all_are_made_ineligible_with_the_first_and_the_plan_shows_it_there() -> None:
    def cordons(plan: Plan) -> list[list[str]]:
        chains = [chain(plan, node) for node in plan.nodes]
        return [[one.words for one in calls if one.step is Step.CORDON] for calls in chains]

    both = ["make c2 ineligible", "make c3 ineligible"]
    assert cordons(a_plan(2, 3)) == [both, []]
    assert cordons(a_plan(2, 3, cordon_selection=False)) == [both[:1], both[1:]]
    assert cordons(a_plan(2, 3, batch=BatchChoice.SKIP)) == [[], both[1:]]


def test_a_node_that_was_ineligible_stays_so() -> None:
    node = msgspec.structs.replace(a_plan(2).nodes[0], eligible=False)
    plan = msgspec.structs.replace(a_plan(2), nodes=(node,))
    assert not {Step.CORDON, Step.REJOIN} & {call.step for call in chain(plan, node)}


def test_batch_work_that_is_to_be_stopped_is_named_with_its_call() -> None:
    plan = a_plan(2, batch=BatchChoice.STOP)
    (batch,) = plan.nodes[0].batch
    _, stop = (call for call in chain(plan, plan.nodes[0]) if call.step is Step.DRAIN)
    said = (f"stop batch work {batch.name}", f"nomad alloc stop -detach {batch.id}")
    assert (stop.words, stop.command) == said


def test_what_an_answer_leads_to_is_what_the_engine_would_ask() -> None:
    play = at_step(Step.CORDON, 1, 2)
    said = [one.command for one in ahead(play.run)]
    play.finish_step()
    play.confirm()
    assert said == [command_line(one) for one in play.asked if isinstance(one, Write)]


def test_by_hand_says_what_to_do() -> None:
    plan = a_plan(2)
    (told,) = [call for call in chain(plan, plan.nodes[0]) if call.step is Step.UPGRADE]
    assert (told.words, told.command) == ("by hand: upgrade the Nomad agent of c2 to 2.0.5", "")


def test_names_from_the_cluster_are_quoted() -> None:
    write = EvaluateJob(id="1", node="n", namespace="default", job_id="a; rm -rf /")
    assert command_line(write) == "nomad job eval -namespace default 'a; rm -rf /'"
    assert command_line(RunHost(id="1", node="n", argv=("echo", "a b"))) == "echo 'a b'"
    hostile = SetEligibility(id="1", node="$(reboot)", eligible=True)
    assert command_line(hostile) == "nomad node eligibility -enable '$(reboot)'"
    cancel = command_line(CancelDrain(id="1", node="n", run_id="7f3a"))
    assert cancel == "nomad node drain -disable -keep-ineligible -meta nomad-console-run=7f3a n"


def test_undoing_names_only_what_is_changed_drain_first_traffic_last() -> None:
    plan = a_plan(2)
    run = Run.of(plan)
    assert undoing(run) == ()
    keys = tuple(target.key for target in plan.nodes[0].targets)
    changed = msgspec.structs.replace(run.upgrade, step=Step.DRAIN, cordoned=True, detached=keys)
    lines = undoing(msgspec.structs.replace(run, upgrades=(changed,)))
    assert lines[0].startswith("nomad node drain -disable -keep-ineligible")
    assert lines[1] == f"nomad node eligibility -enable {node_id(2)}"
    assert all("register-targets" in line for line in lines[2:])
    assert any(WEB_PUBLIC in line for line in lines[2:])


def test_every_order_to_a_drain_has_its_command_line() -> None:
    here = {"id": "", "node": "n"}
    extend = ExtendDrain(**here, run_id="7f3a", deadline_s=0.0, keep_system=True)
    assert command_line(extend) == (
        "nomad node drain -enable -yes -no-deadline -ignore-system -meta nomad-console-run=7f3a n"
    )
    assert command_line(StopAllocation(**here, allocation="a0")) == "nomad alloc stop -detach a0"
