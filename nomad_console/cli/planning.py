"""From the words of a command line to a plan: nodes found, everything read that it rests on."""

import argparse
import shlex
from typing import Any

import msgspec

from nomad_console.cli.arguments import BLOCKED, DONE, SOME, UNREACHABLE, USAGE, Stopped
from nomad_console.cli.patience import Patience
from nomad_console.cli.status import only_refused, say_silent
from nomad_console.cli.wiring import Connections
from nomad_console.domain.backend import Lack
from nomad_console.domain.finding import Level
from nomad_console.domain.host_command import HostCommandError, filled
from nomad_console.domain.plan import BatchChoice, Plan, PlanOptions, SystemJobs
from nomad_console.domain.rights import NODE_READ, Verdict
from nomad_console.domain.selection import SelectionError, chosen, needs_details
from nomad_console.domain.snapshot import ClusterSnapshot, Source, SourceName, SourceState
from nomad_console.live.interest import Interest
from nomad_console.operations.planner import Planner

_UNREAD = ("unread:", "group-unread:", "discovery")  # findings that end by waiting
_OF_BALANCER = ("group-unread:", "discovery")
_ROOM = (
    "no-room:",
    "little-room:",
    "room-unjudged:",
    "cordon-in-turn",
)  # the same, as long as nodes are not read


def asked(options: argparse.Namespace, usual: PlanOptions) -> PlanOptions:
    """The settings' options with what the flags say instead."""
    flags: dict[str, Any] = {
        "target_version": options.target_version,
        "deadline_s": options.deadline,
        "bake_s": options.bake,
        "batch": None if options.batch is None else BatchChoice(options.batch),
        "system": None if options.system is None else SystemJobs(options.system),
        "host_command": None if options.host_command is None else _split(options.host_command),
    }
    said = {name: value for name, value in flags.items() if value is not None}
    return msgspec.structs.replace(usual, **said)


def _split(command: str) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(command))
        filled(words, dict.fromkeys(("name", "address", "instance_id", "version"), "x"))
    except (ValueError, HostCommandError) as error:
        raise Stopped(USAGE, f"--host-command: {error}: {command}") from error
    if not words:
        raise Stopped(USAGE, "--host-command is empty")
    return words


async def found(connections: Connections, words: list[str], patience: Patience) -> tuple[str, ...]:
    """The ids of the nodes that are meant; Stopped where there are none or Nomad is silent."""
    details = needs_details(words)

    def unlisted(snapshot: ClusterSnapshot) -> list[str]:
        nomad = snapshot.source(SourceName.NOMAD)
        held = snapshot.credential(SourceName.NOMAD)
        heard = held.right(NODE_READ) is not None and held.may(NODE_READ) is Verdict.YES
        awaited = _awaited(nomad) or held.pending or heard
        if nomad.state is SourceState.REFUSED or (
            nomad.state is not SourceState.LIVE and not awaited
        ):
            return []
        if not snapshot.nomad_index:
            return ["Nomad's list of nodes"]
        unread = details and any(one not in snapshot.details for one in snapshot.nodes)
        return ["the details of every node"] if unread else []

    await patience.until(unlisted)
    snapshot = connections.store.latest
    if not snapshot.nomad_index:
        say_silent(snapshot, early=True)
        refuse_refused(snapshot)
        raise Stopped(UNREACHABLE, "Nomad gave no list of its nodes")
    try:
        return chosen(snapshot, words)
    except SelectionError as error:
        raise Stopped(USAGE, str(error)) from error


async def planned(
    connections: Connections,
    planner: Planner,
    nodes: tuple[str, ...],
    options: PlanOptions,
    patience: Patience,
) -> Plan:
    """The plan for these nodes once all is read that it rests on, or when the time is over.

    Stopped where a backend that is configured does not answer: its findings would be missing. One
    that refuses our token has its finding.
    """
    connections.feeds.look_at(Interest(marked=frozenset(nodes)))

    def missing(snapshot: ClusterSnapshot, *, but: str = "") -> list[str]:
        return _missing(snapshot, planner.plan(nodes, options), but)

    await patience.until(lambda now: missing(now, but="unread:agents"))
    await patience.spend(lambda: planner.survey(nodes), "the nodes' agents and Auto Scaling")
    await patience.until(missing)
    plan = planner.plan(nodes, options)
    snapshot = connections.store.latest
    if say_silent(snapshot) and not only_refused(snapshot):
        raise Stopped(UNREACHABLE, "a backend does not answer: no plan can be made")
    return plan


def refuse_refused(snapshot: ClusterSnapshot) -> None:
    """Stopped where Nomad answers, and refuses our token."""
    nomad, held = snapshot.source(SourceName.NOMAD), snapshot.credential(SourceName.NOMAD)
    nodes = held.right(NODE_READ)
    if held.trouble:
        raise Stopped(BLOCKED, f"blocked: {held.trouble}; {held.cure}")
    if nodes is not None and nodes.verdict is Verdict.NO:
        raise Stopped(BLOCKED, f"blocked: the {held.who} has no {NODE_READ}")
    if nomad.state is SourceState.REFUSED:
        raise Stopped(BLOCKED, f"blocked: {nomad.told}")


def _missing(snapshot: ClusterSnapshot, plan: Plan, but: str) -> list[str]:
    """What is to come that this plan would be the better for, `but` this one finding.

    A source that refused has said what it will say.
    """
    silent = [name for name in SourceName if _awaited(snapshot.source(name))]
    pending = [name for name, one in sorted(snapshot.backends.items()) if one.pending]
    if silent or pending:
        return [
            f"{name}'s {'first data' if name in silent else 'version'}"
            for name in silent or pending
        ]
    if snapshot.source(SourceName.NOMAD).state != SourceState.LIVE:
        return []
    if not (snapshot.server_versions or snapshot.surveyed):
        return ["the servers' versions"]
    if snapshot.every_namespace is None:
        return ["what the token may read"]
    wanted: tuple[str, ...] = _UNREAD if _room_known(snapshot) else (*_UNREAD, *_ROOM)
    if snapshot.source(SourceName.ALB).state is SourceState.REFUSED:
        wanted = tuple(one for one in wanted if one not in _OF_BALANCER)
    unread = (one for one in plan.findings if one.id.startswith(wanted) and one.id != but)
    return [f"{one.subject} ({one.evidence})" for one in unread]


def _room_known(snapshot: ClusterSnapshot) -> bool:
    """Every node's details are read, and what its allocations claim where the list is silent."""
    if len(snapshot.details) != len(snapshot.nodes):
        return False
    silent = Lack.CLAIMS in snapshot.backend(SourceName.NOMAD).lacks
    return not (silent and any(one.untold for one in snapshot.node_claims.values()))


def _awaited(source: Source) -> bool:
    """It has said nothing yet, neither data nor why there are none."""
    return source.state is SourceState.CONNECTING and not source.reason


def code_of(plan: Plan) -> int:
    """What only explains is no finding that a script should stop at."""
    if plan.blocked:
        return BLOCKED
    return SOME if any(one.level is not Level.INFO for one in plan.findings) else DONE
