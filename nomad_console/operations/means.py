"""What a run sees by and acts with."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from nomad_console.clock import Clock
from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.operations.writer import Writer


class Snapshots(Protocol):
    """Where the cluster can be seen."""

    @property
    def latest(self) -> ClusterSnapshot: ...

    def subscribe(self, callback: Callable[[ClusterSnapshot], None]) -> Callable[[], None]: ...


class Means(NamedTuple):
    """`nudge` has target groups read soon again: what was read before a write proves nothing."""

    snapshots: Snapshots
    writer: Writer
    nudge: Callable[[frozenset[str]], None]
    clock: Clock
