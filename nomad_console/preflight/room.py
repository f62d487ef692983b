"""Rules about room: whether what leaves a node fits elsewhere."""

from collections.abc import Sequence
from typing import NamedTuple

from nomad_console.domain.finding import Finding, Level
from nomad_console.domain.forecast import Wave
from nomad_console.domain.node import Node
from nomad_console.domain.plan import NodePlan
from nomad_console.preflight.case import Case, listed, named
from nomad_console.preflight.feasibility import fulfilled
from nomad_console.preflight.places import Free, Need, Places, need_of, takes_work

HEAD_ROOM = 0.1  # of what moves


class Shortage(NamedTuple):
    """`surely`: no way of placing can do it, not only the one that was tried.

    `placed`: all of it found a place, with little to spare.
    """

    node: NodePlan
    surely: bool
    evidence: str
    placed: bool = False


def room_elsewhere(case: Case) -> list[Finding]:
    """Nomad stops the old allocation also where the new one finds no place.

    Named is the first of the nodes that is short; those after it are not weighed then.
    """
    short = _shortage(case)
    if short is None:
        return []
    rule, level = ("no-room", Level.BLOCK) if short.surely else ("little-room", Level.WARN)
    cure = "give the other nodes room, make more of them eligible, or mark fewer"
    return [Finding(f"{rule}:{short.node.name}", level, short.node.name, short.evidence, cure)]


def room_judged(case: Case) -> list[Finding]:
    """What a group wants that is not weighed; its own node must have had it."""
    found: dict[str, Finding] = {}
    for node, groups in case.moving:
        for wave in groups:
            missing = [*wave.group.wants, *_unjudged(case, node, wave)]
            if missing:
                evidence = f"whether others can take it is not known: {listed(missing)}"
                cure = f"see by `nomad job plan` whether one more copy of {wave.job.id} has a place"
                name = named(wave)
                found[name] = Finding(f"room-unjudged:{name}", Level.WARN, name, evidence, cure)
    return [found[name] for name in sorted(found)]


def cordoned(case: Case) -> tuple[Case, Finding | None]:
    """The case as its nodes are made ineligible, and why one by one where that is not at once.

    At once only where what leaves each of them has a place on nodes that are not marked, and where
    every datacenter and pool of theirs keeps a node that takes work.
    """
    if not case.plan.cordon_selection or len(case.plan.nodes) < 2:  # noqa: PLR2004 — several
        return case, None
    short = _shortage(case, outside=True)
    lacking = "" if short is None or short.placed else short.evidence
    reason = _emptied(case) or lacking
    if not reason:
        return case, None
    apart = case.with_plan(cordon_selection=False)
    again = _shortage(apart)
    if again is not None and again.surely:
        return apart, None  # blocked for that
    evidence = f"with all marked nodes ineligible at once: {reason}"
    cure = "nothing: each is made ineligible in its turn, and some work may move twice"
    return apart, Finding("cordon-in-turn", Level.WARN, "cordon", evidence, cure)


def _emptied(case: Case) -> str:
    """The datacenters and pools that would keep no node for new work; "" where each has one."""
    nodes = case.snapshot.nodes
    marked = [nodes[one.node_id] for one in case.plan.nodes]
    closed = {one.id for one in marked}
    kept = {_where(one) for one in nodes.values() if one.id not in closed and takes_work(one)}
    empty = sorted({_where(one) for one in marked if one.eligible} - kept)
    if not empty:
        return ""
    places = listed(f"{datacenter}, pool {pool}" for datacenter, pool in empty)
    return f"no other node would take work in {places}"


def _where(node: Node) -> tuple[str, str]:
    return node.datacenter, node.pool


def _unjudged(case: Case, node: NodePlan, wave: Wave) -> list[str]:
    row, detail = case.snapshot.nodes[node.node_id], case.snapshot.details.get(node.node_id)
    return [
        f"{one.left} {one.operand} {one.right}".strip()
        for one in (*wave.job.constraints, *wave.group.constraints)
        if detail is None or fulfilled(one, row, detail) is None
    ]


