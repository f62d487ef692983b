"""A token that ends while a run is under way: nothing can be read or written any more."""

from datetime import datetime
from typing import Protocol

from nomad_console.domain.rights import expired
from nomad_console.domain.snapshot import ClusterSnapshot, SourceName
from nomad_console.upgrade.run import Run

NEW = "start a console with a new one in NOMAD_TOKEN"


class Held(Protocol):
    """A run that can be held."""

    @property
    def run(self) -> Run: ...

    @property
    def snapshot(self) -> ClusterSnapshot: ...

    def hold(self, reason: str, *, token: bool = False) -> None: ...


class Tokens:
    """Holds a run once for each trouble, so that the operator may go on all the same."""

    def __init__(self) -> None:
        self._told = ""

    def look(self, held: Held) -> None:
        """Hold for what the newest snapshot says of Nomad's token."""
        token, run = held.snapshot.credential(SourceName.NOMAD), held.run
        told, self._told = self._told, token.trouble
        if token.trouble and token.trouble != told and run.active and run.hold is None:
            why = f"{token.trouble}: {token.cure}, then {taking_up(run.plan.run_id)}"
            held.hold(why, token=True)


def refusal(said: str, snapshot: ClusterSnapshot, run: Run, now: datetime) -> str:
    """What a call that Nomad refused tells the operator: its token may have ended meanwhile."""
    ended = expired("Nomad", snapshot.credential(SourceName.NOMAD).expires_at, now)
    why = ended or "the token has expired or was changed"
    return f"{said}: {why}: {NEW}, then {taking_up(run.plan.run_id)}"


def taking_up(run_id: str) -> str:
    """How a new console goes on with a run."""
    return f"take the run up with U or `nomad-console resume {run_id}`"
