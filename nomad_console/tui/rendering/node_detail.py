"""A node in full, and the list of disagreements."""

from datetime import datetime

from nomad_console.domain.names import natural
from nomad_console.domain.node import Node, NodeDetail
from nomad_console.domain.service import CheckStatus, HealthCheck
from nomad_console.domain.snapshot import SourceName, SourceState
from nomad_console.domain.truth import disagreements
from nomad_console.tui.rendering import allocations, nodes, targets
from nomad_console.tui.rendering.age import age, badge
from nomad_console.tui.rendering.columns import At
from nomad_console.tui.rendering.document import Document, Entry, Link, fact, heading, rows
from nomad_console.tui.rendering.rights import rights_entries
from nomad_console.tui.rendering.table import Key
from nomad_console.tui.rendering.text import NOTHING, UNKNOWN, Cell, Line, Tone

CHECK_TONES = {
    CheckStatus.PASSING: Tone.GOOD,
    CheckStatus.WARNING: Tone.WARN,
    CheckStatus.CRITICAL: Tone.BAD,
}


def node_document(at: At, key: Key) -> Document | None:
    row = nodes.build(at.snapshot, key)
    if row is None:
        return None
    entries = [
        *[Entry((Cell(f"  ! {text}", Tone.BAD),)) for text in row.conflicts],
        *_facts(row, at),
        *heading("Allocations", "enter opens"),
        *_allocations(at, row.node.id),
        *heading("Targets"),
        *_targets(at, row.node.id),
        *heading("Consul"),
        *_checks(at, row.node),
        *heading("Events", "Nomad keeps the newest ten"),
        *_events(at, row.detail),
        *heading("Drivers and metadata"),
        *_metadata(row.detail),
    ]
    return Document(f"Node {row.node.name}", tuple(entries))


def disagreements_document(at: At, _: Key) -> Document:
    """Every disagreement of every node, by node; then what each source says of itself, in full."""
    found = sorted(at.snapshot.nodes.values(), key=lambda node: natural(node.name))
    lines: list[tuple[Line, Link | None]] = [
        ((Cell(node.name, Tone.STRONG), Cell(one.text, Tone.BAD)), Link("nodes", node.id))
        for node in found
        for one in disagreements(at.snapshot, node.id)
    ]
    unheard = _unheard(at)
    entries = rows(("NODE", "WHAT"), lines) if lines else []
    entries += [Entry((Cell(f"    not known: {one}", Tone.WARN),)) for one in unheard]
    if not entries:
        entries = [Entry((Cell("    the systems agree about every node", Tone.GOOD),))]
    entries += [*heading("Sources"), *(entry for name in SourceName for entry in _source(at, name))]
    entries += [*heading("What our tokens may do", "found out by reading"), *rights_entries(at)]
    count = str(len(lines)) if lines else "not known" if unheard else "none"
    return Document(f"Disagreements {count}", tuple(entries))


def _unheard(at: At) -> list[str]:
    """The sources that nothing is compared with now; one that is off is no voice at all."""
    sources = map(at.snapshot.source, SourceName)
    heard = {SourceState.LIVE, SourceState.OFF}
    return [f"{one.name} is {one.word}" for one in sources if one.state not in heard]


def _source(at: At, name: SourceName) -> list[Entry]:
    source = at.snapshot.source(name)
    said = [fact(name, badge(source, at.now))]
    said += [fact("", Cell(source.reason))] if source.reason else []
    return [*said, fact("", Cell(source.hint, Tone.DIM))] if source.hint else said


def _facts(row: nodes.NodeRow, at: At) -> list[Entry]:
    node, detail = row.node, row.detail
    last, of_class = node.last_drain, f" · class {node.node_class}" if node.node_class else ""
    entries = [
        fact("state", nodes.state(row, at)),
        fact("eligibility", Cell(node.eligibility)),
        fact(
            "version", Cell(node.version), Cell("  older than the servers" * row.behind, Tone.WARN)
        ),
        fact("allocations", nodes.allocations(row, at), Cell(" running of those that should")),
        fact("consul", nodes.consul(row, at)),
        fact("balancer", nodes.balancer(row, at)),
        fact("id", Cell(node.id)),
        fact("address", Cell(node.address)),
        fact("place", Cell(f"{node.datacenter} · pool {node.pool}{of_class}")),
    ]
    if last is not None:
        by = f" by {last.accessor_id}" if last.accessor_id else ""
        entries.append(
            fact("last drain", Cell(f"{last.status}{by}, "), age(last.started_at, at.now))
        )
    if detail is None:
        return [*entries, fact("details", UNKNOWN)]
    return [
        *entries,
        fact("status since", age(detail.status_since(node.status), at.now)),
        fact("instance", Cell(detail.instance_id or "not on EC2"), Cell(f"  {detail.zone}")),
        fact("resources", Cell(f"{detail.cpu_mhz:,} MHz · {detail.memory_mb:,} MB")),
        *_drain(detail, at.now),
    ]


