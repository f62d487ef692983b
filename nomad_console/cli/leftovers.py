"""Runs that are not over, as commands name them."""

from nomad_console.cli.arguments import USAGE, Stopped
from nomad_console.cli.runs import one
from nomad_console.domain.text import printable
from nomad_console.operations.abandoned import Abandoned
from nomad_console.operations.archive import Kept, archive
from nomad_console.operations.journal import folder
from nomad_console.settings.values import ClusterSettings


def left_behind(settings: ClusterSettings, run_id: str) -> Kept:
    """The run to take up: the one named, else the only one that nobody conducts any more."""
    if run_id:
        kept = one(archive(folder()), run_id)
        if kept.head.cluster != settings.label:
            raise Stopped(
                USAGE,
                f"run {kept.id} is of {printable(kept.head.cluster)}, this is {settings.label}",
            )
        if not kept.run.active:
            freed = f"; should its lock be in the way: runs {kept.id} --close"
            raise Stopped(USAGE, f"run {kept.id} is over: {kept.outcome}{freed}")
        return kept
    found = Abandoned(folder(), settings.label)()
    if len(found) == 1:
        return found[0]
    if not found:
        raise Stopped(USAGE, f"no run of {settings.label} was left behind")
    raise Stopped(USAGE, f"say which: {', '.join(each.id for each in found)}")
