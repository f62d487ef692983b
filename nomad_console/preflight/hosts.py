"""The rule about the host step's command."""

from nomad_console.domain.finding import Finding, Level
from nomad_console.preflight.case import Case, listed

_CURE = (
    "install it on this machine or correct --host-command or host.command, then plan again; "
    "without one, upgrade by hand"
)


def program_there(case: Case) -> list[Finding]:
    """A command that cannot be started would be found out when the node is drained already."""
    found = []
    for program, why in sorted(case.options.facts.unrunnable.items()):
        nodes = [one.name for one in case.plan.nodes if one.host_argv[:1] == (program,)]
        if nodes:
            evidence = f"the host command for {listed(nodes)} cannot be started: {why}"
            found.append(Finding(f"host-program:{program}", Level.BLOCK, program, evidence, _CURE))
    return found
