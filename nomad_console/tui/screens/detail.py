"""One thing in full: node, allocation, job, service, target, target group."""

from collections.abc import Callable

from nomad_console.domain.allocation import Allocation, merged
from nomad_console.tui.frames import Frame
from nomad_console.tui.lookups import LookupFailed
from nomad_console.tui.rendering.columns import At
from nomad_console.tui.rendering.document import Document
from nomad_console.tui.rendering.node_detail import disagreements_document, node_document
from nomad_console.tui.rendering.table import Key
from nomad_console.tui.rendering.traffic_detail import (
    group_document,
    service_document,
    target_document,
)
from nomad_console.tui.rendering.work_detail import allocation_document, job_document
from nomad_console.tui.screens.base import Shared
from nomad_console.tui.screens.document import DocumentScreen

DOCUMENTS: dict[str, Callable[[At, Key], Document | None]] = {
    "nodes": node_document,
    "jobs": job_document,
    "services": service_document,
    "targets": target_document,
    "groups": group_document,
    "disagreements": disagreements_document,
}


class DetailScreen(DocumentScreen):
    def __init__(self, shared: Shared, kind: str, key: Key) -> None:
        super().__init__(shared)
        self.kind = kind
        self.key = key

    def document(self, frame: Frame) -> Document | None:
        return DOCUMENTS[self.kind](At(frame.snapshot, frame.now), self.key)


class AllocationScreen(DocumentScreen):
    """Reads the allocation itself too: lists do not always carry its tasks' history."""

    def __init__(self, shared: Shared, key: str) -> None:
        super().__init__(shared)
        self.key = key
        self._read: Allocation | None = None
        self._asked: tuple[int, bool] | None = None

    def document(self, frame: Frame) -> Document | None:
        listed = frame.snapshot.allocations.get(self.key)
        if listed is not None and (listed.modify_index, listed.tasks is None) != self._asked:
            self._asked = (listed.modify_index, listed.tasks is None)
            self.run_worker(self._look(), group="lookup", exclusive=True)
        if listed is not None and self._read is not None:
            return allocation_document(
                At(frame.snapshot, frame.now), self.key, merged(listed, self._read)
            )
        return allocation_document(At(frame.snapshot, frame.now), self.key)

    async def _look(self) -> None:
        try:
            self._read = await self.shared.lookups.allocation(self.key)
        except LookupFailed as error:
            self.say(f"the allocation itself could not be read: {error}", bad=True)
        self.shared.frames.request()


def detail(shared: Shared, kind: str, key: Key) -> DocumentScreen:
    """The screen for one thing of this kind."""
    if kind == "allocations":
        return AllocationScreen(shared, key)
    return DetailScreen(shared, kind, key)
