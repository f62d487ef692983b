"""Services: how many instances pass, here and elsewhere."""

from collections import Counter
from typing import NamedTuple

from nomad_console.domain.names import natural
from nomad_console.domain.service import ServiceSummary
from nomad_console.domain.snapshot import Changes, ClusterSnapshot, ConsulSums
from nomad_console.tui.rendering.columns import At, Column
from nomad_console.tui.rendering.diff import differing
from nomad_console.tui.rendering.table import Key, Table
from nomad_console.tui.rendering.text import NOTHING, UNKNOWN, Cell, Tone, sentence

_PLACES = 8


class ServiceRow(NamedTuple):
    summary: ServiceSummary
    sums: ConsulSums | None


def build(snapshot: ClusterSnapshot, name: str) -> ServiceRow | None:
    summary = snapshot.services.get(name)
    return None if summary is None else ServiceRow(summary, snapshot.service_sums.get(name))


def touched(old: ClusterSnapshot, new: ClusterSnapshot, changes: Changes) -> set[Key] | None:
    return set(changes.services) | differing(old.service_sums, new.service_sums)


def _count(row: ServiceRow, index: int, tone: Tone) -> Cell:
    if row.sums is None:
        return UNKNOWN
    count = row.sums[index]
    return Cell(str(count), tone if count else Tone.DIM)


def here(row: ServiceRow, at: At) -> Cell:
    """Instances on the machines the pane is narrowed to."""
    if not at.here:
        return NOTHING
    return Cell(str(sum(node in at.here for node in row.summary.nodes)))


def elsewhere(row: ServiceRow, at: At) -> Cell:
    """The other machines, or `every node`."""
    counts = Counter(row.summary.nodes)
    if len(counts) > 1 and len(counts) >= len(at.snapshot.nodes):
        return Cell("every node", Tone.DIM)
    names = sorted((name for name in counts if name not in at.here), key=natural)
    if not names:
        return Cell("nowhere else", Tone.WARN) if at.here else NOTHING
    return Cell(sentence(names, _PLACES), Tone.DIM)


def _words(row: ServiceRow) -> str:
    places = " ".join(row.summary.nodes) if len(row.summary.nodes) <= _PLACES else ""
    return f"{row.summary.name} {' '.join(row.summary.tags)} {places}"


SERVICES: Table[ServiceRow] = Table(
    kind="services",
    title="Services",
    columns=(
        Column(
            "name",
            "NAME",
            lambda row, _: Cell(row.summary.name, Tone.STRONG),
            lambda row: row.summary.name,
            order=lambda row: natural(row.summary.name),
            low=8,
            high=36,
            keep=99,
        ),
        Column(
            "pass",
            "PASS",
            lambda row, _: _count(row, 0, Tone.GOOD),
            lambda row: None if row.sums is None else row.sums.passing,
            right=True,
            keep=90,
        ),
        Column(
            "warn",
            "WARN",
            lambda row, _: _count(row, 1, Tone.WARN),
            lambda row: None if row.sums is None else row.sums.warning,
            right=True,
            keep=85,
        ),
        Column(
            "crit",
            "CRIT",
            lambda row, _: _count(row, 2, Tone.BAD),
            lambda row: None if row.sums is None else row.sums.critical,
            right=True,
            keep=95,
        ),
        Column(
            "here",
            "HERE",
            here,
            lambda row: row.summary.instances,
            right=True,
            keep=70,
        ),
        Column(
            "where",
            "WHERE ELSE",
            elsewhere,
            lambda row: len(set(row.summary.nodes)),
            high=40,
            keep=60,
        ),
        Column(
            "tags",
            "TAGS",
            lambda row, _: Cell(" ".join(row.summary.tags), Tone.DIM),
            lambda row: " ".join(row.summary.tags),
            high=24,
            keep=10,
            spare=True,
        ),
    ),
    keys=lambda snapshot: snapshot.services,
    build=build,
    touched=touched,
    words=_words,
    sort="name",
)
