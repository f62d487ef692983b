import base64
from typing import Any

import msgspec
import pytest

from nomad_console.simulator.nomad_api.logs import FRAME
from tests.support.nomad_http import NomadLab
from tests.support.nomad_sockets import on_socket


@pytest.fixture
def lab() -> NomadLab:
    return NomadLab()


async def test_logs_come_plain_or_in_frames(lab: NomadLab) -> None:
    path = f"/v1/client/fs/logs/{lab.allocations('web')[0]['ID']}"
    query: dict[str, Any] = {"task": "app", "type": "stdout"}
    plain = await lab.get(path, plain="true", **query)
    assert plain.headers["Content-Type"].startswith("text/plain")
    assert plain.text.startswith("listening ")
    frame = msgspec.json.decode((await lab.get(path, **query)).content)
    assert base64.b64decode(frame["Data"]) == plain.content
    assert (frame["File"], frame["Offset"]) == ("alloc/logs/app.stdout.0", len(plain.content))
    end = await lab.get(path, plain="true", origin="end", offset=4, **query)
    assert end.text == "/\n/\n"
    quiet = await lab.get(path, **{**query, "type": "stderr"})
    assert quiet.text == "{}"


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"type": "stdout"}, "must provide task name"),
        ({"task": "app"}, "must provide log type (stdout/stderr)"),
        ({"task": "nope", "type": "stdout"}, 'unknown task name "nope"'),
    ],
)
async def test_logs_need_a_task_and_a_kind(lab: NomadLab, query: dict[str, str], text: str) -> None:
    answer = await lab.get(f"/v1/client/fs/logs/{lab.allocations('web')[0]['ID']}", **query)
    assert (answer.status_code, answer.text) == (400, text)


async def test_followed_logs_grow_and_beat_while_they_are_quiet(lab: NomadLab) -> None:
    identity = lab.allocations("web")[0]["ID"]
    path = f"/v1/client/fs/logs/{identity}?task=app&type=stdout&follow=true&origin=end&offset=2"
    async with on_socket(lab) as socket:
        wire = await socket.get(path)
        assert "transfer-encoding: chunked" in await wire.head()
        chunks = []
        for _ in range(4):
            size = int(await wire.line(), 16)
            chunks.append((await wire.body(size + 2))[:-2])
            assert await wire.silent()
            lab.advance(1)
        assert chunks.count(b"{}") in {1, 2}
        assert b'"Data":"Lwo="' in chunks[0]


async def test_a_long_log_comes_whole_in_frames_of_64_kib(lab: NomadLab) -> None:
    path = f"/v1/client/fs/logs/{lab.allocations('web')[0]['ID']}"
    query: dict[str, Any] = {"task": "app", "type": "stdout"}
    lab.advance(70_000)
    whole = (await lab.get(path, plain="true", **query)).content
    head, lines = whole.split(b"\n", 1)
    assert len(whole) > FRAME
    assert lines == b"/\n" * (len(lines) // 2)
    for offset in (0, 3, len(head) + 2, FRAME):
        rest = (await lab.get(path, plain="true", offset=offset, **query)).content
        assert rest == whole[offset:]


async def test_logs_stop_growing_when_the_task_has_ended(lab: NomadLab) -> None:
    identity = lab.allocations("solo")[0]["ID"]
    path, query = f"/v1/client/fs/logs/{identity}", {"task": "app", "type": "stdout", "plain": "1"}
    lab.cluster.stop_allocation(identity)
    lab.advance(20)
    length = len((await lab.get(path, **query)).content)
    lab.advance(20)
    assert len((await lab.get(path, **query)).content) == length
