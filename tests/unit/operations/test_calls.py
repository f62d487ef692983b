import msgspec

from nomad_console.domain.plan import Step
from nomad_console.operations.calls import chain, command_line, undoing
from nomad_console.upgrade.commands import CancelDrain, EvaluateJob, RunHost
from nomad_console.upgrade.run import Run
from tests.support.plans import a_plan
from tests.support.snapshots import API_INT, WEB_PUBLIC, node_id


def test_the_chain_is_told_in_its_order_with_the_exact_calls() -> None:
    plan = a_plan(2, host_command=("ssh", "{name}", "up", "{version}"))
    calls = chain(plan, plan.nodes[0])
    assert [step for step, _ in calls] == [
        Step.CORDON,
        Step.DETACH,
        Step.DETACH,
        Step.DRAIN,
        Step.UPGRADE,
        Step.REJOIN,
        Step.ATTACH,
        Step.ATTACH,
    ]
    lines = [line for _, line in calls]
    assert lines[0] == f"nomad node eligibility -disable {node_id(2)}"
    assert f"deregister-targets --target-group-arn {API_INT}" in lines[1]
    assert "Id=i-00000000000000002,Port=80" in lines[1]
    assert "-ignore-system -meta nomad-console-run=7f3a0000" in lines[3]
    assert lines[4] == "ssh c2 up 2.0.5"


def test_a_node_that_was_ineligible_is_not_made_eligible() -> None:
    plan = a_plan(2)
    node = msgspec.structs.replace(plan.nodes[0], eligible=False)
    assert Step.REJOIN not in {step for step, _ in chain(plan, node)}


def test_by_hand_says_what_to_do() -> None:
    plan = a_plan(2)
    told = dict(chain(plan, plan.nodes[0]))[Step.UPGRADE]
    assert told == "by hand: upgrade the Nomad agent of c2 to 2.0.5"


def test_names_from_the_cluster_are_quoted() -> None:
    write = EvaluateJob(id="1", node="n", namespace="default", job_id="a; rm -rf /")
    assert command_line(write) == "nomad job eval -namespace default 'a; rm -rf /'"
    assert command_line(RunHost(id="1", node="n", argv=("echo", "a b"))) == "echo 'a b'"
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
