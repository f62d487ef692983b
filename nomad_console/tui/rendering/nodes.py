"""Nodes: one line says what all four systems think of a machine."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from nomad_console.domain.names import natural, release
from nomad_console.domain.node import Node, NodeDetail, NodeStatus
from nomad_console.domain.rights import SERVICE_READ, Verdict
from nomad_console.domain.snapshot import (
    Changes,
    ClusterSnapshot,
    ConsulSums,
    NodeSums,
    SourceName,
    SourceState,
)
from nomad_console.domain.target import Target, TargetState
from nomad_console.domain.text import duration
from nomad_console.domain.truth import disagreements
from nomad_console.tui.rendering.age import age, epoch, seconds_between
from nomad_console.tui.rendering.columns import At, Column, words
from nomad_console.tui.rendering.diff import differing
from nomad_console.tui.rendering.table import Key, Table
from nomad_console.tui.rendering.text import NOTHING, UNKNOWN, Cell, Tone

_ID = 8  # characters of an id that are shown
_BALANCER_TONES = {"BAD": Tone.BAD, "new": Tone.BUSY, "out": Tone.WARN, "ok": Tone.GOOD}
_BAD = {TargetState.UNHEALTHY, TargetState.UNAVAILABLE, TargetState.UNHEALTHY_DRAINING}


class NodeRow(NamedTuple):
    """None where a system has not spoken yet; empty where it said that there is nothing."""

    node: Node
    detail: NodeDetail | None
    sums: NodeSums | None
    consul: ConsulSums | None
    targets: tuple[Target, ...] | None
    conflicts: tuple[str, ...]
    behind: bool  # older than the newest server


def build(snapshot: ClusterSnapshot, node_id: str) -> NodeRow | None:
    node = snapshot.nodes.get(node_id)
    if node is None:
        return None
    return NodeRow(
        node,
        snapshot.details.get(node_id),
        snapshot.work_of(node_id),
        snapshot.instances_of(node),
        _targets(snapshot, node_id),
        tuple(one.text for one in disagreements(snapshot, node_id)),
        any(release(node.version) < release(one) for one in set(snapshot.server_versions)),
    )


def _targets(snapshot: ClusterSnapshot, node_id: str) -> tuple[Target, ...] | None:
    targets = tuple(snapshot.targets_of(node_id))
    complete = snapshot.groups_complete and node_id not in snapshot.ties.untied
    return targets if targets or complete else None


def touched(old: ClusterSnapshot, new: ClusterSnapshot, changes: Changes) -> set[Key] | None:
    """Nodes of which any system says something else, and those that share a target with one."""
    if old.server_versions != new.server_versions or old.groups_complete != new.groups_complete:
        return None
    if changes.sources and _other_voices(old, new):
        return None
    if any(differ(old) != differ(new) for differ in _KNOWN):
        return None
    keys: set[Key] = set(changes.nodes)
    for snapshot in (old, new):
        rows = snapshot.allocations
        keys |= {rows[one].node_id for one in changes.allocations if one in rows}
        ties = snapshot.ties
        keys |= {ties.node_of[one] for one in changes.targets if one in ties.node_of}
    if old.ties is not new.ties:
        for key in differing(old.ties.ambiguous, new.ties.ambiguous):
            keys.update(old.ties.ambiguous.get(key, ()), new.ties.ambiguous.get(key, ()))
    return keys


_KNOWN: tuple[Callable[[ClusterSnapshot], bool], ...] = (
    lambda snapshot: bool(snapshot.nomad_index),
    lambda snapshot: snapshot.hides_work,
    lambda snapshot: bool(snapshot.allocations),
    lambda snapshot: bool(snapshot.services),
    lambda snapshot: snapshot.credential(SourceName.CONSUL).may(SERVICE_READ) is Verdict.NO,
)  # what turns "none" into "not known" on every row


def _other_voices(old: ClusterSnapshot, new: ClusterSnapshot) -> bool:
    """A source spoke for the first time, fell silent or came back: every row reads differently."""
    return any(
        (old.source(name).true_at is None) != (new.source(name).true_at is None)
        or old.source(name).state is not new.source(name).state
        for name in SourceName
    )


def state_word(row: NodeRow) -> str:
    node = row.node
    if node.status != NodeStatus.READY:
        return node.status
    if node.draining:
        return "draining"
    return "ready" if node.eligible else node.eligibility


def state(row: NodeRow, at: At) -> Cell:
    word = state_word(row)
    since: datetime | None = None
    if word in {NodeStatus.DOWN, NodeStatus.DISCONNECTED}:
        since = _status_since(row)
    elif word == "draining" and row.detail and row.detail.drain:
        since = row.detail.drain.started_at
    text = word if since is None else f"{word} {duration(seconds_between(since, at.now))}"
    tones = {"ready": Tone.PLAIN, "draining": Tone.BUSY, "ineligible": Tone.WARN}
    return Cell(text, tones.get(word, Tone.WARN if word == "initializing" else Tone.BAD))


def sign(row: NodeRow, _: At) -> Cell:
    """`✗` not ready, `◐` draining, `○` ineligible; `!` where systems disagree."""
    word = state_word(row)
    mark = {"ready": " ", "draining": "◐", "ineligible": "○"}.get(word, "✗")
    if row.conflicts:
        return Cell(f"{mark} !", Tone.BAD)
    return Cell(mark, Tone.BAD if mark == "✗" else Tone.BUSY)


def allocations(row: NodeRow, at: At) -> Cell:
    """`+`: at least, where the token may not see all of them."""
    if row.sums is None:
        return UNKNOWN
    tone = Tone.PLAIN if row.sums.running == row.sums.total else Tone.WARN
    more = "+" if at.snapshot.hides_work else ""
    return Cell(f"{row.sums.running}/{row.sums.total}{more}", tone)


def consul(row: NodeRow, at: At) -> Cell:
    if row.consul is None:
        off = at.snapshot.source(SourceName.CONSUL).state is SourceState.OFF
        return NOTHING if off else UNKNOWN
    if not any(row.consul):
        return NOTHING
    _, warning, critical = row.consul
    tone = Tone.BAD if critical else Tone.WARN if warning else Tone.GOOD
    return Cell(_consul_words(row), tone)


def _consul_words(row: NodeRow) -> str:
    counts = zip(row.consul or (), ("ok", "warn", "CRIT"), strict=False)
    return " ".join(f"{count} {word}" for count, word in counts if count)


def _consul_order(row: NodeRow) -> tuple[int, int, int] | None:
    """The worst first: most critical ones, then most warnings, then fewest that pass."""
    if row.consul is None:
        return None
    return -row.consul.critical, -row.consul.warning, row.consul.passing


def balancer(row: NodeRow, at: At) -> Cell:
    if row.targets is None:
        off = at.snapshot.source(SourceName.ALB).state is SourceState.OFF
        return NOTHING if off else UNKNOWN
    if not row.targets:
        return NOTHING
    counts = _balancer_counts(row)
    tone = next(tone for word, tone in _BALANCER_TONES.items() if counts[word])
    return Cell(_balancer_words(row), tone)


def _balancer_counts(row: NodeRow) -> Counter[str]:
    return Counter(_balancer_word(one) for one in row.targets or ())


def _balancer_words(row: NodeRow) -> str:
    counts = _balancer_counts(row)
    order = ("ok", "new", "out", "BAD")
    return " ".join(f"{counts[word]} {word}" for word in order if counts[word])


def _balancer_order(row: NodeRow) -> tuple[int, ...] | None:
    """The worst first, as the checks of Consul."""
    if row.targets is None:
        return None
    counts = _balancer_counts(row)
    return -counts["BAD"], -counts["out"], -counts["new"], counts["ok"]


def _balancer_word(target: Target) -> str:
    if target.serving:
        return "ok"
    if target.state in _BAD:
        return "BAD"
    return "new" if target.state == TargetState.INITIAL else "out"


def _version(row: NodeRow, _: At) -> Cell:
    return Cell(f"{row.node.version} ↑" if row.behind else row.node.version)


def _status_since(row: NodeRow) -> datetime | None:
    return row.detail.status_since(row.node.status) if row.detail else None


def _words(row: NodeRow) -> str:
    node, zone = row.node, row.detail.zone if row.detail else ""
    return (
        f"{node.name} {node.version} {state_word(row)} {_consul_words(row)} {_balancer_words(row)} "
        f"{zone} {node.pool} {node.node_class} {node.address}"
    )


def _failing(row: NodeRow) -> float | None:
    return None if row.consul is None else row.consul.critical + row.consul.warning


def _serving(row: NodeRow) -> float | None:
    return None if row.targets is None else sum(one.serving for one in row.targets)


NODES: Table[NodeRow] = Table(
    kind="nodes",
    title="Nodes",
    columns=(
        words(
            "name",
            "NAME",
            lambda row: row.node.name,
            Tone.STRONG,
            order=lambda row: natural(row.node.name),
            low=6,
            high=28,
            keep=99,
        ),
        Column(
            "version",
            "VERSION",
            _version,
            lambda row: row.node.version,
            order=lambda row: release(row.node.version),
            high=14,
            keep=80,
        ),
        Column("state", "STATE", state, state_word, low=10, high=20, keep=95),
        Column("sign", "", sign, lambda row: len(row.conflicts), keep=90, high=3),
        Column(
            "allocs",
            "ALLOCS",
            allocations,
            lambda row: None if row.sums is None else row.sums.running,
            right=True,
            low=6,
            keep=70,
        ),
        Column("consul", "CONSUL", consul, _failing, order=_consul_order, low=6, high=22, keep=65),
        Column("alb", "ALB", balancer, _serving, order=_balancer_order, low=5, high=18, keep=68),
        Column(
            "age",
            "AGE",
            lambda row, at: age(_status_since(row), at.now),
            lambda row: epoch(_status_since(row)),
            right=True,
            low=5,
            keep=50,
            moment=True,
        ),
        Column(
            "zone",
            "ZONE",
            lambda row, _: Cell(row.detail.zone, Tone.DIM) if row.detail else UNKNOWN,
            lambda row: row.detail.zone if row.detail else None,
            high=14,
            keep=30,
            spare=True,
        ),
        words("pool", "POOL", lambda row: row.node.pool, Tone.DIM, high=12, keep=20),
        words(
            "class",
            "CLASS",
            lambda row: row.node.node_class,
            Tone.DIM,
            high=12,
            keep=18,
            spare=True,
        ),
        words("address", "ADDRESS", lambda row: row.node.address, Tone.DIM, high=16, keep=15),
        Column(
            "id",
            "ID",
            lambda row, _: Cell(row.node.id[:_ID], Tone.DIM),
            lambda row: row.node.id,
            low=_ID,
            keep=5,
        ),
    ),
    keys=lambda snapshot: snapshot.nodes,
    build=build,
    touched=touched,
    words=_words,
    sort="name",
)
