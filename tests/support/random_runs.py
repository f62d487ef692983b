"""Runs at random: likely events, so that they get far, and any others."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from nomad_console.domain.plan import BatchChoice
from nomad_console.upgrade.events import (
    Accepted,
    Answered,
    BatchChosen,
    Closed,
    Disturbed,
    Event,
    Extended,
    Failed,
    Frozen,
    GateConfirmed,
    GateOpened,
    Held,
    HostAnswered,
    HostEnded,
    HostStarted,
    HungUp,
    Intended,
    Observed,
    ProbeFailed,
    Released,
    RestoreAsked,
    Resumed,
    Skipped,
    Started,
    StopAsked,
    StopUnasked,
    TimeReached,
    Unknown,
)
from nomad_console.upgrade.gates import Gate, NodeProofs, Observation, ProofName
from tests.support.manual_clock import EPOCH
from tests.support.play import Play
from tests.support.snapshots import node_id

_NODES = st.sampled_from([node_id(1), node_id(2), "other"])
_KINDS = 27


@st.composite
def _move(draw: st.DrawFn) -> tuple[bool, int, str, Gate, str]:
    likely = draw(st.integers(0, 3)) > 0
    gate = draw(st.sampled_from(Gate))
    return likely, draw(st.integers(0, _KINDS - 1)), draw(_NODES), gate, draw(st.just("7f"))


def moves() -> st.SearchStrategy[tuple[int, list[Any]]]:
    """How many steps go well at first, and what happens then."""
    return st.tuples(st.integers(0, 15), st.lists(_move(), max_size=60))


def head_start(play: Play, steps: int) -> None:
    for number in range(steps):
        if play.run.started_at is None:
            play.take_up()
        elif play.run.ended_at is None and play.finish_step() is not None:
            play.confirm(f"{number:02}")


def any_event(play: Play, choice: int, node: str, gate: Gate, code: str) -> Event:
    calls = [one.write.id for upgrade in play.run.upgrades for one in upgrade.pending]
    call = calls[choice % len(calls)] if calls else "none"
    when: dict[str, Any] = {
        "at": EPOCH + timedelta(seconds=play.elapsed),
        "elapsed": play.elapsed,
    }
    batch = list(BatchChoice)[choice % 3]
    made: list[Event] = [
        Started(**when),
        Observed(Observation(choice, (NodeProofs(node, None, ()),)), **when),
        TimeReached(**when),
        GateOpened(node, gate, code, **when),
        GateConfirmed(node, gate, code, choice, **when),
        Held("held", **when),
        Frozen("frozen", **when),
        Released(**when),
        Intended(call, **when),
        Answered(call, choice, **when),
        Failed(call, "no", **when),
        Unknown(call, "who knows", **when),
        HostStarted(call, **when),
        HostEnded(call, choice or None, **when),
        Accepted(findings=(), **when),
        Skipped(node=node, by="operator", **when),
        Extended(node=node, deadline_s=60.0 * choice, **when),
        StopAsked(**when),
        StopUnasked(**when),
        RestoreAsked(reason="enough", **when),
        BatchChosen(node=node, choice=batch, allocations=("a0",), **when),
        HungUp(**when),
        ProbeFailed(url="http://front/web", detail="502", **when),
        Disturbed(node=node, what="is eligible", command=call, **when),
        Resumed(by="ops@bastion", **when),
        HostAnswered(ran=bool(choice % 2), **when),
        Closed(by="ops@bastion", **when),
    ]
    return made[choice]


def do_likely(play: Play, choice: int) -> None:
    """What happens next where nothing goes wrong, mostly."""
    gate = play.now.gate
    if play.run.started_at is None:
        play.do(Started)
    elif play.run.unaccepted and choice % 3:
        play.do(Accepted, play.run.unaccepted[: 1 + choice % 2])
    elif play.run.host_question is not None:
        play.do(HostAnswered, ran=bool(choice % 2))
    elif play.run.hold is not None:
        play.do(Released)
    elif gate is not None:
        play.confirm()
    elif any(one.pending for one in play.run.upgrades) and choice:
        play.answer()
    elif play.now.wait is not None and not play.now.wait.over and choice % 2:
        play.wait()
    else:
        names = list(ProofName)
        mark = "" if choice % 5 else f"m{choice}"
        play.see(*([] if choice % 3 else [names[choice % len(names)]]), mark=mark)


def play_moves(play: Play, chosen: tuple[int, list[Any]]) -> None:
    steps, happenings = chosen
    head_start(play, steps)
    for likely, choice, node, gate, code in happenings:
        if likely:
            do_likely(play, choice)
        else:
            play.send(any_event(play, choice, node, gate, code))
