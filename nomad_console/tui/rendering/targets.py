"""Targets: what the balancer thinks of each machine, group by group."""

from datetime import datetime
from typing import NamedTuple

from nomad_console.domain.names import natural
from nomad_console.domain.snapshot import Changes, ClusterSnapshot
from nomad_console.domain.target import Target, TargetGroup, TargetKey, TargetState
from nomad_console.domain.text import duration
from nomad_console.tui.rendering.age import age, at_least, epoch, seconds_between
from nomad_console.tui.rendering.columns import At, Column, words
from nomad_console.tui.rendering.diff import differing
from nomad_console.tui.rendering.table import Key, Table
from nomad_console.tui.rendering.text import UNKNOWN, Cell, Tone

_TONES = {
    TargetState.HEALTHY: Tone.GOOD,
    TargetState.INITIAL: Tone.BUSY,
    TargetState.DRAINING: Tone.BUSY,
    TargetState.UNUSED: Tone.WARN,
}


class TargetRow(NamedTuple):
    """`since`: the last change this console saw. `node` "": tied to none."""

    target: Target
    group: TargetGroup | None
    group_name: str
    node: str
    since: datetime | None


def build(snapshot: ClusterSnapshot, key: TargetKey) -> TargetRow | None:
    target = snapshot.targets.get(key)
    if target is None:
        return None
    return TargetRow(
        target,
        snapshot.groups.get(key.group),
        snapshot.group_name(key.group),
        owner(snapshot, key),
        snapshot.target_since.get(key),
    )


def owner(snapshot: ClusterSnapshot, key: TargetKey) -> str:
    """The node's name; `c1 or c2` where the tie is ambiguous."""
    found = snapshot.ties.node_of.get(key)
    names = [found] if found else list(snapshot.ties.ambiguous.get(key, ()))
    return " or ".join(snapshot.nodes[one].name for one in names if one in snapshot.nodes)


def touched(old: ClusterSnapshot, new: ClusterSnapshot, changes: Changes) -> set[Key] | None:
    keys: set[Key] = set(changes.targets) | differing(old.target_since, new.target_since)
    groups = differing(old.groups, new.groups)
    if groups:
        keys |= {key for key in new.targets if key.group in groups}
    if old.ties is not new.ties:
        keys |= differing(old.ties.node_of, new.ties.node_of)
        keys |= differing(old.ties.ambiguous, new.ties.ambiguous)
    return keys


def state(row: TargetRow, at: At) -> Cell:
    """`draining, 7s left`: the state verbatim, and how long the delay still runs where known."""
    word = row.target.state
    delay = row.group.deregistration_delay_s if row.group else None
    if word == TargetState.DRAINING and row.since is not None and delay is not None:
        left = delay - seconds_between(row.since, at.now)
        if left > 0:
            word = f"{word}, {duration(left)} left"
    if row.target.override.startswith("zonal_shift"):
        word = f"{word}, zonal shift"
    return Cell(word, _TONES.get(row.target.state, Tone.BAD))  # type: ignore[call-overload]  # a state is a str


def since(row: TargetRow, at: At) -> Cell:
    if row.since is not None:
        return age(row.since, at.now)
    return at_least(at.snapshot.watched_since, at.now)


def label(target: Target) -> str:
    return f"{target.key.id}:{target.key.port}"


def _words(row: TargetRow) -> str:
    target = row.target
    return (
        f"{row.group_name} {target.key.id} {target.key.port} {target.state} {target.reason} "
        f"{row.node} {target.zone}"
    )


TARGETS: Table[TargetRow] = Table(
    kind="targets",
    title="Targets",
    columns=(
        words(
            "group",
            "GROUP",
            lambda row: row.group_name,
            Tone.STRONG,
            order=lambda row: f"{natural(row.group_name)}\0{natural(row.node)}",
            low=8,
            high=32,
            keep=99,
        ),
        words(
            "target",
            "TARGET",
            lambda row: row.target.key.id,
            order=lambda row: natural(row.target.key.id),
            low=10,
            high=21,
            keep=80,
        ),
        Column(
            "port",
            "PORT",
            lambda row, _: Cell(str(row.target.key.port)),
            lambda row: row.target.key.port,
            right=True,
            low=5,
            keep=75,
        ),
        Column(
            "state",
            "STATE",
            state,
            lambda row: row.target.state,
            low=9,
            high=24,
            keep=95,
        ),
        Column("since", "SINCE", since, lambda row: epoch(row.since), keep=70, moment=True),
        Column(
            "node",
            "NODE",
            lambda row, _: Cell(row.node) if row.node else UNKNOWN,
            lambda row: row.node or None,
            order=lambda row: natural(row.node) if row.node else None,
            high=24,
            keep=85,
        ),
        words(
            "reason",
            "REASON",
            lambda row: row.target.reason,
            Tone.DIM,
            high=32,
            keep=30,
            spare=True,
        ),
        words("zone", "ZONE", lambda row: row.target.zone, Tone.DIM, high=14, keep=10, spare=True),
    ),
    keys=lambda snapshot: snapshot.targets,
    build=build,
    touched=touched,
    words=_words,
    sort="group",
)
