"""An allocation with its history, and a job."""

from datetime import timedelta

import msgspec

from nomad_console.domain.allocation import Evaluation, TaskEvent
from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.tui.rendering.columns import At
from nomad_console.tui.rendering.document import Document, Link
from nomad_console.tui.rendering.text import plain
from nomad_console.tui.rendering.work_detail import allocation_document, job_document
from tests.support.manual_clock import EPOCH
from tests.support.snapshots import (
    a_task,
    allocation_id,
    an_allocation,
    article_snapshot,
    nanoseconds,
    node_id,
    with_allocation,
    with_new,
)

WEB = ("default", "web")


def lines(document: Document | None) -> list[str]:
    assert document is not None
    return [plain(entry.line) for entry in document.entries]


def an_event(type_: str, seconds_ago: float, **changes: object) -> TaskEvent:
    time = nanoseconds(EPOCH - timedelta(seconds=seconds_ago))
    event = TaskEvent(type_, time, "", 0, 0, 0.0, oom_killed=False)
    return msgspec.structs.replace(event, **changes)


def allocation(snapshot: ClusterSnapshot) -> list[str]:
    return lines(allocation_document(At(snapshot, EPOCH), allocation_id("web", 0)))


def test_the_events_of_all_tasks_are_one_time_line() -> None:
    tasks = (
        a_task("app", events=(an_event("Started", 100), an_event("Terminated", 2, exit_code=1))),
        a_task("log", events=(an_event("Received", 101), an_event("Killing", 5, kill_timeout_s=5))),
    )
    text = allocation(with_allocation(article_snapshot(), "web", 0, tasks=tasks))
    begin = next(number for number, line in enumerate(text) if "EVENT" in line)
    found = text[begin + 1 : begin + 5]
    assert [line.split()[-2:] for line in found[:2]] == [["log", "Received"], ["app", "Started"]]
    assert found[1].split()[:3] == ["21:58:20Z", "+1s", "01:40"]
    assert found[2].endswith("kill_timeout 5 s")
    assert found[3].endswith("exit 1")


def test_out_of_memory_and_signals_are_said() -> None:
    ended = an_event("Terminated", 1, exit_code=137, signal=9, oom_killed=True, message="OOM")
    text = allocation(
        with_allocation(article_snapshot(), "web", 0, tasks=(a_task(events=(ended,)),))
    )
    assert any("OOM · exit 137, signal 9 · out of memory" in line for line in text)


def test_the_chain_goes_both_ways_and_leads_on() -> None:
    before = an_allocation("web", 20, 2, next_id=allocation_id("web", 0))
    after = an_allocation("web", 21, 3, previous_id=allocation_id("web", 0))
    snapshot = with_allocation(
        with_new(article_snapshot(), before, after),
        "web",
        0,
        previous_id=before.id,
        next_id=after.id,
        tasks=None,
    )
    document = allocation_document(At(snapshot, EPOCH), allocation_id("web", 0))
    assert document is not None
    assert {entry.link for entry in document.entries} - {None} == {
        Link("nodes", node_id(1)),
        Link("jobs", WEB),
        Link("allocations", before.id),
        Link("allocations", after.id),
    }
    assert allocation_document(At(snapshot, EPOCH), "gone") is None


def test_a_job_with_its_groups_its_blocks_and_its_allocations() -> None:
    blocked = Evaluation(
        "e1", "default", "web", "service", "blocked", "", "", "", {"web": "no cpu"}, 1, 1
    )
    start = article_snapshot()
    text = lines(
        job_document(At(msgspec.structs.replace(start, blocked={"e1": blocked}), EPOCH), WEB)
    )
    joined = "\n".join(text)
    assert "Group web" in joined
    assert "up to 10 s" in joined
    assert "web: no cpu" in joined
    assert "in consul · web alive" in joined
    assert sum("web[" in line for line in text) == 6


def test_a_job_known_by_its_listing_only() -> None:
    start = msgspec.structs.replace(article_snapshot(), jobs={})
    text = "\n".join(lines(job_document(At(start, EPOCH), WEB)))
    assert "groups             ·" in text
    assert job_document(At(start, EPOCH), ("default", "gone")) is None
