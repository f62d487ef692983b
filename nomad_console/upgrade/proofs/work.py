"""Proofs about the work: that it left, and that it is served elsewhere. By Nomad."""

from collections.abc import Iterable

from nomad_console.domain.allocation import Allocation
from nomad_console.domain.forecast import DEFAULT_MIGRATE
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
    bad = [
        one
        for one in _of(sight, touched(sight))
        if (one.healthy is False or (one.client == "failed" and not one.next_id))
        and one.desired == "run"
        and one.node_id != sight.found.node_id
        and one.modify_index > sight.upgrade.begun_index
    ]
    words = sorted(f"{one.name} on {one.node_name}" for one in bad)
    if words:
        return disproven(f"unhealthy: {listing(words)}", marked(one.id for one in bad))
    return proven("none")


def in_time(sight: Sight) -> Verdict:
    """Every replacement has a verdict within its group's healthy_deadline of its own start.

    It starts when its predecessor has ended (client/allocwatcher); Nomad's client gives up then.
    """
    keys = touched(sight)
    rows = _of(sight, keys)
    before = {one.next_id: one for one in rows if one.next_id}
    slow = []
    for one in rows:
        waits = one.desired == "run" and not one.terminal and one.healthy is None
        if not waits or one.create_index <= sight.upgrade.begun_index:
            continue
        old = before.get(one.id)
        if old is not None and not old.terminal:
            continue
        since_ns = max(one.create_time_ns, old.modify_time_ns if old else 0)
        age = sight.snapshot.at.timestamp() - since_ns / 1e9
        if age > _healthy_deadline(sight, one) + sight.plan.policy.poll_slow_s:
            slow.append(one)
    words = sorted(f"{one.name} on {one.node_name}" for one in slow)
    if words:
        return disproven(f"no verdict in time: {listing(words)}", marked(one.id for one in slow))
    return proven("none is late")


def _healthy_deadline(sight: Sight, one: Allocation) -> float:
    group = sight.group(one)
    migrate = (group.migrate if group else None) or DEFAULT_MIGRATE
    return migrate.healthy_deadline_s


def marked(words: Iterable[str]) -> str:
    return ",".join(sorted(words))


def placed(sight: Sight) -> Verdict:
    """No evaluation of a moved job has been blocked since the step began."""
    jobs = {key[:2] for key in touched(sight)}
    bad = [
        one
        for one in sight.snapshot.blocked.values()
        if (one.namespace, one.job_id) in jobs and one.create_index > sight.upgrade.begun_index
    ]
    words = sorted(
        f"{one.job_id}: {listing(sorted(one.failed.values())) or one.description}" for one in bad
    )
    if words:
        mark = marked({f"{one.namespace}/{one.job_id}" for one in bad})
        return disproven(f"no place for {listing(words)}", mark)
    return proven("no blocked evaluation")


def settled(sight: Sight) -> Verdict:
    """What was told to stop, or is marked for it, has ended."""
    moving = [
        one.name for one in sight.here if not one.terminal and (one.desired != "run" or one.migrate)
    ]
    return verdict(not moving, f"still stopping: {listing(sorted(moving))}" if moving else "none")


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
