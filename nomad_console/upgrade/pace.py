"""How a step's time divides: what it took itself, and what it waited for the operator."""

from datetime import datetime

from nomad_console.upgrade.run import NodeUpgrade, Run
from nomad_console.upgrade.turn import Turn


def tend(turn: Turn) -> None:
    """Time at an open gate, or held, is not the step's."""
    run, upgrade = turn.run, turn.run.upgrade
    shown = upgrade.gate is not None and bool(upgrade.gate.code)
    waiting = run.active and (run.hold is not None or shown)
    if waiting and upgrade.waiting_since is None:
        turn.change(waiting_since=turn.at)
    elif not waiting and upgrade.waiting_since is not None:
        turn.change(waited_s=waited_s(upgrade, turn.at), waiting_since=None)


def waited_s(upgrade: NodeUpgrade, now: datetime) -> float:
    """How long the node's present step has waited for the operator so far."""
    since = upgrade.waiting_since
    return upgrade.waited_s + ((now - since).total_seconds() if since is not None else 0.0)


def worked_s(upgrade: NodeUpgrade, now: datetime) -> float:
    """How long the present step itself has taken so far."""
    begun = upgrade.begun_at
    gone = (now - begun).total_seconds() if begun is not None else 0.0
    return max(0.0, gone - waited_s(upgrade, now))


def run_waited_s(run: Run, now: datetime) -> float:
    """The same over all steps of a run."""
    over = sum(record.waited_s for upgrade in run.upgrades for record in upgrade.records)
    return over + (waited_s(run.upgrade, now) if run.upgrade.ended_at is None else 0.0)
