"""Where work could go."""

import msgspec
import pytest

from nomad_console.domain.allocation import Claim
from nomad_console.domain.job import Constraint, Job
from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.preflight.places import Free, Need, Places, need_of
from tests.support.plans import a_case
from tests.support.snapshots import (
    a_job,
    article_snapshot,
    with_allocation,
    with_detail,
    with_job,
    with_node,
)

NOW = article_snapshot()


def _names(snapshot: ClusterSnapshot, *marked: int, number: int = 0) -> list[str]:
    return [place.node.name for place in Places(a_case(*marked, snapshot=snapshot), number)]


def _need(job: Job, snapshot: ClusterSnapshot = NOW) -> Need:
    case = a_case(1, snapshot=with_job(snapshot, job))
    return need_of(case, next(wave for wave in case.groups if wave.job.id == job.id))


def _open(job: Job, snapshot: ClusterSnapshot = NOW) -> list[str]:
    changed = with_job(snapshot, job)
    need, places = _need(job, snapshot), Places(a_case(1, snapshot=changed), 0)
    return [place.node.name for place in places if places.takes(place, need)]


def test_places_are_nodes_that_are_ready_eligible_and_not_marked() -> None:
    assert _names(NOW, 1) == ["c2", "c3", "c4", "c5", "c6"]
    for change in ({"status": "down"}, {"eligibility": "ineligible"}, {"draining": True}):
        assert _names(with_node(NOW, 2, **change), 1) == ["c3", "c4", "c5", "c6"]


def test_marked_nodes_are_places_when_they_are_back_or_while_they_are_eligible() -> None:
    assert _names(NOW, 2, 1, 3) == ["c4", "c5", "c6"]
    assert _names(NOW, 2, 1, 3, number=1) == ["c2", "c4", "c5", "c6"]
    assert _names(NOW, 2, 1, 3, number=2) == ["c1", "c2", "c4", "c5", "c6"]
    case = a_case(2, 1, 3).with_plan(cordon_selection=False)
    assert [place.node.name for place in Places(case, 0)] == ["c1", "c3", "c4", "c5", "c6"]


def test_what_is_reserved_or_claimed_is_not_free() -> None:
    kept = with_detail(NOW, 2, reserved_cpu_mhz=1000, reserved_memory_mb=512)
    first = next(iter(Places(a_case(1, snapshot=kept), 0)))
    assert first.free == Free(8000 - 1000 - 4 * 100, 16384 - 512 - 4 * 128)


@pytest.mark.parametrize("how", ["detail", "claims", "size", "untold"])
def test_a_node_whose_room_is_not_known_is_no_place_but_named(how: str) -> None:
    two = "c2000000-0000-4000-8000-000000000000"
    snapshot = {
        "detail": lambda: msgspec.structs.replace(
            NOW, details={key: one for key, one in NOW.details.items() if key != two}
        ),
        "claims": lambda: msgspec.structs.replace(
            NOW, node_claims={key: one for key, one in NOW.node_claims.items() if key != two}
        ),
        "size": lambda: with_detail(NOW, 2, cpu_mhz=0),
        "untold": lambda: with_allocation(NOW, "web", 1, claim=None),
    }[how]()
    places = Places(a_case(1, snapshot=snapshot), 0)
    assert [place.node.name for place in places] == ["c3", "c4", "c5", "c6"]
    assert [place.node.name for place in places] == ["c3", "c4", "c5", "c6"]
    assert places.unread == ["c2"]


def test_copies_fit_by_cpu_and_by_memory() -> None:
    free = Free(250, 1000)
    assert free.fits(Claim(100, 100), 9) == 2
    assert free.fits(Claim(0, 300), 9) == 3
    assert free.fits(Claim(0, 0), 9) == 9
    assert free.fits(Claim(100, 100), 1) == 1
    assert Free(-5, 100).fits(Claim(1, 1), 9) == 0
    assert free.less(Claim(100, 100), 2) == Free(50, 800)


def test_a_static_port_is_taken_once_a_node_and_not_where_it_is_reserved() -> None:
    ported = a_job("web", 6, static_ports=(8080,))
    assert _need(ported).alone
    assert len(_open(ported)) == 5
    taken = with_allocation(NOW, "web", 1, claim=Claim(100, 128, (8080,)))
    assert _open(ported, taken) == ["c3", "c4", "c5", "c6"]
    over = with_allocation(NOW, "web", 1, claim=Claim(100, 128, (8080,)), client="complete")
    assert len(_open(ported, over)) == 5
    for text, closed in (("22,8000-8100", True), ("8080", True), ("9000, x-y,", False)):
        reserved = with_detail(NOW, 2, reserved_ports=text)
        assert ("c2" not in _open(ported, reserved)) is closed


@pytest.mark.parametrize("whole_job", [True, False])
def test_distinct_hosts_closes_the_nodes_that_have_a_copy(whole_job: bool) -> None:
    job = a_job("api", 3)
    rule = (Constraint("", "distinct_hosts", "true"),)
    if whole_job:
        job = msgspec.structs.replace(job, constraints=rule)
    else:
        group = msgspec.structs.replace(job.groups[0], constraints=rule)
        job = msgspec.structs.replace(job, groups=(group,))
    case = a_case(3, snapshot=with_job(NOW, job))
    need = need_of(case, next(wave for wave in case.groups if wave.job.id == "api"))
    assert (need.alone, need.most) == (True, 1)
    places = Places(case, 0)
    open_to = [place.node.name for place in places if places.takes(place, need)]
    assert open_to == ["c1", "c5", "c6"]


def test_a_node_that_may_not_take_the_job_is_closed_to_it() -> None:
    elsewhere = msgspec.structs.replace(a_job("web", 6), datacenters=("dc2",))
    assert _open(elsewhere) == []


def test_tasks_that_do_not_run_together_share_their_room() -> None:
    job = a_job("web", 6)
    (task,) = job.groups[0].tasks
    prestart = msgspec.structs.replace(task, name="p", hook="prestart", cpu_mhz=300, memory_mb=50)
    sidecar = msgspec.structs.replace(prestart, name="s", sidecar=True, cpu_mhz=20, memory_mb=30)
    after = msgspec.structs.replace(task, name="a", hook="poststart", cpu_mhz=5, memory_mb=5)
    last = msgspec.structs.replace(task, name="l", hook="poststop", cpu_mhz=1, memory_mb=500)
    group = msgspec.structs.replace(job.groups[0], tasks=(task, prestart, sidecar, after, last))
    need = _need(msgspec.structs.replace(job, groups=(group,)))
    assert need.claim == Claim(300 + 20, 500 + 30)


def test_a_node_without_anything_left_is_no_place_but_counted() -> None:
    full = with_detail(with_detail(NOW, 2, cpu_mhz=400), 3, memory_mb=128)
    places = Places(a_case(1, snapshot=full), 0)
    assert [place.node.name for place in places] == ["c4", "c5", "c6"]
    assert (places.full, places.unread) == (2, [])
