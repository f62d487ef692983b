"""Where the systems disagree about a node."""

import pytest

from nomad_console.domain.node import LastDrain, Node
from nomad_console.domain.service import NodeHealth
from nomad_console.domain.snapshot import ClusterSnapshot, ConsulSums, Source, SourceState
from nomad_console.domain.target import Target, TargetKey, Ties
from nomad_console.domain.truth import disagreements, drained
from tests.support.records import (
    a_check,
    a_node,
    a_target,
    a_target_group,
    an_allocation,
    an_instance,
)

ALLOC = "0a1b2c3d-1111-2222-3333-444455556666"
SERVICE = f"_nomad-task-{ALLOC}-group-web-web-http"
DRAINED = LastDrain("complete", None, None, "", {})


def balanced(node: Node, *targets: Target) -> ClusterSnapshot:
    return ClusterSnapshot(
        nodes={"n1": node},
        groups={"g1": a_target_group("g1", name="web-public")},
        targets={one.key: one for one in targets},
        ties=Ties(targets_of={"n1": tuple(one.key for one in targets)}),
    )


def kinds(snapshot: ClusterSnapshot) -> list[str]:
    return [one.kind for one in disagreements(snapshot, "n1")]


def test_systems_that_agree_say_nothing() -> None:
    assert disagreements(balanced(a_node(), a_target()), "n1") == ()
    assert disagreements(ClusterSnapshot(), "n1") == ()


@pytest.mark.parametrize("status", ["down", "disconnected"])
def test_the_balancer_sends_to_a_node_that_is_gone(status: str) -> None:
    (found,) = disagreements(balanced(a_node(status=status), a_target()), "n1")
    assert found.kind == "alb-sends-to-lost-node"
    assert found.node_id == "n1"
    assert found.text == f"Nomad says {status}, ALB still sends (web-public healthy)"


@pytest.mark.parametrize("state", ["healthy", "draining"])
def test_the_balancer_sends_to_a_drained_node(state: str) -> None:
    node = a_node(eligibility="ineligible", last_drain=DRAINED)
    (found,) = disagreements(balanced(node, a_target(state=state)), "n1")
    assert found.text == f"Nomad says drained, ALB still sends (web-public {state})"


def test_the_balancer_sends_to_a_draining_node_unless_it_already_lets_go() -> None:
    node = a_node(eligibility="ineligible", draining=True)
    assert kinds(balanced(node, a_target())) == ["alb-sends-to-draining-node"]
    assert kinds(balanced(node, a_target(state="draining"))) == []


def test_the_balancer_finds_a_ready_node_unhealthy() -> None:
    found = disagreements(balanced(a_node(), a_target(state="unhealthy")), "n1")
    assert [one.text for one in found] == ["Nomad says ready, ALB unhealthy (web-public unhealthy)"]
    assert kinds(balanced(a_node(status="down"), a_target(state="unhealthy"))) == []


def test_a_node_leaves_the_balancer_while_nomad_still_places_work_there() -> None:
    target = a_target(state="draining")
    assert kinds(balanced(a_node(), target)) == ["leaving-alb-but-eligible"]
    assert kinds(balanced(a_node(eligibility="ineligible"), target)) == []


def test_many_targets_are_counted_not_listed() -> None:
    targets = [a_target(port=port) for port in range(80, 85)]
    (found,) = disagreements(balanced(a_node(status="down"), *targets), "n1")
    assert found.text.count("web-public healthy") == 3
    assert found.text.endswith("and 2 more)")


def test_a_target_of_two_nodes_is_told_at_both() -> None:
    key = TargetKey("g1", "10.0.0.1", 80)
    snapshot = ClusterSnapshot(
        nodes={"n1": a_node(), "n2": a_node("n2"), "n3": a_node("n3")},
        ties=Ties(ambiguous={key: ("n1", "n2")}),
    )
    assert kinds(snapshot) == ["target-of-several-nodes"]
    assert "10.0.0.1:80 of g1" in disagreements(snapshot, "n2")[0].text
    assert disagreements(snapshot, "n3") == ()


