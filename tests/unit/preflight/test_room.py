"""Whether what leaves a node fits elsewhere."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from nomad_console.domain.finding import Level
from nomad_console.domain.forecast import waves
from nomad_console.domain.job import Constraint, Job
from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.preflight.feasibility import may_take
from nomad_console.preflight.room import cordoned, room_elsewhere, room_judged
from nomad_console.upgrade.run import Run
from tests.support.plans import a_case, a_plan, ids
from tests.support.play import Play
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
    for case in (a_case(1, 2), a_case(1, snapshot=_crowded())):
        assert cordoned(case) == (case, None)
    asked = a_case(1, 2, snapshot=_crowded(), cordon_selection=False)
    assert cordoned(asked)[1] is None
    full = with_detail(_crowded(), 2, cpu_mhz=1000)
    apart, finding = cordoned(a_case(1, 2, snapshot=full))
    assert (apart.plan.cordon_selection, finding) == (False, None)
    assert "no-room:c1" in ids(a_plan(1, 2, snapshot=full).findings)


def _without_work(*numbers: int) -> ClusterSnapshot:
    """Nothing but system jobs runs on these."""
    here = set(map(node_id, numbers))
    ended = (
        msgspec.structs.replace(one, desired="stop", client="complete")
        for one in NOW.allocations.values()
        if one.node_id in here and one.job_type != "system"
    )
    return with_new(NOW, *ended)


def test_all_nodes_of_a_cluster_are_cordoned_in_their_turn() -> None:
    """Also where the first of them, or each of them, has nothing that would have to move."""
    for snapshot in (NOW, _without_work(1), _without_work(*range(1, 7))):
        plan = a_plan(*range(1, 7), snapshot=snapshot)
        assert not plan.cordon_selection
        assert "cordon-in-turn" in ids(plan.findings)


def test_a_pool_keeps_a_node_for_new_work() -> None:
    two = with_node(with_node(_without_work(4, 5), 4, pool="gpu"), 5, pool="gpu")
    finding = next(one for one in a_plan(4, 5, snapshot=two).findings if one.id == "cordon-in-turn")
    assert finding.evidence.endswith("no other node would take work in dc1, pool gpu")
    third = with_node(two, 6, pool="gpu")
    assert a_plan(4, 5, snapshot=third).cordon_selection
    assert not a_plan(4, 5, snapshot=with_node(third, 6, eligibility="ineligible")).cordon_selection


def _for_fast(snapshot: ClusterSnapshot) -> ClusterSnapshot:
    """The job `web` wants nodes of this class."""
    tied = (Constraint("${node.class}", "=", "fast"),)
    return with_job(snapshot, msgspec.structs.replace(a_job("web", 6), constraints=tied))


def test_work_tied_to_the_marked_nodes_keeps_one_of_them() -> None:
    """A class that only marked nodes have: the others are no place for it."""
    fast = _for_fast(NOW)
    for number in (1, 2):
        fast = with_node(fast, number, node_class="fast")
    assert not a_plan(1, 2, snapshot=fast).cordon_selection
    assert a_plan(1, 2, snapshot=with_node(fast, 3, node_class="fast")).cordon_selection


def _stuck(run: Run, snapshot: ClusterSnapshot) -> list[str]:
    """The groups of the node at work that no node which is eligible now may take."""
    closed = {one.node for one in run.upgrades if one.cordoned or one.pending}
    eligible = [one for one in snapshot.nodes.values() if one.eligible and one.id not in closed]
    return [
        wave.job.id
        for wave in waves(snapshot, run.plan.node(run.upgrade.node))
        if not any(
            may_take(one, snapshot.details[one.id], wave.job, wave.group) for one in eligible
        )
    ]


@given(
    marked=st.lists(st.integers(1, 6), min_size=1, unique=True),
    kinds=st.lists(
        st.tuples(*map(st.sampled_from, (("default", "gpu"), ("edge", "fast")))), min_size=6
    ),
    idle=st.sets(st.integers(1, 6)),
    closed=st.sets(st.integers(1, 6), max_size=3),
    tied=st.booleans(),
)
@settings(max_examples=60)
def test_at_every_gate_the_work_in_play_has_a_place(
    marked: list[int],
    kinds: list[tuple[str, str]],
    idle: set[int],
    closed: set[int],
    tied: bool,
) -> None:
    snapshot = _without_work(*idle)
    for number, (pool, node_class) in enumerate(kinds[:6], 1):
        eligibility = "ineligible" if number in closed else "eligible"
        changes = {"pool": pool, "node_class": node_class, "eligibility": eligibility}
        snapshot = with_node(snapshot, number, **changes)
    snapshot = _for_fast(snapshot) if tied else snapshot
    play = Play(Run.of(a_plan(*marked, snapshot=snapshot)))
    if play.run.plan.blocked:
        return
    play.take_up()
    while play.run.ended_at is None:
        if play.finish_step() is not None:
            assert _stuck(play.run, snapshot) == []
            play.confirm()
            assert _stuck(play.run, snapshot) == []
