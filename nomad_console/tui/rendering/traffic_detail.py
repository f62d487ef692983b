"""A service, a target and a target group in full."""

from nomad_console.domain.names import natural
from nomad_console.domain.service import CheckStatus
from nomad_console.domain.target import Target, TargetGroup
from nomad_console.tui.rendering import services, targets
from nomad_console.tui.rendering.columns import At
from nomad_console.tui.rendering.document import Document, Entry, Link, fact, heading, rows
from nomad_console.tui.rendering.node_detail import check_cells
from nomad_console.tui.rendering.table import Key
from nomad_console.tui.rendering.text import NOTHING, UNKNOWN, Cell, Line, Tone

_MOST = 500


def service_document(at: At, key: Key) -> Document | None:
    row = services.build(at.snapshot, key)
    if row is None:
        return None
    sums = row.sums
    checks = [
        check
        for name in sorted(set(row.summary.nodes), key=natural)
        for check in at.snapshot.problems.get(name, ())
        if check.service_name == key and check.status != CheckStatus.PASSING
    ]
    entries = [
        fact("passing", Cell(str(sums.passing), Tone.GOOD) if sums else UNKNOWN),
        fact("warning", Cell(str(sums.warning), Tone.WARN) if sums else UNKNOWN),
        fact("critical", Cell(str(sums.critical), Tone.BAD) if sums else UNKNOWN),
        fact("tags", Cell(" ".join(row.summary.tags)) if row.summary.tags else NOTHING),
        *heading("Failing checks"),
        *rows(
            ("SERVICE", "CHECK", "STATUS", "OUTPUT", "MACHINE"),
            [((*check_cells(one), Cell(one.node)), None) for one in checks[:_MOST]],
        ),
        *heading("Instances", "machines by Consul's name"),
        *_machines(at, row.summary.nodes),
    ]
    return Document(f"Service {key}", tuple(entries))


def _machines(at: At, names: tuple[str, ...]) -> list[Entry]:
    by_name = {at.snapshot.consul_name(node): node for node in at.snapshot.nodes.values()}
    lines: list[tuple[Line, Link | None]] = []
    for name in sorted(set(names), key=natural)[:_MOST]:
        node = by_name.get(name)
        link = Link("nodes", node.id) if node else None
        tone = Tone.STRONG if node else Tone.DIM
        state = Cell(node.status if node else "not a Nomad client", Tone.DIM)
        lines.append(((Cell(name, tone), Cell(str(names.count(name))), state), link))
    return rows(("MACHINE", "INSTANCES", "NOMAD SAYS"), lines)


def target_document(at: At, key: Key) -> Document | None:
    row = targets.build(at.snapshot, key)
    if row is None:
        return None
    target = row.target
    node_id = at.snapshot.ties.node_of.get(key)
    node = fact("node", Cell(row.node, Tone.STRONG) if row.node else Cell("none known", Tone.WARN))
    group = fact("group", Cell(row.group_name, Tone.STRONG), Cell("  →", Tone.BUSY))
    entries = [
        Entry(group.line, Link("groups", key.group)),
        Entry(node.line, Link("nodes", node_id)) if node_id else node,
        fact("state", targets.state(row, at)),
        fact("since", targets.since(row, at)),
        fact("reason", Cell(target.reason) if target.reason else NOTHING),
        fact("said", Cell(target.description) if target.description else NOTHING),
        fact("zone", Cell(target.zone) if target.zone else NOTHING),
        fact("override", Cell(target.override, Tone.WARN) if target.override else NOTHING),
    ]
    return Document(f"Target {targets.label(target)}", tuple(entries))


def group_document(at: At, key: Key) -> Document | None:
    group = at.snapshot.groups.get(key)
    if group is None:
        return None
    entries = [
        *_group_facts(group),
        *heading("Targets"),
        *_targets(at, [one for one in at.snapshot.targets.values() if one.key.group == key]),
        *heading("Attributes"),
    ]
    if group.attributes is None:
        entries.append(fact("attributes", UNKNOWN))
    else:
        entries += [
            Entry((Cell(f"    {name} ", Tone.DIM), Cell(text)))
            for name, text in sorted(group.attributes.items())
        ]
    return Document(f"Target group {group.name}", tuple(entries))


def _group_facts(group: TargetGroup) -> list[Entry]:
    delay = group.deregistration_delay_s
    noticed = group.health_interval_s * group.unhealthy_threshold
    return [
        fact("protocol", Cell(f"{group.protocol} {group.port}, targets by {group.target_type}")),
        fact(
            "health check",
            Cell(
                f"{group.health_path} every {group.health_interval_s:g} s, unhealthy after "
                f"{group.unhealthy_threshold} (about {noticed:g} s)"
            ),
        ),
        fact("deregistration", UNKNOWN if delay is None else Cell(f"{delay:g} s of draining")),
        fact("arn", Cell(group.arn, Tone.DIM)),
    ]


def _targets(at: At, found: list[Target]) -> list[Entry]:
    lines: list[tuple[Line, Link | None]] = []
    for one in found[:_MOST]:
        row = targets.build(at.snapshot, one.key)
        if row is not None:
            cells = (
                Cell(targets.label(one), Tone.STRONG),
                Cell(row.node) if row.node else UNKNOWN,
                targets.state(row, at),
                targets.since(row, at),
                Cell(one.reason, Tone.DIM),
            )
            lines.append((cells, Link("targets", one.key)))
    return rows(("TARGET", "NODE", "STATE", "SINCE", "REASON"), lines)
