"""What must come before what in a drain, checked on recorded and simulated steps alike."""

from collections import defaultdict
from collections.abc import Callable, Iterator

from tests.support.transitions import Step, Steps

SYSTEM = "edge"  # the recorded cluster's system job
SLACK = 0.02  # s that rounding may turn around
NEVER = float("inf")

Condition = Callable[[list[str]], bool]


def disorders(steps: Steps, deadline: float, parallel: int = 1) -> list[str]:
    """Every effect that came before its cause, in words.

    `deadline`: s from the drain's start until it forces the rest; `parallel`: the groups'
    max_parallel. The k-th replacement to run is held against the k-th copy to end.
    """
    groups = _groups(steps)
    return [
        *_of_allocations(steps, groups),
        *_of_turns(groups, deadline, parallel),
        *_of_the_end(steps, groups, deadline),
    ]


def _groups(steps: Steps) -> dict[str, dict[str, list[list[Step]]]]:
    """Job -> old and new -> the steps of each allocation in order."""
    groups: defaultdict[str, dict[str, list[list[Step]]]] = defaultdict(
        lambda: {"old": [], "new": []}
    )
    for label, states in steps.items():
        if label != "node":
            job, role, _ = label.split("/")
            groups[job][role].append(states)
    return groups


def _first(states: list[Step], condition: Condition) -> float:
    return next((at for at, state in states if condition(state.split())), NEVER)


def _marked(states: list[Step]) -> float:
    return _first(states, lambda words: words[2] == "M")


def _stopped(states: list[Step]) -> float:
    return _first(states, lambda words: words[0] == "stop")


def _ended(states: list[Step]) -> float:
    return _first(states, lambda words: words[1] in {"complete", "failed", "lost"})


def _running(states: list[Step]) -> float:
    return _first(states, lambda words: words[1] == "running")


def _judged(states: list[Step]) -> float:
    return _first(states, lambda words: words[3] in {"+", "!"})


def _after(later: float, earlier: float) -> bool:
    """Whether an effect, if there is one, is not earlier than its cause."""
    return later == NEVER or later >= earlier - SLACK


def _of_allocations(steps: Steps, groups: dict[str, dict[str, list[list[Step]]]]) -> Iterator[str]:
    """Draining, marked, stopped, ended; the replacement placed, running, judged."""
    drained = _first(steps["node"], lambda words: words[2] == "draining")
    for job, group in groups.items():
        for number, old in enumerate(group["old"]):
            if not _after(_marked(old), drained):
                yield f"{job}/old/{number} is marked before the node drains"
            if not _after(_stopped(old), _marked(old)):
                yield f"{job}/old/{number} is stopped before it is marked"
            if _stopped(old) < NEVER and not _after(_ended(old), _stopped(old)):
                yield f"{job}/old/{number} ends before it is stopped"
        for number, (old, new) in enumerate(zip(group["old"], group["new"], strict=False)):
            if not _after(new[0][0], _stopped(old)):
                yield f"{job}/new/{number} is placed before the old one is stopped"
            if not _after(_running(new), _ended(old)):
                yield f"{job}/new/{number} runs before the old one has ended"
            if not _after(_judged(new), _running(new)):
                yield f"{job}/new/{number} is judged before it runs"


def _of_turns(
    groups: dict[str, dict[str, list[list[Step]]]], deadline: float, parallel: int
) -> Iterator[str]:
    """The next of a group has its turn when an earlier replacement has been judged, well or not."""
    for job, group in groups.items():
        marks = sorted(mark for mark in map(_marked, group["old"]) if mark < NEVER)
        verdicts = sorted(map(_judged, group["new"]))
        for number, mark in enumerate(marks[parallel:]):
            before = verdicts[number] if number < len(verdicts) else NEVER
            if job != SYSTEM and mark < deadline - SLACK and mark < before - SLACK:
                yield f"{job} has copy {number + parallel} marked out of turn"


def _of_the_end(
    steps: Steps, groups: dict[str, dict[str, list[list[Step]]]], deadline: float
) -> Iterator[str]:
    """System jobs go last, and the drain is complete once they are marked."""
    others = [
        _ended(old)
        for job, group in groups.items()
        if job != SYSTEM
        for old in group["old"]
        if _marked(old) < NEVER or _ended(old) < NEVER
    ]
    due = min(deadline, max(others, default=0.0))
    complete = _first(steps["node"], lambda words: words[3] == "complete")
    for number, old in enumerate(groups.get(SYSTEM, {"old": []})["old"]):
        if not _after(_marked(old), due):
            yield f"{SYSTEM}/old/{number} is marked before the others have ended"
        if not _after(complete, _marked(old)):
            yield f"the drain is complete before {SYSTEM}/old/{number} is marked"
    if not _after(complete, due):
        yield "the drain is complete before the node is empty"
