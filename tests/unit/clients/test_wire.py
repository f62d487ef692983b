import json
from datetime import UTC, datetime

import msgspec
import pytest

from nomad_console.clients.errors import Misread
from nomad_console.clients.wire import (
    converted,
    decoded,
    duration,
    go_name,
    moment,
    rows_of,
    seconds,
    shared,
)


class RowWire(msgspec.Struct, rename=go_name):
    job_id: str
    http_addr: str | None = None
    memory_mb: int | None = None


def test_names_are_spelled_as_go_spells_them() -> None:
    names = ("job_id", "http_addr", "memory_mb", "scheduling_eligibility", "l_target")
    assert [go_name(name) for name in names] == [
        "JobID",
        "HTTPAddr",
        "MemoryMB",
        "SchedulingEligibility",
        "LTarget",
    ]


def test_null_absent_and_unknown_fields_are_read() -> None:
    body = b'{"JobID":"a","HTTPAddr":null,"New":{"deep":[1]}}'
    assert decoded("nomad", "GET /x", body, RowWire) == RowWire("a")


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"JobID":3}', b"{}", b'{"JobID":"\xff"}']
)
def test_another_form_is_misread(body: bytes) -> None:
    with pytest.raises(Misread) as caught:
        decoded("nomad", "GET /x", body, RowWire)
    assert "really Nomad" in caught.value.hint


def test_a_null_list_is_empty() -> None:
    assert rows_of("nomad", "GET /x", b"null", RowWire) == ()
    assert rows_of("nomad", "GET /x", b'[{"JobID":"a"}]', RowWire) == [RowWire("a")]


def test_parsed_values_are_converted_or_misread() -> None:
    assert converted("consul", "GET /x", {"JobID": "a"}, RowWire) == RowWire("a")
    with pytest.raises(Misread):
        converted("consul", "GET /x", ["a"], RowWire)


def test_repeated_strings_are_one() -> None:
    first, second = (json.loads('"web-of-a-cluster"') for _ in range(2))
    assert first is not second
    assert shared(first) is shared(second)
    assert shared(None) == ""


def test_gos_zero_time_is_no_time() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert moment(now) == now
    assert moment(datetime(1, 1, 1, tzinfo=UTC)) is None
    assert moment(None) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [("30s", 30), ("1m30s", 90), ("200ms", 0.2), ("1h", 3600), ("", 0), ("soon", 0)],
)
def test_durations_in_words(text: str, expected: float) -> None:
    assert duration(text) == pytest.approx(expected)


def test_nanoseconds() -> None:
    assert seconds(1_500_000_000) == 1.5
    assert seconds(None) == 0.0


def test_a_page_for_people_is_said_to_be_one() -> None:
    with pytest.raises(Misread, match="answered with HTML"):
        decoded("nomad", "GET /v1/nodes", b"<!DOCTYPE html><html>", dict[str, str])
