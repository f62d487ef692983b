import pytest

from tests.support.consul_world import ConsulWorld


async def test_a_session_is_made_read_renewed_and_destroyed() -> None:
    world = ConsulWorld()
    async with world.http() as http:
        wanted = {"Name": "console", "TTL": "15s", "Behavior": "release", "LockDelay": "0s"}
        session = (await http.put("session/create", json=wanted)).json()["ID"]
        info = (await http.get(f"session/info/{session}")).json()
        assert (await http.get("session/node/s1")).json() == info
        assert (await http.put(f"session/renew/{session}")).json() == info
        assert (await http.put(f"session/destroy/{session}")).text == "true"
        assert (await http.put(f"session/destroy/{session}")).text == "true"
        gone = await http.put(f"session/renew/{session}")
        assert (await http.get(f"session/info/{session}")).json() == []
    assert info[0] | {"CreateIndex": 0, "ModifyIndex": 0} == {
        "ID": session,
        "Name": "console",
        "Node": "s1",
        "LockDelay": 0,
        "Behavior": "release",
        "TTL": "15s",
        "NodeChecks": ["serfHealth"],
        "ServiceChecks": None,
        "CreateIndex": 0,
        "ModifyIndex": 0,
    }
    assert (gone.status_code, gone.text) == (404, f"Session id '{session}' not found")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 200),
        (b'{"LockDelay":5,"Name":null}', 200),
        (b'{"LockDelay":"x"}', 400),
        (b"x{", 400),
        (b'{"TTL":15}', 400),
        (b'{"TTL":"1s"}', 500),
    ],
)
async def test_bodies_are_taken_or_refused_as_consul_does(body: bytes, status: int) -> None:
    async with ConsulWorld().http() as http:
        assert (await http.put("session/create", content=body)).status_code == status


async def test_numbers_are_seconds_when_small_else_nanoseconds() -> None:
    async with ConsulWorld().http() as http:
        for given, shown in ((5, 5_000_000_000), (2_000_000_000, 2_000_000_000)):
            created = await http.put("session/create", json={"LockDelay": given})
            info = await http.get(f"session/info/{created.json()['ID']}")
            assert info.json()[0]["LockDelay"] == shown


async def test_an_id_that_is_no_uuid_is_a_500() -> None:
    async with ConsulWorld().http() as http:
        for answer in (await http.get("session/info/abc"), await http.put("session/renew/abc")):
            assert answer.status_code == 500
            assert "UUID must be 36 characters" in answer.text
