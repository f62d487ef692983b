"""Rules about what our tokens may do: what they may not is refused here, not in mid-run."""

from nomad_console.domain.finding import Finding, Level
from nomad_console.domain.plan import BatchChoice
from nomad_console.domain.rights import (
    LIFECYCLE,
    LOCK_WRITE,
    NODE_WRITE,
    TARGETS_WRITE,
    Credential,
    Right,
    Verdict,
)
from nomad_console.domain.snapshot import SourceName
from nomad_console.preflight.case import Case


def tokens_usable(case: Case) -> list[Finding]:
    """A token that is expired or unknown, or of which nothing was heard yet."""
    found = []
    for name, one in case.snapshot.rights.items():
        if one.pending:
            evidence = f"{name} has not said yet what our token may do"
            found.append(
                Finding(f"unread:rights:{name}", Level.BLOCK, name, evidence, "wait a moment")
            )
        elif one.trouble:
            found.append(Finding(f"token:{name}", Level.BLOCK, "token", one.trouble, one.cure))
    return found


def nodes_writable(case: Case) -> list[Finding]:
    """Cordon and drain are node writes."""
    cure = 'give it a policy with node { policy = "write" }'
    return _judged(case, SourceName.NOMAD, NODE_WRITE, Level.BLOCK, cure)


def batch_stoppable(case: Case) -> list[Finding]:
    """Only where batch work is to be stopped."""
    if case.plan.batch is not BatchChoice.STOP:
        return []
    cure = 'give it alloc-lifecycle in namespace "*", or let batch work end by itself'
    return _judged(case, SourceName.NOMAD, LIFECYCLE, Level.BLOCK, cure)


def lock_shared(case: Case) -> list[Finding]:
    """Without them the lock is this host's alone: another host's console does not see the run."""
    cure = (
        'give it session_prefix "" and key_prefix "nomad-console/" with policy = "write"; '
        "else the run is locked on this host only"
    )
    return _judged(case, SourceName.CONSUL, LOCK_WRITE, Level.WARN, cure)


def targets_writable(case: Case) -> list[Finding]:
    """AWS cannot be asked: said, so that nobody takes silence for a yes."""
    one = case.snapshot.credential(SourceName.ALB).right(TARGETS_WRITE)
    if one is None or not any(node.targets for node in case.plan.nodes):
        return []
    cure = "allow both on the target groups; the first call holds the run if they are refused"
    evidence = f"not known beforehand: {one.name} ({one.because})"
    return [Finding("right:targets", Level.INFO, "AWS credentials", evidence, cure)]


def _judged(case: Case, source: SourceName, name: str, level: Level, cure: str) -> list[Finding]:
    """What is refused has this level, what only trying would tell warns."""
    held = case.snapshot.credential(source)
    one = held.right(name)
    if one is None or one.verdict is Verdict.YES or held.trouble:
        return []
    refused = one.verdict is Verdict.NO
    evidence = (
        _lacks(held, one)
        if refused
        else f"not proven for the {held.who}: {one.name} ({one.because})"
    )
    return [Finding(f"right:{name}", level if refused else Level.WARN, "token", evidence, cure)]


def _lacks(held: Credential, one: Right) -> str:
    return f"the {held.who} has no {one.name} ({one.because})"