@pytest.mark.parametrize(("passing", "word"), [(1, "1 instance"), (4, "4 instances")])
def test_consul_passes_what_is_on_a_node_that_is_down(passing: int, word: str) -> None:
    snapshot = ClusterSnapshot(
        nodes={"n1": a_node(status="down")}, consul_sums={"c1": ConsulSums(passing, 0, 0)}
    )
    (found,) = disagreements(snapshot, "n1")
    assert found.text == f"Nomad says down, Consul passes {word}"


def test_consul_has_lost_a_machine_that_nomad_calls_ready() -> None:
    problems = {"c1": (a_check("critical", service_id=""),)}
    snapshot = ClusterSnapshot(nodes={"n1": a_node()}, problems=problems)
    assert kinds(snapshot) == ["consul-lost-ready-node"]
    gone = ClusterSnapshot(nodes={"n1": a_node(status="down")}, problems=problems)
    assert kinds(gone) == []


def test_consul_is_critical_where_nomad_says_healthy() -> None:
    def looked(**fields: object) -> list[str]:
        return kinds(
            ClusterSnapshot(
                nodes={"n1": a_node()},
                allocations={ALLOC: an_allocation(ALLOC, "n1", **fields)},
                problems={"c1": (a_check("critical", service_id=SERVICE),)},
            )
        )

    assert looked() == ["consul-critical-allocation-healthy"]
    assert looked(healthy=False) == []
    assert looked(healthy=None) == []
    assert looked(desired="stop") == []


def test_consul_passes_an_allocation_that_has_ended() -> None:
    def looked(client: str, *checks: str) -> list[str]:
        found = tuple(a_check(status, service_id=SERVICE) for status in checks)
        health = NodeHealth("c1", (an_instance(SERVICE), an_instance("other")), found)
        return kinds(
            ClusterSnapshot(
                nodes={"n1": a_node()},
                allocations={ALLOC: an_allocation(ALLOC, client=client)},
                node_health={"c1": health},
            )
        )

    assert looked("complete", "passing") == ["consul-passes-dead-allocation"]
    assert looked("complete", "passing", "critical") == []
    assert looked("running", "passing") == []


def test_a_drained_node_still_runs_work() -> None:
    def looked(**fields: object) -> list[str]:
        return kinds(
            ClusterSnapshot(
                nodes={"n1": a_node(eligibility="ineligible", last_drain=DRAINED)},
                allocations={"a1": an_allocation("a1", "n1", **fields)},
                by_node={"n1": frozenset({"a1"})},
            )
        )

    assert looked(job_type="service") == ["drained-but-runs"]
    assert looked(job_type="system") == []  # kept, or the last to go
    assert looked(job_type=None) == []
    assert looked(job_type="service", client="complete") == []


@pytest.mark.parametrize(
    ("version", "newer"),
    [
        ("2.0.6", True),
        ("2.0.5", False),
        ("2.0.4", False),
        ("v2.1.0-beta.1+ent", True),
        ("x", False),
    ],
)
def test_an_agent_is_newer_than_every_server(version: str, newer: bool) -> None:
    snapshot = ClusterSnapshot(
        nodes={"n1": a_node(version=version)}, server_versions=("2.0.4", "2.0.5")
    )
    assert kinds(snapshot) == (["newer-than-servers"] if newer else [])


@pytest.mark.parametrize("state", [SourceState.STALE, SourceState.REFUSED, SourceState.OFF])
@pytest.mark.parametrize("source", ["nomad", "alb"])
def test_what_a_silent_source_said_is_compared_with_nothing(
    source: str, state: SourceState
) -> None:
    snapshot = balanced(a_node(status="down"), a_target())
    silent = ClusterSnapshot(
        nodes=snapshot.nodes,
        targets=snapshot.targets,
        ties=snapshot.ties,
        sources={source: Source(source, state)},
    )
    assert kinds(snapshot)
    assert not kinds(silent)


def test_drained_is_over_and_nobody_let_work_back_in() -> None:
    assert drained(a_node(eligibility="ineligible", last_drain=DRAINED))
    assert not drained(a_node(last_drain=DRAINED))
    assert not drained(a_node(eligibility="ineligible"))
    assert not drained(a_node(eligibility="ineligible", last_drain=DRAINED, draining=True))
    cancelled = LastDrain("canceled", None, None, "", {})
    assert not drained(a_node(eligibility="ineligible", last_drain=cancelled))