def _shortage(case: Case, *, outside: bool = False) -> Shortage | None:
    for number, (node, groups) in enumerate(case.moving):
        needs = [need_of(case, wave) for wave in groups if wave.group.tasks]
        needs.sort(key=lambda one: one.claim, reverse=True)
        places = Places(case, number, outside=outside)
        left: dict[str, Free] = {}
        for need in needs:
            missing = _placed(places, need, left)
            if missing:
                return _without_place(node, places, needs, need, missing)
        tight = [need for need in needs if not _spare(places, need, left)]
        if tight:
            evidence = f"fits, with less than {HEAD_ROOM:.0%} to spare: {_words(tight)}"
            evidence = f"{evidence}; {_unread(places)}"
            return Shortage(node, surely=False, evidence=evidence, placed=True)
    return None


def _placed(places: Places, need: Need, left: dict[str, Free]) -> int:
    """Give the copies their places, first come first served; how many find none."""
    missing = need.copies
    for place in places:
        if not missing:
            break
        free = left.get(place.node.id, place.free)
        fits = free.fits(need.claim, min(missing, need.most))
        if fits and places.takes(place, need):
            left[place.node.id] = free.less(need.claim, fits)
            missing -= fits
    return missing


def _spare(places: Places, need: Need, left: dict[str, Free]) -> bool:
    """Whether a tenth of it would still be free where it may go."""
    cpu = HEAD_ROOM * need.copies * need.claim.cpu_mhz
    memory = HEAD_ROOM * need.copies * need.claim.memory_mb
    for place in places:
        if cpu <= 0 and memory <= 0:
            return True
        if places.takes(place, need):
            free = left.get(place.node.id, place.free)
            cpu, memory = cpu - free.cpu_mhz, memory - free.memory_mb
    return cpu <= 0 and memory <= 0


def _without_place(
    node: NodePlan, places: Places, needs: Sequence[Need], short: Need, missing: int
) -> Shortage:
    """In numbers, and whether it is sure: each bound is one that no placing can break."""
    every = list(places)
    fits = ((one.free.fits(short.claim, short.most), one) for one in every)
    open_to = [copies for copies, one in fits if copies and places.takes(one, short)]
    if sum(open_to) < short.copies:
        most = max((one.free for one in every), default=Free(0, 0))
        evidence = f"{_words([short])} must move; of {len(every) + places.full} other nodes "
        evidence += f"{len(open_to)} may take it and have room, for {sum(open_to)}; "
        evidence += f"the most free has {most.cpu_mhz} MHz, {most.memory_mb} MB"
        return Shortage(node, not places.unread, f"{evidence}; {_unread(places)}")
    wide = [one for one in every if any(places.takes(one, need) for need in needs)]
    cpu = sum(need.copies * need.claim.cpu_mhz for need in needs)
    memory = sum(need.copies * need.claim.memory_mb for need in needs)
    has = Free(sum(one.free.cpu_mhz for one in wide), sum(one.free.memory_mb for one in wide))
    evidence = f"{cpu} MHz, {memory} MB must move, {len(wide)} other nodes have {has.cpu_mhz} MHz, "
    evidence += f"{has.memory_mb} MB free; {missing} of {short.copies} copies of "
    evidence += f"{short.wave.job.id} find no place"
    surely = (cpu > has.cpu_mhz or memory > has.memory_mb) and not places.unread
    return Shortage(node, surely, f"{evidence}; {_unread(places)}")


def _words(needs: Sequence[Need]) -> str:
    return listed(
        f"{one.copies} of {one.wave.job.id} with {one.claim.cpu_mhz} MHz, {one.claim.memory_mb} MB"
        + (f", port {', '.join(map(str, one.claim.ports))}" if one.claim.ports else "")
        for one in needs
    )


def _unread(places: Places) -> str:
    if not places.unread:
        return "every node is read"
    return f"{len(places.unread)} nodes are not read: {listed(places.unread)}"
