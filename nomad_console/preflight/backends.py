"""Rules about what Nomad and Consul are: versions nobody tried, and what is missing there."""

from nomad_console.domain.backend import Lack, peculiar
from nomad_console.domain.finding import Finding, Level
from nomad_console.domain.snapshot import SourceName
from nomad_console.preflight.case import Case

_NEEDED = {
    Lack.ELIGIBILITY: "a node cannot be cordoned",
    Lack.LAST_DRAIN: "nobody can tell whose drain ended, and how",
    Lack.VERDICTS: "no replacement is ever seen healthy",
}


def otherwise(case: Case) -> list[Finding]:
    """Said calmly and once: what is missing is done in another way."""
    found = []
    for name, backend in sorted(case.snapshot.backends.items()):
        evidence = peculiar(name, backend)
        if evidence:
            cure = "nothing to do; rehearse where it is the first time with this version"
            found.append(Finding(f"backend:{name}", Level.INFO, name, evidence, cure))
    return found


def workable(case: Case) -> list[Finding]:
    """What has nothing in its place: a run would end in the middle."""
    lacks = case.snapshot.backend(SourceName.NOMAD).lacks
    return [
        Finding(
            f"missing:{lack.name.lower()}",
            Level.BLOCK,
            SourceName.NOMAD,
            f"this Nomad does not tell {lack}: {why}",
            "upgrade this one by other means, or ask Nomad without the proxy between",
        )
        for lack, why in _NEEDED.items()
        if lack in lacks
    ]
