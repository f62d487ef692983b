"""Runs of a cluster that are not over and that nobody conducts any more."""

from pathlib import Path

from nomad_console.operations.archive import Kept, read_kept
from nomad_console.operations.journal import JournalError
from nomad_console.operations.lock_file import holders


class Abandoned:
    """Those of one cluster, by its label. A journal is read again only when it has grown."""

    def __init__(self, where: Path, cluster: str) -> None:
        self._where = where
        self._cluster = cluster
        self._read: dict[Path, tuple[tuple[int, int], Kept | None]] = {}

    def __call__(self) -> tuple[Kept, ...]:
        """The newest first; what no process of this host holds."""
        held = {holder.run_id for holder in holders(self._where)}
        return tuple(one for one in self.unfinished() if one.id not in held)

    def unfinished(self) -> tuple[Kept, ...]:
        """Those too that somebody is at; the newest first."""
        kept = (self._kept(path) for path in sorted(self._where.glob("*.ndjson")))
        left = [
            one
            for one in kept
            if one is not None and one.run.active and one.head.cluster == self._cluster
        ]
        return tuple(sorted(left, key=lambda one: one.head.begun_at, reverse=True))

    def _kept(self, path: Path) -> Kept | None:
        try:
            stat = path.stat()
        except OSError:  # removed meanwhile
            return None
        stamp = (stat.st_mtime_ns, stat.st_size)
        if path not in self._read or self._read[path][0] != stamp:
            self._read[path] = (stamp, _readable(path))
        return self._read[path][1]


def _readable(path: Path) -> Kept | None:
    try:
        return read_kept(path)
    except JournalError:  # `runs` names it
        return None
