"""From marked nodes to a plan with its findings."""

from collections.abc import Callable, Iterable, Sequence

import msgspec
from packaging.version import InvalidVersion, Version

from nomad_console.domain.finding import Finding, Level
from nomad_console.domain.forecast import default_deadline_s, forecast
from nomad_console.domain.host_command import HostCommandError, filled
from nomad_console.domain.plan import NodePlan, Plan, PlanOptions, Step
from nomad_console.domain.snapshot import ClusterSnapshot, SourceName, SourceState
from nomad_console.domain.survey import groups_before, survey
from nomad_console.preflight import (
    backends,
    balancer,
    groups,
    hosts,
    jobs,
    nodes,
    rights,
    scaling,
    sources,
    stopping,
    versions,
)
from nomad_console.preflight.case import Case
from nomad_console.preflight.room import cordoned, room_elsewhere, room_judged


def make_plan(snapshot: ClusterSnapshot, node_ids: Sequence[str], options: PlanOptions) -> Plan:
    """The plan for these nodes, in this order, with forecast and findings; nothing is decided.

    A node that is not listed is left out and named by a BLOCK. `Plan.blocked` refuses the start.
    """
    listed = [one for one in dict.fromkeys(node_ids) if one in snapshot.nodes]
    target_version = options.target_version or _oldest(snapshot.server_versions)
    surveyed = [_with_host(survey(snapshot, one), target_version, options) for one in listed]
    found = tuple(node for node, _ in surveyed)
    policy = options.policy
    plan = Plan(
        run_id=options.run_id,
        made_at=snapshot.at,
        nomad_index=snapshot.nomad_index,
        nodes=found,
        target_version=target_version,
        system=options.system,
        deadline_s=options.deadline_s or 0.0,
        bake_s=policy.bake_s if options.bake_s is None else options.bake_s,
        host_command=options.host_command,
        policy=policy,
        groups=groups_before(snapshot, found),
        consul=snapshot.source(SourceName.CONSUL).state != SourceState.OFF,
        cordon_selection=options.cordon_selection,
        batch=options.batch,
        deadline_asked=options.deadline_s is not None,
    )
    plan = _forecast(snapshot, plan, options)
    missing = [one for one in dict.fromkeys(node_ids) if one not in snapshot.nodes]
    first = [*_unlisted(missing), *(finding for _, finding in surveyed if finding is not None)]
    case, in_turn = cordoned(Case.of(snapshot, plan, options))
    first += [in_turn] if in_turn is not None else []
    return msgspec.structs.replace(case.plan, findings=review(case, first))


RULES: tuple[Callable[[Case], list[Finding]], ...] = (
    sources.sources_live,
    sources.every_namespace,
    sources.token_lasts,
    backends.workable,
    backends.otherwise,
    rights.tokens_usable,
    rights.nodes_writable,
    rights.batch_stoppable,
    rights.lock_shared,
    rights.targets_writable,
    sources.asked,
    sources.all_read,
    nodes.node_ready,
    nodes.machine_lost,
    nodes.agent_silent,
    nodes.not_draining,
    nodes.eligibility,
    versions.target_known,
    versions.servers_first,
    versions.not_backwards,
    versions.not_too_far,
    versions.not_dropped,
    balancer.discovered,
    balancer.ties_complete,
    balancer.ambiguous,
    balancer.groups_read,
    balancer.targets_at_rest,
    balancer.others_serve,
    balancer.others_healthy,
    balancer.zonal_shift,
    scaling.owned,
    hosts.program_there,
    room_elsewhere,
    room_judged,
    jobs.deployments,
    jobs.away_together,
    jobs.stalled,
    jobs.batch_work,
    stopping.shutdown_delay,
    stopping.kill_timeout,
    stopping.stop_cut,
    stopping.edge_stop,
    stopping.edge_delay,
    groups.requests_end,
    groups.delay_costs,
    groups.checks_mean,
)


def review(case: Case, first: Iterable[Finding] = ()) -> tuple[Finding, ...]:
    """Every rule's findings, the blocking ones first."""
    found = [*first, *(finding for rule in RULES for finding in rule(case))]
    return tuple(sorted(found, key=lambda one: list(Level).index(one.level)))


def _with_host(
    node: NodePlan, version: str, options: PlanOptions
) -> tuple[NodePlan, Finding | None]:
    """The node with its host command, or why it cannot be run for this node."""
    values = {
        "name": node.name,
        "address": node.address,
        "instance_id": node.instance_id,
        "version": version,
    }
    try:
        argv = filled(options.host_command, values)
    except HostCommandError as error:
        cure = "write it with values that every node has, or upgrade by hand"
        subject = f"host-command:{node.name}"
        return node, Finding(subject, Level.BLOCK, node.name, f"host command: {error}", cure)
    return msgspec.structs.replace(node, host_argv=argv), None


def _unlisted(node_ids: list[str]) -> list[Finding]:
    return [
        Finding(
            f"unknown-node:{one}", Level.BLOCK, one, f"no node {one} is listed", "mark it again"
        )
        for one in node_ids
    ]


def _forecast(snapshot: ClusterSnapshot, plan: Plan, options: PlanOptions) -> Plan:
    planned = [
        msgspec.structs.replace(node, forecast=forecast(snapshot, node, plan, options))
        for node in plan.nodes
    ]
    drain_s = max((one.forecast.of(Step.DRAIN) for one in planned), default=0.0)
    deadline_s = plan.deadline_s or default_deadline_s(drain_s, plan.policy)
    return msgspec.structs.replace(plan, nodes=tuple(planned), deadline_s=deadline_s)


def _oldest(versions: tuple[str, ...]) -> str:
    """The oldest of the servers' versions; "" where none can be read."""
    try:
        return min(versions, key=Version, default="")
    except InvalidVersion:
        return ""
