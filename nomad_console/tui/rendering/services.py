"""Services: how many instances pass, here and elsewhere."""

from collections import Counter
from typing import NamedTuple

from nomad_console.domain.names import natural
from nomad_console.domain.service import ServiceSummary
from nomad_console.domain.snapshot import Changes, ClusterSnapshot, ConsulSums
from nomad_console.tui.rendering.columns import At, Column, words
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


def _counted(key: str, index: int, tone: Tone, *, keep: int) -> Column[ServiceRow]:
    """Instances by the worst of their checks; `index` as in the sums."""

    def value(row: ServiceRow) -> int | None:
        return None if row.sums is None else row.sums[index]

    def cell(row: ServiceRow, _: At) -> Cell:
        count = value(row)
        return UNKNOWN if count is None else Cell(str(count), tone if count else Tone.DIM)

    return Column(key, key.upper(), cell, value, right=True, keep=keep)


def here(row: ServiceRow, at: At) -> Cell:
    """Instances on the machines the pane is narrowed to."""
    if not at.here:
        return NOTHING
    return Cell(str(sum(map(at.here.__contains__, row.summary.nodes))))


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
        words(
            "name",
            "NAME",
            lambda row: row.summary.name,
            Tone.STRONG,
            order=lambda row: natural(row.summary.name),
            low=8,
            high=36,
            keep=99,
        ),
        _counted("pass", 0, Tone.GOOD, keep=90),
        _counted("warn", 1, Tone.WARN, keep=85),
        _counted("crit", 2, Tone.BAD, keep=95),
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
        words(
            "tags",
            "TAGS",
            lambda row: " ".join(row.summary.tags),
            Tone.DIM,
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
