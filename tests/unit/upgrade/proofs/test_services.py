"""Proofs by Consul, true, false and unknown."""

from datetime import timedelta
from typing import Any

import msgspec

from nomad_console.domain.plan import Step
from nomad_console.domain.service import HealthCheck
from nomad_console.domain.snapshot import ClusterSnapshot, ConsulSums
from nomad_console.upgrade.gates import ProofName, Truth
from tests.support.manual_clock import EPOCH
from tests.support.sights import look, truths
from tests.support.snapshots import (
    article_snapshot,
    consul_health,
    drained,
    later,
    with_allocation,
)

_P = ProofName
NOW = later(article_snapshot(), 5)
OUT = drained(NOW, 1, "7f3a0000")


def _with_health(snapshot: ClusterSnapshot, **changes: Any) -> ClusterSnapshot:
    machine = msgspec.structs.replace(consul_health(snapshot, "c1"), **changes)
    return msgspec.structs.replace(snapshot, node_health={**snapshot.node_health, "c1": machine})


def _unread(snapshot: ClusterSnapshot) -> ClusterSnapshot:
    return msgspec.structs.replace(snapshot, node_health={})


def test_nothing_stopped_is_listed() -> None:
    assert truths(OUT, Step.DRAIN)[_P.UNLISTED] == Truth.TRUE
    zombie = _with_health(OUT, instances=consul_health(NOW, "c1").instances)
    proof = look(zombie, Step.DRAIN)[_P.UNLISTED]
    assert (proof.truth, proof.evidence) == (Truth.FALSE, "still listed: edge, solo, web")
    assert truths(_unread(OUT), Step.DRAIN)[_P.UNLISTED] == Truth.UNKNOWN


def test_what_runs_or_is_not_nomads_may_be_listed() -> None:
    agent = msgspec.structs.replace(
        consul_health(NOW, "c1").instances[0], id="_nomad-client-abc", name="nomad-client"
    )
    kept = with_allocation(OUT, "edge", 1, client="running", desired="run")
    listed = _with_health(kept, instances=(*consul_health(kept, "c1").instances, agent))
    assert truths(listed, Step.DRAIN)[_P.UNLISTED] == Truth.TRUE


def _check(name: str, status: str) -> HealthCheck:
    return HealthCheck("c1", name, name, status, "", "", "")


def test_the_machine_and_its_system_services_must_pass() -> None:
    assert look(NOW, Step.REJOIN)[_P.CHECKS_PASSING].evidence == "all pass"
    checks = consul_health(NOW, "c1").checks
    down = _with_health(NOW, checks=(_check("serfHealth", "critical"), *checks[1:]))
    proof = look(down, Step.REJOIN)[_P.CHECKS_PASSING]
    assert (proof.truth, proof.evidence) == (Truth.FALSE, "serfHealth critical")
    assert truths(_unread(NOW), Step.REJOIN)[_P.CHECKS_PASSING] == Truth.UNKNOWN


def test_a_system_service_with_a_failing_check_is_named_another_job_is_not() -> None:
    checks = consul_health(NOW, "c1").checks
    for name, truth in (("edge", Truth.FALSE), ("web", Truth.TRUE)):
        bad = tuple(
            msgspec.structs.replace(one, status="warning") if one.service_name == name else one
            for one in checks
        )
        seen = truths(_with_health(NOW, checks=bad), Step.REJOIN)
        assert seen[_P.CHECKS_PASSING] == truth


def test_a_system_service_that_is_not_registered_yet_is_missed() -> None:
    bare = _with_health(NOW, instances=(), checks=(_check("serfHealth", "passing"),))
    proof = look(bare, Step.REJOIN)[_P.CHECKS_PASSING]
    assert (proof.truth, proof.evidence) == (Truth.FALSE, "edge is not registered")
    without_job = msgspec.structs.replace(bare, jobs={})
    assert truths(without_job, Step.REJOIN)[_P.CHECKS_PASSING] == Truth.TRUE


def test_as_many_pass_as_before() -> None:
    assert look(NOW, Step.BAKE)[_P.SERVICES].evidence == "3 as before"
    sums = {**NOW.service_sums, "web": ConsulSums(passing=5, critical=1)}
    fewer = msgspec.structs.replace(NOW, service_sums=sums)
    proof = look(fewer, Step.BAKE)[_P.SERVICES]
    assert (proof.truth, proof.evidence) == (Truth.FALSE, "web 5 of 6")
    gone = msgspec.structs.replace(NOW, service_sums={})
    assert "edge 0 of 6" in look(gone, Step.BAKE)[_P.SERVICES].evidence


def test_sums_older_than_the_last_write_prove_nothing() -> None:
    source = msgspec.structs.replace(NOW.source("consul"), true_at=EPOCH)
    old = msgspec.structs.replace(NOW, sources={**NOW.sources, "consul": source})
    assert truths(old, Step.BAKE)[_P.SERVICES] == Truth.UNKNOWN
    assert truths(old, Step.BAKE, written_at=EPOCH - timedelta(1))[_P.SERVICES] == Truth.TRUE
    never = msgspec.structs.replace(source, true_at=None)
    unread = msgspec.structs.replace(NOW, sources={**NOW.sources, "consul": never})
    assert truths(unread, Step.BAKE)[_P.SERVICES] == Truth.UNKNOWN
