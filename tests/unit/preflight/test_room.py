"""Whether what leaves a node fits elsewhere."""

import msgspec

from nomad_console.domain.finding import Level
from nomad_console.domain.job import Constraint, Job
from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.preflight.room import one_by_one, room_elsewhere, room_judged
from tests.support.plans import a_case, a_plan, ids
from tests.support.snapshots import (
    a_job,
    an_allocation,
    article_snapshot,
    node_id,
    with_detail,
    with_job,
    with_new,
    with_node,
)

NOW = article_snapshot()


def _sized(name: str, cpu: int, memory: int = 128, count: int = 6) -> Job:
    """The job, each of its copies that large from now on."""
    job = a_job(name, count)
    tasks = (msgspec.structs.replace(job.groups[0].tasks[0], cpu_mhz=cpu, memory_mb=memory),)
    group = msgspec.structs.replace(job.groups[0], tasks=tasks)
    return msgspec.structs.replace(job, groups=(group,))


def test_where_there_is_room_nothing_is_said() -> None:
    assert room_elsewhere(a_case(1, 2, 3)) == []
    assert room_judged(a_case(1, 2, 3)) == []


def test_a_copy_that_fits_on_no_node_blocks() -> None:
    large = with_job(NOW, _sized("web", 7900))
    (finding,) = room_elsewhere(a_case(1, snapshot=large))
    assert (finding.id, finding.level) == ("no-room:c1", Level.BLOCK)
    assert finding.evidence == (
        "1 of web with 7900 MHz, 128 MB must move; of 5 other nodes 0 may take it and have room, "
        "for 0; the most free has 7800 MHz, 16128 MB; every node is read"
    )
    heavy = with_job(NOW, _sized("web", 100, memory=16_200))
    assert ids(room_elsewhere(a_case(1, snapshot=heavy))) == ["no-room:c1"]


def test_where_no_node_may_take_it_the_evidence_says_so() -> None:
    away = msgspec.structs.replace(a_job("web", 6, static_ports=(8080,)), datacenters=("dc2",))
    (finding,) = room_elsewhere(a_case(1, snapshot=with_job(NOW, away)))
    assert finding.level == Level.BLOCK
    assert finding.evidence.startswith(
        "1 of web with 100 MHz, 128 MB, port 8080 must move; of 5 other nodes 0 may take it"
    )


def test_a_static_port_needs_a_node_for_each_copy() -> None:
    more = [an_allocation("web", 100 + number, 1) for number in range(5)]
    six = with_new(with_job(NOW, a_job("web", 11, static_ports=(8080,))), *more)
    (finding,) = room_elsewhere(a_case(1, snapshot=six))
    assert finding.level == Level.BLOCK
    assert "6 of web" in finding.evidence
    assert "of 5 other nodes 5 may take it and have room, for 5;" in finding.evidence


def test_a_node_that_is_not_read_makes_it_uncertain() -> None:
    large = with_job(NOW, _sized("web", 7900))
    unread = msgspec.structs.replace(
        large, details={key: one for key, one in large.details.items() if key != node_id(2)}
    )
    (finding,) = room_elsewhere(a_case(1, snapshot=unread))
    assert (finding.id, finding.level) == ("little-room:c1", Level.WARN)
    assert finding.evidence.endswith("1 nodes are not read: c2")


def _only(snapshot: ClusterSnapshot, **free_mhz: int) -> ClusterSnapshot:
    """Only these nodes can take anything, each with so much free."""
    for number in range(2, 7):
        name = f"c{number}"
        if name in free_mhz:
            taken = snapshot.node_claims[node_id(number)].cpu_mhz
            snapshot = with_detail(snapshot, number, cpu_mhz=taken + free_mhz[name])
        else:
            snapshot = with_node(snapshot, number, eligibility="ineligible")
    return snapshot


def test_groups_that_fit_one_by_one_but_not_together_block_by_their_sum() -> None:
    both = with_job(with_job(NOW, _sized("web", 900)), _sized("solo", 900, count=1))
    (finding,) = room_elsewhere(a_case(1, snapshot=_only(both, c2=1100)))
    assert (finding.id, finding.level) == ("no-room:c1", Level.BLOCK)
    assert finding.evidence == (
        "1800 MHz, 256 MB must move, 1 other nodes have 1100 MHz, 15872 MB free; "
        "1 of 1 copies of web find no place; every node is read"
    )


