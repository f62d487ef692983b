"""Blocks of a job that say how its copies are updated, moved and started again.

Durations are given in seconds at speed 1; what a job does not say is as Nomad's defaults are.
"""

from nomad_console.simulator.nomad.state import Row
from nomad_console.simulator.pace import Pace

DAY = 86_400.0


def update(
    pace: Pace,
    max_parallel: int,
    health_check: str = "",
    min_healthy_time: float = 0,
    healthy_deadline: float = 0,
    progress_deadline: float = 0,
) -> Row:
    """An update block; the job's own has only the first two, its groups' have all."""
    return {
        "AutoPromote": False,
        "AutoRevert": False,
        "Canary": 0,
        "HealthCheck": health_check,
        "HealthyDeadline": pace.ns(healthy_deadline),
        "MaxParallel": max_parallel,
        "MinHealthyTime": pace.ns(min_healthy_time),
        "ProgressDeadline": pace.ns(progress_deadline),
        "Stagger": pace.ns(30) if max_parallel else 0,
    }


def migrate(pace: Pace, max_parallel: int, min_healthy_time: float, healthy_deadline: float) -> Row:
    """What a drain keeps to."""
    return {
        "HealthCheck": "checks",
        "HealthyDeadline": pace.ns(healthy_deadline),
        "MaxParallel": max_parallel,
        "MinHealthyTime": pace.ns(min_healthy_time),
    }


def disconnect(pace: Pace, lost_after: float, *, replace: bool) -> Row:
    """`replace`: another copy is placed while this one is out of reach."""
    return {
        "LostAfter": pace.ns(lost_after),
        "Reconcile": "best_score",
        "Replace": replace,
        "StopOnClientAfter": None,
    }


def restart(pace: Pace, attempts: int | None, delay: float, *, batch: bool) -> Row:
    """On the same node: twice in 30 minutes, batch jobs three times a day; then it has failed."""
    usual = 3 if batch else 2
    return {
        "Attempts": usual if attempts is None else attempts,
        "Delay": pace.ns(delay),
        "Interval": pace.ns(DAY if batch else 1_800),
        "Mode": "fail",
        "RenderTemplates": False,
    }


def reschedule(pace: Pace, delay: float, *, batch: bool) -> Row:
    """To another node: services for ever, each wait twice the last; batch jobs once a day."""
    return {
        "Attempts": 1 if batch else 0,
        "Delay": pace.ns(5 if batch else delay),
        "DelayFunction": "constant" if batch else "exponential",
        "Interval": pace.ns(DAY) if batch else 0,
        "MaxDelay": 0 if batch else pace.ns(3_600),
        "Unlimited": not batch,
    }
