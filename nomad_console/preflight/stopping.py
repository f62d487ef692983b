"""Rules about how a job's tasks are stopped: what is lost on the way."""

from collections.abc import Mapping

from nomad_console.domain.allocation import Allocation, TaskEvent
from nomad_console.domain.finding import Finding, Level
from nomad_console.domain.forecast import Wave, notice_s
from nomad_console.domain.job import Group
from nomad_console.domain.snapshot import JobKey
from nomad_console.preflight.case import Case, listed, named

MAX_KILL_TIMEOUT_S = 30.0  # a client's default cap
EDGE_STOP_S = 12.0  # Traefik's graceTimeOut of 10 s, and 2 s to close down
_SIGKILL, _KILLED = 9, 137
_EARLY_S = 0.5  # a kill this much before its time-out is still by it


def shutdown_delay(case: Case) -> list[Finding]:
    """Other nodes' edges go on sending until they have noticed."""
    needed = case.options.edge_notice_s + case.plan.policy.edge_margin_s
    found = []
    for wave in case.groups:
        delay = notice_s(wave.group)
        if wave.group.services and delay < needed:
            found.append(
                Finding(
                    f"shutdown-delay:{named(wave)}",
                    Level.WARN,
                    named(wave),
                    f"shutdown_delay {delay:g} s, the edge needs {needed:g} s: expect errors",
                    f'set shutdown_delay = "{needed:g}s" in group {wave.group.name}',
                )
            )
    return found


def kill_timeout(case: Case) -> list[Finding]:
    """The client caps a task's time to stop without a word."""
    found = []
    for name, (wave, cap) in _lowest_caps(case).items():
        limit = MAX_KILL_TIMEOUT_S if cap is None else cap
        source = "the client's default" if cap is None else "the client's"
        wanted = wave.group.kill_timeout_s
        if wanted > limit:
            evidence = f"kill_timeout {wanted:g} s, {source} max_kill_timeout {limit:g} s"
            cure = f'set max_kill_timeout = "{wanted:g}s" on the clients: the rest is cut'
            found.append(Finding(f"kill-timeout:{name}", Level.WARN, name, evidence, cure))
    return found


def _lowest_caps(case: Case) -> Mapping[str, tuple[Wave, float | None]]:
    """Each group with the lowest cap of the nodes it is on; None: none of them is known."""
    caps: dict[str, tuple[Wave, float | None]] = {}
    for node, groups in case.moving:
        cap = case.options.facts.kill_caps.get(node.node_id)
        for wave in groups:
            other = caps.get(named(wave), (wave, None))[1]
            known = [one for one in (cap, other) if one is not None]
            caps[named(wave)] = (wave, min(known, default=None))
    return dict(sorted(caps.items()))


def stop_cut(case: Case) -> list[Finding]:
    """Copies that were seen to need longer than their kill_timeout: their requests were cut."""
    found = []
    for wave in case.groups:
        copies = case.snapshot.allocations_of_job(wave.job.namespace, wave.job.id)
        killed = sorted(
            one.index_in_group
            for one in copies
            if one.terminal and one.group == wave.group.name and _force_killed(one)
        )
        if killed:
            signals = sorted({task.signal for task in wave.group.tasks})
            evidence = f"{listed(killed)} killed {wave.group.kill_timeout_s:g} s after "
            evidence += f"{' and '.join(signals)}: kill_timeout is shorter than the stop"
            cure = (
                f"raise kill_timeout in group {wave.group.name}, or see that it handles the signal"
            )
            found.append(
                Finding(f"stop-cut:{named(wave)}", Level.WARN, named(wave), evidence, cure)
            )
    return found


def _force_killed(allocation: Allocation) -> bool:
    """Told to stop and ended by SIGKILL when the time was over.

    `Killing` alone is no proof: it is written for every stop. One that was out of memory is none.
    """
    for task in allocation.tasks or ():
        killing, ended = _last(task.events, "Killing"), _last(task.events, "Terminated")
        if killing is None or ended is None or ended.oom_killed:
            continue
        after = (ended.time_ns - killing.time_ns) / 1e9
        by_force = ended.signal == _SIGKILL or ended.exit_code == _KILLED
        if by_force and after >= killing.kill_timeout_s - _EARLY_S:
            return True
    return False


def _last(events: tuple[TaskEvent, ...], kind: str) -> TaskEvent | None:
    of_kind = (event for event in events if event.type == kind)
    return max(of_kind, key=lambda event: event.time_ns, default=None)


def edge_stop(case: Case) -> list[Finding]:
    """The edge's own time to stop, where a job is named as the edge (Traefik 3.7)."""
    found = []
    for key, group in _edges(case):
        name = f"{key[0]}/{key[1]}/{group.name}"
        wanted = group.kill_timeout_s
        caps = case.options.facts.kill_caps
        cap = min(
            (caps[one.node_id] for one in case.plan.nodes if one.node_id in caps),
            default=MAX_KILL_TIMEOUT_S,
        )
        if wanted > cap:
            evidence = f"kill_timeout {wanted:g} s, the clients' max_kill_timeout {cap:g} s"
            cure = f'set max_kill_timeout = "{wanted:g}s" on the clients: the rest is cut'
        elif wanted < EDGE_STOP_S:
            evidence = (
                f"kill_timeout {wanted:g} s, the edge takes {EDGE_STOP_S:g} s to end requests"
            )
            cure = f'set kill_timeout = "{EDGE_STOP_S:g}s" or more in group {group.name}'
        else:
            continue
        found.append(Finding(f"edge-kill-timeout:{name}", Level.WARN, name, evidence, cure))
    return found


def edge_delay(case: Case) -> list[Finding]:
    """A balancer's check passes all through the edge's shutdown_delay: nothing is told by it."""
    found = []
    for key, group in _edges(case):
        name = f"{key[0]}/{key[1]}/{group.name}"
        delay = notice_s(group)
        if delay:
            evidence = f"shutdown_delay {delay:g} s: the balancer's checks pass meanwhile, "
            evidence += f"every stop takes {delay:g} s longer"
            cure = "the edge's own requestAcceptGraceTimeout lets its checks fail first"
        else:
            evidence = (
                "no shutdown_delay: outside a run, as when its job changes, requests are lost"
            )
            cure = "set the edge's requestAcceptGraceTimeout; a run detaches first and loses none"
        found.append(Finding(f"edge-shutdown-delay:{name}", Level.INFO, name, evidence, cure))
    return found


def _edges(case: Case) -> list[tuple[JobKey, Group]]:
    """The edge's groups on the nodes; none where nobody named its job."""
    name = case.options.edge_job
    keys = sorted(key for key in case.jobs if name in {key[1], f"{key[0]}/{key[1]}"})
    jobs = [case.snapshot.jobs[key] for key in keys if key in case.snapshot.jobs]
    return [((job.namespace, job.id), group) for job in jobs for group in job.groups]
