"""Proofs about the work: that it left, and that it is served elsewhere. By Nomad."""

from nomad_console.domain.allocation import Allocation
from nomad_console.domain.plan import FoundAllocation, SystemJobs
from nomad_console.domain.survey import job_type
from nomad_console.upgrade.gates import ProofName, Truth
from nomad_console.upgrade.proofs.sight import (
    Sight,
    Verdict,
    disproven,
    listing,
    proven,
    unknown,
    verdict,
)

GroupKey = tuple[str, str, str]  # namespace, job, group


def _key(allocation: Allocation) -> GroupKey:
    return (allocation.namespace, allocation.job_id, allocation.group)


def _can_see(sight: Sight) -> Verdict | None:
    if sight.snapshot.every_namespace is not True:
        return unknown("the token was not seen to read every namespace")
    return None


def empty(sight: Sight) -> Verdict:
    """No allocation pending, running or unknown; system ones may stay where they are kept."""
    kept = sight.plan.system == SystemJobs.KEEP
    left = []
    for one in sight.here:
        kind = job_type(sight.snapshot, one)
        if not one.terminal and not kind:
            return unknown(f"the type of {one.job_id} is not known")
        if not one.terminal and not (kept and kind == "system"):
            left.append(one.name)
    if left:
        return disproven(f"still here: {listing(sorted(left))}")
    return _can_see(sight) or proven("nothing left", str(sight.snapshot.nomad_index))


def empty_twice(sight: Sight) -> Verdict:
    """At a second index; where the cluster is quiet, after the feed's word for it came again."""
    first = sight.upgrade.standing(ProofName.EMPTY)
    now = empty(sight)
    if first is None or first.proof.truth != Truth.TRUE or now.truth != Truth.TRUE:
        return disproven("not seen empty yet")
    since = first.proof.read_at
    read_at = sight.snapshot.source("nomad").true_at
    quiet = (
        since is not None
        and read_at is not None
        and ((read_at - since).total_seconds() >= sight.plan.policy.poll_fast_s)
    )
    index = sight.snapshot.nomad_index
    again = index > int(first.proof.mark) or quiet
    return verdict(again, f"empty at {first.proof.mark} and {index}" if again else "seen once")


def touched(sight: Sight) -> dict[GroupKey, None]:
    """The service groups that had an allocation here when the drain began, in order of name."""
    began = sight.upgrade.begun_index
    keys = {
        _key(one)
        for one in sight.here
        if (not one.terminal or one.modify_index > began)
        and job_type(sight.snapshot, one) == "service"
    }
    keys |= {
        (one.namespace, one.job_id, one.group)
        for one in sight.found.allocations
        if one.job_type == "service"
    }
    return dict.fromkeys(sorted(keys))


def _of(sight: Sight, keys: dict[GroupKey, None]) -> list[Allocation]:
    """The allocations of these groups; the job's id alone sorts out nearly all others."""
    jobs = {job_id for _, job_id, _ in keys}
    rows = [one for one in sight.snapshot.allocations.values() if one.job_id in jobs]
    return [one for one in rows if _key(one) in keys]


def _sound(sight: Sight, one: Allocation) -> bool:
    """Runs off this node and is healthy; a copy older than the plan needs no verdict."""
    if one.node_id == sight.found.node_id or (one.desired, one.client) != ("run", "running"):
        return False
    old = one.create_index <= sight.plan.nomad_index
    return one.healthy is True or (old and one.healthy is None)


def replaced(sight: Sight) -> Verdict:
    """Each group has off this node as many healthy copies as its count now, or as before."""
    keys = touched(sight)
    have = dict.fromkeys(keys, 0)
    for one in _of(sight, keys):
        if _sound(sight, one):
            have[_key(one)] += 1
    before = {(one.namespace, one.job_id, one.group): one.running for one in sight.plan.groups}
    missing, unread = [], []
    for key in keys:
        count = _count(sight, key)
        if count is None:
            unread.append(key[1])
            continue
        needed = min(count, before.get(key, count))
        if have[key] < needed:
            missing.append(f"{key[1]} {have[key]} of {needed}")
    if missing:
        return disproven(listing(missing))
    if unread:
        return unknown(f"not read yet: {listing(unread)}")
    return proven(f"{len(keys)} of {len(keys)} groups healthy elsewhere")


def _count(sight: Sight, key: GroupKey) -> int | None:
    """How many copies the group should have now; 0 for a job stopped or gone."""
    namespace, job_id, name = key
    stub = sight.snapshot.job_stubs.get((namespace, job_id))
    job = sight.snapshot.jobs.get((namespace, job_id))
    if stub is None or stub.stopped:
        return 0
    if job is None:
        return None
    group = job.group(name)
    return group.count if group else 0


def no_unhealthy(sight: Sight) -> Verdict:
    """Nomad itself lets a drain go on over unhealthy replacements, so this has to be asked."""
    keys = touched(sight)
    bad = [
        f"{one.name} on {one.node_name}"
        for one in _of(sight, keys)
        if one.healthy is False
        and one.desired == "run"
        and one.node_id != sight.found.node_id
        and one.modify_index > sight.upgrade.begun_index
    ]
    return verdict(not bad, f"unhealthy: {listing(sorted(bad))}" if bad else "none")


def placed(sight: Sight) -> Verdict:
    """No evaluation of a moved job has been blocked since the step began."""
    jobs = {key[:2] for key in touched(sight)}
    bad = [
        f"{one.job_id}: {listing(sorted(one.failed.values())) or one.description}"
        for one in sight.snapshot.blocked.values()
        if (one.namespace, one.job_id) in jobs and one.create_index > sight.upgrade.begun_index
    ]
    return verdict(
        not bad, f"no place for {listing(sorted(bad))}" if bad else "no blocked evaluation"
    )


def system_back(sight: Sight) -> Verdict:
    """Of each system group the allocation found still runs, or a newer one is healthy."""
    wanted = []
    for found in sight.found.system:
        stub = sight.snapshot.job_stubs.get((found.namespace, found.job_id))
        if stub is not None and not stub.stopped:
            wanted.append(found)
    missing = [found.job_id for found in wanted if serving(sight, found) is None]
    if missing:
        return disproven(f"not back: {listing(sorted(missing))}")
    return proven(f"{len(wanted)} of {len(wanted)} run")


def serving(sight: Sight, found: FoundAllocation) -> Allocation | None:
    """The allocation that does here what a system allocation found before did."""
    key = (found.namespace, found.job_id, found.group)
    for one in sight.here:
        if _key(one) != key or (one.desired, one.client) != ("run", "running"):
            continue
        kept = one.id == found.id and one.healthy is not False
        if kept or (one.create_index > sight.plan.nomad_index and one.healthy is True):
            return one
    return None


def steady(sight: Sight) -> Verdict:
    """Nothing on the node failed, turned unhealthy or restarted more than it had."""
    before = {one.id: one.restarts or 0 for one in sight.found.allocations}
    bad = [
        one.name
        for one in sight.here
        if one.desired == "run"
        and (
            one.client in {"failed", "lost"}
            or one.healthy is False
            or (one.restarts or 0) > before.get(one.id, 0)
        )
    ]
    return verdict(not bad, f"restarting or failed: {listing(sorted(bad))}" if bad else "steady")
