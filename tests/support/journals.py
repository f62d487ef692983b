"""Journals of runs that were begun before, as they lie in this user's state folder."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import msgspec

from nomad_console.operations.journal import FORM, Head, Journal
from nomad_console.upgrade.events import Event
from nomad_console.upgrade.run import Run
from tests.support.manual_clock import EPOCH


def keep(
    where: Path,
    run: Run,
    events: Iterable[Event],
    run_id: str = "",
    *,
    hours: int = 0,
    by: str = "ann@bastion",
    cluster: str = "prod",
) -> Path:
    """The journal of this run, begun so many hours after the epoch."""
    plan = msgspec.structs.replace(run.plan, run_id=run_id or run.plan.run_id)
    begun = EPOCH + timedelta(hours=hours)
    journal = Journal(where, Head(form=FORM, by=by, cluster=cluster, begun_at=begun, plan=plan))
    for event in events:
        journal.append(event)
    journal.close()
    return journal.path
