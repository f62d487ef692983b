from uuid import UUID

import pytest

from nomad_console.simulator.consul.acl import ALL, Acl
from tests.support.consul_world import ConsulWorld
from tests.support.recorded import recorded

TOKEN = "11111111-2222-3333-4444-555555555555"
ACL = Acl({TOKEN: ALL})


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("catalog/nodes", "catalog-nodes-no-token"),
        ("catalog/services", "catalog-services-no-token"),
        ("health/service/consul", "health-service-no-token"),
        ("health/state/any", "health-state-any-no-token"),
        ("internal/ui/services", "ui-services-no-token"),
        ("agent/self", "agent-self-no-token"),
        ("kv/x", "kv-no-token"),
        ("acl/token/self", "token-self-no-token"),
    ],
)
async def test_without_a_token_it_answers_as_recorded(path: str, name: str) -> None:
    async with ConsulWorld(ACL).http() as http:
        answer = await http.get(path)
    call = recorded(f"consul/acl/{name}.json")
    assert answer.status_code == call["status"]
    assert (answer.text if isinstance(call["body"], str) else answer.json()) == call["body"]
    assert ("X-Consul-Index" in answer.headers) == ("X-Consul-Index" in call["headers"])


async def test_an_unknown_token_finds_no_acl_but_the_leader_is_open_to_all() -> None:
    async with ConsulWorld(ACL).http() as http:
        http.headers["X-Consul-Token"] = "nobody"
        for path in ("catalog/nodes", "health/state/any", "agent/self", "kv/x", "session/list"):
            answer = await http.get(path)
            assert (answer.status_code, answer.text) == (403, "ACL not found")
        assert (await http.get("status/leader")).status_code == 200


@pytest.mark.parametrize(
    "headers", [{"X-Consul-Token": TOKEN}, {"Authorization": f"Bearer {TOKEN}"}]
)
async def test_a_known_token_sees_everything(headers: dict[str, str]) -> None:
    async with ConsulWorld(ACL).http() as http:
        http.headers.update(headers)
        assert len((await http.get("catalog/nodes")).json()) == 3
        assert (await http.get("agent/self")).status_code == 200
        assert (await http.put("kv/x", content=b"1")).text == "true"


async def test_every_token_has_an_accessor_of_its_own() -> None:
    other = "99999999-2222-3333-4444-555555555555"
    async with ConsulWorld(Acl({TOKEN: ALL, other: ALL})).http() as http:
        rows = [
            (await http.get("acl/token/self", headers={"X-Consul-Token": one})).json()
            for one in (TOKEN, other, TOKEN)
        ]
    accessors = [str(UUID(row["AccessorID"])) for row in rows]
    assert accessors == [row["AccessorID"] for row in rows]
    assert accessors[0] == accessors[2] != accessors[1]


async def test_writes_need_their_right() -> None:
    async with ConsulWorld(ACL).http() as http:
        for path in ("kv/x", "session/create"):
            answer = await http.put(path)
            assert (answer.status_code, answer.text) == (403, "Permission denied")
        answer = await http.put("txn", json=[{"KV": {"Verb": "set", "Key": "x"}}])
        assert answer.status_code == 409
        assert answer.json()["Errors"] == [{"OpIndex": 0, "What": "Permission denied"}]
        assert (await http.get("kv/?keys")).json() == []
        assert (await http.get("kv/x?recurse")).status_code == 404


async def test_wrong_methods_are_named() -> None:
    world = ConsulWorld()
    async with world.http() as http:
        answer = await http.post("catalog/nodes")
    assert (answer.status_code, answer.text) == (405, "method POST not allowed")
    assert answer.headers["Allow"] == "OPTIONS,GET"


async def test_there_is_one_datacenter() -> None:
    async with ConsulWorld().http() as http:
        answer = await http.get("catalog/nodes?dc=moon")
        assert (answer.status_code, answer.text) == (500, "No path to datacenter")
        assert (await http.get("catalog/nodes?dc=dc1")).status_code == 200
