import asyncio
import base64

import pytest

from tests.support.consul_world import ConsulWorld


async def test_a_key_is_written_read_and_deleted() -> None:
    async with ConsulWorld().http() as http:
        assert (await http.put("kv/a/b?flags=7", content=b"hello")).text == "true"
        row = (await http.get("kv/a/b")).json()[0]
        raw = await http.get("kv/a/b?raw")
        assert (base64.b64decode(row["Value"]), row["Flags"]) == (b"hello", 7)
        assert (raw.content, raw.headers["Content-Type"]) == (b"hello", "text/plain")
        assert (await http.delete("kv/a/b")).text == "true"
        gone = await http.get("kv/a/b")
    assert (gone.status_code, gone.content) == (404, b"")
    assert int(gone.headers["X-Consul-Index"]) > row["ModifyIndex"]


async def test_trees_and_folded_keys() -> None:
    async with ConsulWorld().http() as http:
        assert (await http.get("kv/?keys")).json() == []
        assert (await http.get("kv/?recurse")).status_code == 404
        for key in ("d/e/f", "d/g", "x"):
            await http.put(f"kv/{key}", content=b"")
        assert (await http.get("kv/?keys")).json() == ["d/e/f", "d/g", "x"]
        assert (await http.get("kv/d/?keys&separator=/")).json() == ["d/e/", "d/g"]
        assert [row["Value"] for row in (await http.get("kv/d?recurse")).json()] == [None, None]
        assert (await http.delete("kv/d?recurse")).text == "true"
        assert (await http.get("kv/d?recurse")).status_code == 404


async def test_refused_writes_are_200_false() -> None:
    world = ConsulWorld()
    async with world.http() as http:
        ids = [(await http.put("session/create")).json()["ID"] for _ in range(2)]
        answers = [
            await http.put(f"kv/lock?acquire={ids[0]}", content=b"me"),
            await http.put(f"kv/lock?acquire={ids[1]}", content=b"you"),
            await http.put(f"kv/lock?release={ids[1]}"),
            await http.put("kv/lock?cas=0", content=b"z"),
            await http.delete("kv/lock?cas=1"),
        ]
        assert [(each.status_code, each.text) for each in answers] == [
            (200, "true"),
            *[(200, "false")] * 4,
        ]
        assert (await http.get("kv/lock")).json()[0]["Session"] == ids[0]
        await http.put(f"session/destroy/{ids[0]}")
        in_delay = await http.put(f"kv/lock?acquire={ids[1]}")
        dead = await http.put(f"kv/other?acquire={ids[0]}")
    assert in_delay.text == "false"
    assert (dead.status_code, dead.text) == (500, f'invalid session "{ids[0]}"')


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "kv/", 400),
        ("PUT", "kv/", 400),
        ("DELETE", "kv/", 400),
        ("PUT", "kv/a?cas=1&release=q", 400),
        ("PUT", "kv/a?cas=x", 500),
        ("PUT", "kv/a?flags=x", 500),
        ("POST", "kv/a", 405),
    ],
)
async def test_malformed_calls(method: str, path: str, status: int) -> None:
    async with ConsulWorld().http() as http:
        assert (await http.request(method, path)).status_code == status


async def test_a_reader_of_a_missing_key_wakes_when_it_comes() -> None:
    world = ConsulWorld()
    async with world.http() as http, asyncio.TaskGroup() as tasks:
        await http.put("kv/other", content=b"")
        index = (await http.get("kv/k")).headers["X-Consul-Index"]
        waiting = tasks.create_task(http.get(f"kv/k?index={index}&wait=60s"))
        await world.clock.advance(1)
        assert not waiting.done()
        await http.put("kv/k", content=b"1")
        assert (await waiting).json()[0]["Key"] == "k"


async def test_a_transaction_answers_200_409_or_400() -> None:
    async with ConsulWorld().http() as http:
        wanted = [{"KV": {"Verb": "set", "Key": "t", "Value": "eA=="}}]
        done = await http.put("txn", json=[*wanted, {"KV": {"Verb": "get", "Key": "t"}}])
        read = await http.put("txn", json=[{"KV": {"Verb": "get", "Key": "none"}}])
        malformed = await http.put("txn", json={})
        long = await http.put("txn", json=wanted * 65)
    assert done.json()["Results"][1]["KV"]["Value"] == "eA=="
    assert done.json()["Errors"] is None
    assert read.status_code == 409
    assert read.json()["KnownLeader"] is True
    assert (malformed.status_code, long.status_code) == (400, 413)
