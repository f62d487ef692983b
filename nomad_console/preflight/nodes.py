"""Rules about the nodes themselves."""

from nomad_console.domain.finding import Finding, Level
from nomad_console.domain.plan import SystemJobs
from nomad_console.domain.service import CheckStatus
from nomad_console.domain.text import printable
from nomad_console.preflight.case import Case


def node_ready(case: Case) -> list[Finding]:
    """A drain of a node that is not alive never ends."""
    found = []
    for node in case.plan.nodes:
        row = case.snapshot.nodes[node.node_id]
        if not row.ready:
            cure = "bring its agent back first, or leave the node out: a drain would never end"
            evidence = f"{node.name} is {row.status}"
            found.append(Finding(f"not-ready:{node.name}", Level.BLOCK, node.name, evidence, cure))
    return found


def machine_lost(case: Case) -> list[Finding]:
    """After a change of leader Nomad calls a lost client ready for five minutes; Consul does not.

    nomad/config.go: FailoverHeartbeatTTL. Nomad tells nobody when it heard a client last.
    """
    found = []
    for node in case.plan.nodes:
        lost = [
            check
            for check in case.snapshot.problems.get(node.consul_name, ())
            if not check.service_id and check.status == CheckStatus.CRITICAL
        ]
        if lost and case.snapshot.nodes[node.node_id].ready:
            said = printable(lost[0].output.strip().partition("\n")[0])
            evidence = f"Nomad says ready, Consul's {lost[0].name} is critical: {said or 'no word'}"
            cure = "see whether the machine is alive; leave the node out until both agree"
            found.append(Finding(f"lost:{node.name}", Level.BLOCK, node.name, evidence, cure))
    return found


def agent_silent(case: Case) -> list[Finding]:
    """An agent that gives no answer may be dead, or out of our reach only."""
    silent = case.options.facts.silent
    found = []
    for node in case.plan.nodes:
        if node.node_id in silent:
            evidence = f"its agent at {node.address} did not answer: {silent[node.node_id]}"
            cure = "see whether it is alive; where only its port is closed to us, go on"
            found.append(Finding(f"silent:{node.name}", Level.WARN, node.name, evidence, cure))
    return found


def not_draining(case: Case) -> list[Finding]:
    """A node that drains is somebody else's."""
    found = []
    for node in case.plan.nodes:
        row = case.snapshot.nodes[node.node_id]
        if row.draining:
            who = row.last_drain.accessor_id if row.last_drain else "unknown"
            evidence = f"{node.name} is being drained by {who}"
            cure = "let that drain end, or cancel it"
            found.append(Finding(f"draining:{node.name}", Level.BLOCK, node.name, evidence, cure))
    return found


def eligibility(case: Case) -> list[Finding]:
    """An ineligible node stays so; its system jobs could not come back."""
    found = []
    for node in case.plan.nodes:
        if node.eligible:
            continue
        stuck = case.plan.system == SystemJobs.STOP and bool(node.system)
        level = Level.BLOCK if stuck else Level.WARN
        evidence = f"{node.name} is ineligible and will be left so"
        if stuck:
            evidence += f"; {len(node.system)} system jobs could not be placed again"
        cure = "make it eligible first" + (", or keep the system jobs" if stuck else ", if wanted")
        found.append(Finding(f"ineligible:{node.name}", level, node.name, evidence, cure))
    return found
