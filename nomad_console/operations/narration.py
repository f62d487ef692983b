"""What happens to a run, event by event: as a record for programs, in words for people."""

from typing import Any

import msgspec

from nomad_console.domain.text import duration, printable
from nomad_console.upgrade.commands import Write, call
from nomad_console.upgrade.events import Answered, Event, GateOpened, HostEnded, Observed
from nomad_console.upgrade.run import NodeUpgrade, Run

_ELSEWHERE = {"event", "at", "elapsed", "node", "command", "code", "observation"}


def record(event: Event, before: Run, after: Run) -> dict[str, Any]:
    """One line: time, run, node, step, event, and in `detail` what belongs to this event alone.

    `node` is the name of the node that it is about, `step` where that node is now; both are null
    before the run has one.
    """
    upgrade = _about(event, before, after)
    fields = msgspec.json.decode(msgspec.json.encode(event))
    detail = {key: value for key, value in fields.items() if key not in _ELSEWHERE}
    write = call_of(event, before, after)
    if write is not None:
        detail["call"] = call(write)
    if isinstance(event, Observed):
        detail["proofs"] = _news(before, after)
    return {
        "time": event.at.isoformat(timespec="milliseconds"),
        "run": after.plan.run_id,
        "node": after.plan.node(upgrade.node).name,
        "step": upgrade.step,
        "event": fields["event"],
        "detail": detail,
    }


def words(event: Event, before: Run, after: Run) -> str:
    """What an onlooker should know of it, on one line; "": nothing."""
    upgrade = _about(event, before, after)
    name = after.plan.node(upgrade.node).name
    said = []
    write = call_of(event, before, after)
    if isinstance(event, Answered) and write is not None:
        said.append(f"{name}: {call(write)}")
    if isinstance(event, GateOpened):
        said.append(f"{name}: proven; next: {event.gate}")
    if isinstance(event, HostEnded) and event.exit_code == 0:
        said.append(f"{name}: the host command is done")
    if after.upgrade.step != before.upgrade.step and after.upgrade.step is not None:
        here = after.plan.node(after.upgrade.node)
        expected = duration(here.forecast.of(after.upgrade.step))
        said.append(f"{here.name}: {after.upgrade.step}, forecast {expected}")
    if after.hold is not None and after.hold != before.hold:
        said.append(f"{'frozen' if after.hold.frozen else 'held'}: {after.hold.reason}")
    return printable("; ".join(said))


def _about(event: Event, before: Run, after: Run) -> NodeUpgrade:
    """The node that the event names, by itself or by the id of its call, else the one at work."""
    named = getattr(event, "node", "")
    write = call_of(event, before, after)
    if write is not None:
        named = write.node
    return after.of_node(named) or after.upgrade


def call_of(event: Event, before: Run, after: Run) -> Write | None:
    command = getattr(event, "command", "")
    if not command:
        return None
    pending = (
        one.write for run in (before, after) for upgrade in run.upgrades for one in upgrade.pending
    )
    return next((write for write in pending if write.id == command), None)


def _news(before: Run, after: Run) -> list[dict[str, str]]:
    """The proofs whose truth is another than it was."""
    old = {
        (upgrade.node, one.proof.name): one.proof.truth
        for upgrade in before.upgrades
        for one in upgrade.proofs
    }
    return [
        {
            "node": after.plan.node(upgrade.node).name,
            "proof": one.proof.name,
            "truth": one.proof.truth,
            "evidence": one.proof.evidence,
        }
        for upgrade in after.upgrades
        for one in upgrade.proofs
        if old.get((upgrade.node, one.proof.name)) != one.proof.truth
    ]