def _drain(detail: NodeDetail, now: datetime) -> list[Entry]:
    drain = detail.drain
    if drain is None:
        return []
    until = drain.force_deadline
    end = f"deadline in {age(now, until).text}" if until else "no deadline"
    kept = " · system jobs stay" if drain.ignore_system_jobs else ""
    cells = (Cell("for "), age(drain.started_at, now), Cell(f"{kept} · {end}"))
    return [fact("draining", *cells)]


def _allocations(at: At, node_id: str) -> list[Entry]:
    found = sorted(at.snapshot.allocations_of(node_id), key=lambda one: (one.terminal, one.name))
    lines: list[tuple[Line, Link | None]] = []
    for one in found:
        row = allocations.build(at.snapshot, one.id)
        if row is not None:
            cells = (
                Cell(allocations.label(one), Tone.STRONG),
                allocations.state(row, at),
                allocations.health(row, at),
                allocations.restarts(row, at),
                allocations.successor(row, at),
            )
            lines.append((cells, Link("allocations", one.id)))
    return rows(("JOB", "STATE", "HEALTH", "RESTARTS", "→ REPLACEMENT"), lines)


def _targets(at: At, node_id: str) -> list[Entry]:
    lines: list[tuple[Line, Link | None]] = []
    for one in at.snapshot.targets_of(node_id):
        row = targets.build(at.snapshot, one.key)
        if row is not None:
            cells = (
                Cell(row.group_name, Tone.STRONG),
                Cell(targets.label(one)),
                targets.state(row, at),
                targets.since(row, at),
                Cell(one.reason),
            )
            lines.append((cells, Link("targets", one.key)))
    return rows(("GROUP", "TARGET", "STATE", "SINCE", "REASON"), lines)


def _checks(at: At, node: Node) -> list[Entry]:
    name = at.snapshot.consul_name(node)
    health = at.snapshot.node_health.get(name)
    checks = health.checks if health else at.snapshot.problems.get(name)
    if checks is None:
        return [fact(name, UNKNOWN)]
    return rows(
        ("SERVICE", "CHECK", "STATUS", "OUTPUT"),
        [
            (
                check_cells(check),
                Link("services", check.service_name) if check.service_name else None,
            )
            for check in sorted(checks, key=lambda one: (one.status == "passing", one.service_name))
        ],
    )


def check_cells(check: HealthCheck) -> Line:
    tone = next((tone for status, tone in CHECK_TONES.items() if status == check.status), Tone.WARN)
    return (
        Cell(check.service_name, Tone.STRONG) if check.service_name else Cell("machine", Tone.DIM),
        Cell(check.name),
        Cell(check.status, tone),
        Cell(check.output[:160], Tone.DIM),
    )


def _events(at: At, detail: NodeDetail | None) -> list[Entry]:
    if detail is None:
        return [fact("events", UNKNOWN)]
    return rows(
        ("WHEN", "SUBSYSTEM", "WHAT"),
        [
            ((age(event.at, at.now), Cell(event.subsystem, Tone.DIM), Cell(event.message)), None)
            for event in reversed(detail.events)
        ],
    )


def _metadata(detail: NodeDetail | None) -> list[Entry]:
    if detail is None:
        return [fact("metadata", UNKNOWN)]
    drivers = [
        fact(name, Cell("healthy", Tone.GOOD) if healthy else Cell("UNHEALTHY", Tone.BAD))
        for name, healthy in sorted(detail.drivers.items())
    ]
    metadata = [fact(f"meta.{name}", Cell(text)) for name, text in sorted(detail.meta.items())]
    return [*drivers, *metadata] or [fact("drivers", NOTHING)]
