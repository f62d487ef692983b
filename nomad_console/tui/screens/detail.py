"""One thing in full: node, allocation, job, service, target, target group."""

from collections.abc import Awaitable, Callable

from nomad_console.domain.snapshot import ClusterSnapshot, SourceName, SourceState
from nomad_console.live.interest import Interest
from nomad_console.live.lookups import LookupFailed
from nomad_console.tui.frames import Frame
from nomad_console.tui.lookups import Lookups
from nomad_console.tui.rendering.columns import At
from nomad_console.tui.rendering.document import HANG, Document, Entry, fact
from nomad_console.tui.rendering.node_detail import disagreements_document, node_document
from nomad_console.tui.rendering.table import Key
from nomad_console.tui.rendering.text import Cell, Tone
from nomad_console.tui.rendering.traffic_detail import (
    group_document,
    service_document,
    target_document,
)
from nomad_console.tui.rendering.work_detail import allocation_document, job_document
from nomad_console.tui.rendering.wrapping import folded
from nomad_console.tui.screens.base import Shared
from nomad_console.tui.screens.document import DocumentScreen

DOCUMENTS: dict[str, Callable[[At, Key], Document | None]] = {
    "nodes": node_document,
    "allocations": allocation_document,
    "jobs": job_document,
    "services": service_document,
    "targets": target_document,
    "groups": group_document,
    "disagreements": disagreements_document,
}
LOOKUPS: dict[str, Callable[[Lookups, Key], Awaitable[object]]] = {
    "nodes": lambda lookups, key: lookups.node(key),
    "allocations": lambda lookups, key: lookups.allocation(key),
    "jobs": lambda lookups, key: lookups.job(*key),
    "targets": lambda lookups, key: lookups.targets(key.group),
    "groups": lambda lookups, key: lookups.targets(key),
}


class DetailScreen(DocumentScreen):
    """Also reads the thing itself: lists do not carry a task's history or a node's events.

    A reading that failed is made again when its source is back.
    """

    def __init__(self, shared: Shared, kind: str, key: Key) -> None:
        super().__init__(shared)
        self.kind = kind
        self.key = key
        self._looked_at = -1
        self._failure: LookupFailed | None = None
        self._live = False

    def document(self, frame: Frame) -> Document | None:
        lookups = self.shared.lookups
        index, live = _index(frame.snapshot, self.kind, self.key), self._source_live(frame)
        back, self._live = live and not self._live, live
        due = index > self._looked_at or (back and self._failure)
        if lookups is not None and self.kind in LOOKUPS and due:
            self._looked_at = index
            self.run_worker(self._look(lookups), group="lookup", exclusive=True)
        found = DOCUMENTS[self.kind](At(frame.snapshot, frame.now), self.key)
        if found is None and self._failure is not None and not self.view.entries:
            found = Document("Never read", ())
        if found is None:
            return None
        if self.kind == "disagreements":
            return folded(found, self.view.room, HANG)
        return found._replace(entries=(*self._not_read(), *found.entries))

    def _source_live(self, frame: Frame) -> bool:
        name = SourceName.ALB if self.kind in {"targets", "groups"} else SourceName.NOMAD
        return frame.snapshot.source(name).state is SourceState.LIVE

    def _not_read(self) -> tuple[Entry, ...]:
        """What failed and what would help, above what was known before."""
        if self._failure is None:
            return ()
        said = [fact("not read anew", Cell(self._failure.reason, Tone.BAD))]
        if self._failure.hint:
            said.append(fact("", Cell(self._failure.hint, Tone.DIM)))
        return folded(Document("", (*said, Entry(()))), self.view.room, HANG).entries

    def looking_at(self) -> Interest:
        if self.kind == "nodes":
            return Interest(visible=frozenset({self.key}))
        if self.kind == "jobs":
            return Interest(jobs=frozenset({self.key}))
        one = self.frame.snapshot.allocations.get(self.key) if self.frame else None
        if self.kind != "allocations" or one is None:
            return Interest()
        jobs = frozenset({(one.namespace, one.job_id)})
        return Interest(visible=frozenset({one.node_id}), jobs=jobs)

    async def _look(self, lookups: Lookups) -> None:
        try:
            await LOOKUPS[self.kind](lookups, self.key)
        except LookupFailed as error:
            self._failure = error
            self.say("could not be read anew: the first line says why", bad=True)
        else:
            self._failure = None


def _index(snapshot: ClusterSnapshot, kind: str, key: Key) -> int:
    """Rises when an allocation changed and is worth reading again."""
    one = snapshot.allocations.get(key) if kind == "allocations" else None
    return one.modify_index if one is not None else 0
