"""What probes counted: kept all along, summed over the consoles of a run."""

import asyncio
import os
from datetime import timedelta
from pathlib import Path

from nomad_console.operations.counts import EVERY_S, Count, Counted, Counting, keep, kept, summed
from nomad_console.operations.probe import Failure, Probe, UrlState
from tests.support.manual_clock import EPOCH, ManualClock

A, B = "http://a/", "http://b/"


def at(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def count(since: float, until: float, *urls: UrlState, whole: bool = False) -> Count:
    return Count(EPOCH + at(since), EPOCH + at(until), urls, whole)


async def test_a_console_keeps_its_count_all_along_and_when_it_leaves(tmp_path: Path) -> None:
    journal, clock = tmp_path / "7f3a.ndjson", ManualClock()

    async def send(_: str) -> str:
        return ""

    counting = Counting(journal, Probe((A,), 1.0, send, clock), clock)
    async with asyncio.TaskGroup() as tasks:
        keeping = tasks.create_task(counting.keep_on())
        await clock.advance(0)
        (first,) = kept(journal)
        assert (first.since, first.until, first.urls[0].sent) == (EPOCH, EPOCH, 0)
        await clock.advance(EVERY_S - 1)
        assert kept(journal) == (first,)
        await clock.advance(2)
        assert kept(journal)[0].until == EPOCH + at(EVERY_S)
        assert not kept(journal)[0].whole
        (file,) = os.scandir(tmp_path)
        assert file.stat().st_mode & 0o777 == 0o600
        keeping.cancel()
    assert counting.end() == ""
    assert [one.whole for one in kept(journal)] == [True]


async def test_without_urls_nothing_is_kept(tmp_path: Path) -> None:
    async def send(_: str) -> str:
        raise AssertionError

    clock = ManualClock()
    counting = Counting(tmp_path / "7f3a.ndjson", Probe((), 1.0, send, clock), clock)
    await counting.keep_on()
    assert counting.end() == ""
    assert counting.counted == Counted()
    assert list(os.scandir(tmp_path)) == []


def test_a_later_console_adds_to_what_the_earlier_ones_counted(tmp_path: Path) -> None:
    journal, clock = tmp_path / "7f3a.ndjson", ManualClock()

    async def send(_: str) -> str:
        return ""

    keep(journal, count(-60, -30, UrlState(A, 100, 2)))
    counting = Counting(journal, Probe((A,), 1.0, send, clock), clock)
    assert (counting.counted.sent, counting.counted.consoles) == (100, 2)
    assert counting.counted.gaps == ((EPOCH - at(30), EPOCH),)


def test_figures_add_up_and_of_percentiles_the_worst_is_said() -> None:
    early, late = Failure(EPOCH, A, "502"), Failure(EPOCH + at(50), A, "503")
    found = summed(
        (
            count(0, 30, UrlState(A, 100, 2, 0.01, 0.09, late), UrlState(B, 10)),
            count(30.5, 60, UrlState(A, 50, 1, 0.02, 0.05, early), whole=True),
        ),
        EPOCH + at(90),
    )
    assert found.urls == (UrlState(A, 150, 3, 0.02, 0.09, early), UrlState(B, 10))
    assert (found.sent, found.failed, found.consoles, found.gaps) == (160, 3, 2, ())


def test_a_console_that_died_leaves_a_time_in_which_nobody_counted() -> None:
    died = count(0, 30, UrlState(A, 100))
    resumed = count(61, 90, UrlState(A, 50))
    again = summed((died, resumed), EPOCH + at(95))
    assert again.gaps == ((EPOCH + at(30), EPOCH + at(61)), (EPOCH + at(90), EPOCH + at(95)))
    assert summed((died,), EPOCH + at(30)).gaps == ()
    assert summed((), EPOCH) == Counted()


def test_a_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    journal = tmp_path / "7f3a.ndjson"
    assert keep(journal, count(0, 1, UrlState(A, sent=3))) == ""
    with journal.with_suffix(".probe").open("ab") as torn:
        torn.write(b'{"since"')
    assert [one.urls[0].sent for one in kept(journal)] == [3]


def test_figures_that_cannot_be_kept_are_said(tmp_path: Path) -> None:
    said = keep(tmp_path / "no" / "7f3a.ndjson", count(0, 1, UrlState(A, sent=3)))
    assert "could not be kept" in said
