"""Proofs about services, by Consul."""

from nomad_console.domain.allocation import Allocation
from nomad_console.domain.job import JobService
from nomad_console.domain.service import CheckStatus, NodeHealth, allocation_of
from nomad_console.domain.snapshot import SourceName
from nomad_console.upgrade.proofs.sight import Sight, Verdict, listing, unknown, verdict
from nomad_console.upgrade.proofs.work import serving


def health(sight: Sight) -> NodeHealth | None:
    return sight.snapshot.node_health.get(sight.found.consul_name)


def unlisted(sight: Sight) -> Verdict:
    """No instance is left of an allocation that has ended, or that nobody knows."""
    machine = health(sight)
    if machine is None:
        return unknown("the machine is not read in Consul")
    running = {one.id for one in sight.here if not one.terminal}
    left = [one.name for one in machine.instances if allocation_of(one.id) not in {"", *running}]
    return verdict(not left, f"still listed: {listing(sorted(left))}" if left else "none listed")


def checks_passing(sight: Sight) -> Verdict:
    """The machine's own checks, and every service of the system allocations here, pass."""
    machine = health(sight)
    if machine is None:
        return unknown("the machine is not read in Consul")
    serves = [one for one in (serving(sight, found) for found in sight.found.system) if one]
    ours = {one.id for one in serves}
    mine = {one.id for one in machine.instances if allocation_of(one.id) in ours} | {""}
    bad = [
        f"{one.service_name or one.name} {one.status}"
        for one in machine.checks
        if one.service_id in mine and one.status != CheckStatus.PASSING
    ]
    listed = {(allocation_of(one.id), one.name) for one in machine.instances}
    bad += [
        f"{service.name} is not registered"
        for one in serves
        for service in _services(sight, one)
        if (one.id, service.name) not in listed
    ]
    return verdict(not bad, listing(sorted(bad)) or "all pass")


def _services(sight: Sight, allocation: Allocation) -> list[JobService]:
    group = sight.group(allocation)
    return [one for one in group.services if one.provider == "consul"] if group else []


def as_before(sight: Sight) -> Verdict:
    """As many instances pass, anywhere, as before the node was touched."""
    true_at, since = sight.snapshot.source(SourceName.CONSUL).true_at, sight.upgrade.written_at
    if true_at is None or (since is not None and true_at <= since):
        return unknown("waiting for a reading begun after the last write")
    sums = sight.snapshot.service_sums
    fewer = []
    for one in sight.found.services:
        now = sums[one.name].passing if one.name in sums else 0
        if now < one.passing:
            fewer.append(f"{one.name} {now} of {one.passing}")
    return verdict(not fewer, listing(fewer) or f"{len(sight.found.services)} as before")