def test_room_in_pieces_is_a_warning_only() -> None:
    both = with_job(with_job(NOW, _sized("web", 900)), _sized("solo", 1000, count=1))
    (sure,) = room_elsewhere(a_case(1, snapshot=_only(both, c2=1000, c3=850)))
    assert (sure.id, sure.level) == ("no-room:c1", Level.BLOCK)
    (tried,) = room_elsewhere(a_case(1, snapshot=_only(both, c2=1000, c3=850, c4=850)))
    assert (tried.id, tried.level) == ("little-room:c1", Level.WARN)
    assert "1 of 1 copies of web find no place" in tried.evidence


def test_a_tenth_is_kept_to_spare() -> None:
    large = with_job(NOW, _sized("web", 7000))
    (finding,) = room_elsewhere(a_case(1, snapshot=_only(large, c2=7000 + 100 + 699)))
    assert (finding.id, finding.level) == ("little-room:c1", Level.WARN)
    assert finding.evidence == (
        "fits, with less than 10% to spare: 1 of web with 7000 MHz, 128 MB; every node is read"
    )
    assert room_elsewhere(a_case(1, snapshot=_only(large, c2=7000 + 100 + 700))) == []


def test_a_tenth_may_be_spread_over_nodes() -> None:
    snapshot = with_job(NOW, _sized("web", 7000))
    for number in range(2, 7):
        snapshot = with_detail(snapshot, number, cpu_mhz=300 + 7000 + 150)
    assert room_elsewhere(a_case(1, snapshot=snapshot)) == []


def test_nothing_that_moves_needs_no_room() -> None:
    assert room_elsewhere(a_case(6, snapshot=msgspec.structs.replace(NOW, jobs={}))) == []
    empty = msgspec.structs.replace(
        a_job("web", 6), groups=(msgspec.structs.replace(a_job("web", 6).groups[0], tasks=()),)
    )
    assert room_elsewhere(a_case(1, snapshot=with_job(NOW, empty))) == []


def test_what_is_not_weighed_is_said() -> None:
    job = a_job("web", 6)
    group = msgspec.structs.replace(
        job.groups[0],
        wants=("cores", "volumes"),
        constraints=(Constraint("${attr.cpu.arch}", "regexp", "a.*"),),
    )
    wishes = with_job(NOW, msgspec.structs.replace(job, groups=(group,)))
    (finding,) = room_judged(a_case(1, 2, snapshot=wishes))
    assert (finding.id, finding.level) == ("room-unjudged:default/web/web", Level.WARN)
    assert finding.evidence == (
        "whether others can take it is not known: cores, volumes, ${attr.cpu.arch} regexp a.*"
    )
    plain = msgspec.structs.replace(group, wants=())
    asking = with_job(NOW, msgspec.structs.replace(job, groups=(plain,)))
    blind = msgspec.structs.replace(asking, details={})
    assert "regexp" in room_judged(a_case(1, snapshot=blind))[0].evidence


def _crowded() -> ClusterSnapshot:
    """Only with c2 eligible there is a place for what leaves c1."""
    snapshot = with_job(NOW, _sized("web", 5000))
    for number in range(3, 7):
        snapshot = with_detail(snapshot, number, cpu_mhz=1000)
    return snapshot


def test_marked_nodes_are_cordoned_in_their_turn_where_there_is_no_room_otherwise() -> None:
    plan = a_plan(1, 2, snapshot=_crowded())
    assert not plan.cordon_selection
    finding = next(one for one in plan.findings if one.id == "cordon-in-turn")
    assert finding.level == Level.WARN
    assert finding.evidence.startswith("with all marked nodes ineligible at once: 1 of web with")
    assert "no-room:c1" not in ids(plan.findings)


def test_where_there_is_room_all_are_cordoned_first_and_without_any_nothing_helps() -> None:
    assert one_by_one(a_case(1, 2)) is None
    assert one_by_one(a_case(1, snapshot=_crowded())) is None
    asked = a_case(1, 2, snapshot=_crowded(), cordon_selection=False)
    assert one_by_one(asked) is None
    full = with_detail(_crowded(), 2, cpu_mhz=1000)
    assert one_by_one(a_case(1, 2, snapshot=full)) is None
    assert a_plan(1, 2, snapshot=full).cordon_selection
    assert "no-room:c1" in ids(a_plan(1, 2, snapshot=full).findings)
