"""Bent answers: an ApiError that names the endpoint, or a right record; nothing else, ever."""

import json
from collections.abc import Iterator
from itertools import cycle, islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nomad_console.clients.errors import Misread
from tests.support.decoders import Recording, frames, identities, recordings, unsound
from tests.support.hostile import HTML, NUMBERS, OTHERS, Path, leaf, leaves, replaced

READ = [*recordings(), *frames()]
LONG = pytest.mark.long
STEPS = [pytest.param(97, id="some"), pytest.param(1, id="all", marks=LONG)]
SENTINEL = 7_777_777_777_777
_REFUSED = object()


def outcome(recording: Recording, body: bytes) -> object:
    """What is read, checked to be sound; or `_REFUSED`, the error checked to be of use."""
    try:
        found = recording.decode(recording.endpoint, body)
    except Misread as error:
        check(error, recording)
        return _REFUSED
    assert unsound(found) == ""
    return found


def check(error: Misread, recording: Recording) -> None:
    assert error.endpoint == f"GET {recording.endpoint}"
    assert str(error).isprintable()
    assert len(str(error)) < 500


def body_of(value: object) -> bytes:
    return json.dumps(value).encode()


def bent_leaves(recording: Recording, step: int) -> Iterator[tuple[Path, object]]:
    """Each place with another value: all of them, or the next one in turn."""
    turn = cycle(OTHERS)
    for path in leaves(recording.value):
        for other in OTHERS if step == 1 else islice(turn, 2):
            yield path, other


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("recording", READ, ids=str)
def test_an_answer_cut_short_is_never_read(recording: Recording, step: int) -> None:
    body = body_of(recording.value)
    for end in range(0, len(body), max(1, step if step > 1 else len(body) // 5_000)):
        assert outcome(recording, body[:end]) is _REFUSED
    assert outcome(recording, body) is not _REFUSED


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("recording", READ, ids=str)
def test_no_value_of_another_type_is_taken_for_the_right_one(
    recording: Recording, step: int
) -> None:
    right = outcome(recording, body_of(recording.value))
    for path, other in bent_leaves(recording, step):
        was = leaf(recording.value, path)
        found = outcome(recording, body_of(replaced(recording.value, path, other)))
        free = was is None or type(was) is type(other) or "Details" in path
        assert found is _REFUSED or free or found == right, f"{path}: {was!r} -> {other!r}"


@pytest.mark.parametrize("recording", READ, ids=str)
def test_nothing_is_read_without_its_identity(recording: Recording) -> None:
    for path in identities(recording):
        for nobody in ("", None, 7, ["x"]):
            bent = body_of(replaced(recording.value, path, nobody))
            assert outcome(recording, bent) is _REFUSED, path
        absent = body_of(recording.value).replace(f'"{path[-1]}"'.encode(), b'"Absent"')
        assert outcome(recording, absent) is _REFUSED, path


def test_the_identity_of_nearly_all_is_known() -> None:
    nameless = {one.endpoint for one in READ if not any(identities(one))}
    assert nameless <= {
        *("/v1/agent/self", "/v1/agent/members", "/v1/status/leader"),
        "/v1/event/stream",  # of topics that are not read
    }


@pytest.mark.parametrize("recording", READ, ids=str)
def test_numbers_beyond_all_measure(recording: Recording) -> None:
    for path in leaves(recording.value):
        if type(leaf(recording.value, path)) is not int:
            continue
        text = json.dumps(replaced(recording.value, path, SENTINEL))
        for number in NUMBERS:
            found = outcome(recording, text.replace(str(SENTINEL), number).encode())
            if number in {"NaN", "Infinity", "01", "0x7", "1_0"}:
                assert found is _REFUSED, f"{path}: {number}"


@pytest.mark.parametrize("recording", READ, ids=str)
def test_wrong_encodings_and_other_programs(recording: Recording) -> None:
    text = json.dumps(recording.value, ensure_ascii=False)
    for body in (
        text.encode("utf-16"),
        text.encode("utf-32"),
        b"\xef\xbb\xbf" + text.encode(),
        text.encode() * 2,
        text.encode() + b"\x00",
        b"",
        b" ",
        HTML,
        b"7",
        b"[[1]]",
        b'["\\ud800"]',
        b'["\xff"]',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ):
        assert outcome(recording, body) is _REFUSED, body[:40]


@st.composite
def bent_bodies(draw: st.DrawFn) -> tuple[Recording, bytes]:
    """A recording with a few bytes taken out, put in or doubled."""
    recording = draw(st.sampled_from(READ))
    body = bytearray(body_of(recording.value))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(body)))
        end = start + draw(st.integers(0, 40))
        new = draw(
            st.binary(max_size=8) | st.sampled_from(_TOKENS) | st.just(bytes(body[start:end]))
        )
        body[start : end if draw(st.booleans()) else start] = new
    return recording, bytes(body)


_TOKENS = [
    b'"',
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"null",
    b"true",
    b"-",
    b"\\ud83d",
    b"\n",
]


@settings(max_examples=400, derandomize=True, deadline=None)
@given(bent_bodies())
def test_bytes_at_random(bent: tuple[Recording, bytes]) -> None:
    outcome(*bent)


@LONG
@settings(max_examples=30_000, deadline=None)
@given(bent_bodies())
def test_many_bytes_at_random(bent: tuple[Recording, bytes]) -> None:
    outcome(*bent)
