"""Detail screens and the keys screen as text."""

import msgspec
import pytest

from nomad_console.domain.allocation import TaskEvent
from nomad_console.tui.messages import DetailAsked
from tests.support.consoles import Box, a_console, degraded_snapshot, stale_snapshot
from tests.support.manual_clock import EPOCH, ManualClock
from tests.support.pilots import expect_grid, seated
from tests.support.snapshots import (
    WEB_PUBLIC,
    a_target,
    a_task,
    allocation_id,
    nanoseconds,
    node_id,
    with_allocation,
)

SUBJECTS: dict[str, tuple[str, object]] = {
    "node": ("nodes", node_id(3)),
    "allocation": ("allocations", allocation_id("web", 2)),
    "service": ("services", "web"),
    "target": ("targets", a_target(WEB_PUBLIC, 2).key),
    "group": ("groups", WEB_PUBLIC),
    "job": ("jobs", ("default", "web")),
    "disagreements": ("disagreements", None),
}


def an_event(type_: str, seconds_ago: float, message: str = "", **changes: object) -> TaskEvent:
    event = TaskEvent(type_, nanoseconds(EPOCH) - int(seconds_ago * 1e9), message, 0, 0, 0.0, False)  # noqa: FBT003 — the record's own order
    return msgspec.structs.replace(event, **changes)


EVENTS = (
    an_event("Received", 7200, "Task received by client"),
    an_event("Started", 7198, "Task started by client"),
    an_event("Waiting for shutdown delay", 9, "Waiting for shutdown_delay of 5s"),
    an_event("Killing", 4, "Sent interrupt", kill_timeout_s=5.0),
    an_event("Terminated", 1, "Exit Code: 137", exit_code=137, signal=9),
)


@pytest.mark.parametrize("size", [(200, 50), (80, 24)], ids=str)
@pytest.mark.parametrize("name", SUBJECTS)
async def test_detail(name: str, size: tuple[int, int]) -> None:
    clock = ManualClock()
    snapshot = degraded_snapshot()
    snapshot = with_allocation(snapshot, "web", 2, tasks=(a_task(events=EVENTS),))
    app = a_console(Box(snapshot), clock)
    async with seated(app, clock, size) as seat:
        kind, key = SUBJECTS[name]
        app.post_message(DetailAsked(kind, key))
        await seat.settle()
        await seat.settle()
        expect_grid(f"{name}-{size[0]}x{size[1]}", seat.text)


@pytest.mark.parametrize("read_only", [False, True], ids=["interactive", "watch"])
async def test_keys(read_only: bool) -> None:
    clock = ManualClock()
    app = a_console(Box(stale_snapshot()), clock, read_only=read_only)
    async with seated(app, clock, (120, 60)) as seat:
        text = await seat.press("question_mark")
        expect_grid(f"keys-{'watch' if read_only else 'interactive'}", text)


async def test_too_small() -> None:
    clock = ManualClock()
    async with seated(a_console(Box(degraded_snapshot()), clock), clock, (50, 12)) as seat:
        expect_grid("too-small", seat.text)
