from urllib.parse import urlsplit

import consul
import pytest

from tests.support.consul_world import ConsulWorld
from tests.support.loopback import served


async def test_a_forgotten_name_is_asked_for_and_an_unknown_path_is_empty() -> None:
    async with ConsulWorld().http() as http:
        for path, words in [
            ("health/service/", "Missing service name"),
            ("health/state/", "Missing check state"),
            ("catalog/node/", "Missing node name"),
            ("session/info/", "Missing session"),
        ]:
            answer = await http.get(path)
            assert (answer.status_code, answer.text) == (400, words)
        nowhere = await http.get("nope")
        gone = await http.get("internal/ui/node/nope")
        off = await http.get("acl/token/self")
    assert (nowhere.status_code, nowhere.content) == (404, b"")
    assert (gone.status_code, gone.content) == (404, b"")
    assert (off.status_code, off.text) == (401, "ACL support disabled")


async def test_only_passing_instances_when_asked() -> None:
    world = ConsulWorld()
    world.serve(1)
    async with world.http() as http:
        assert (await http.get("health/service/web?passing")).json() == []
        assert (await http.get("health/service/web?passing=true&tag=x")).json() == []
        assert len((await http.get("health/service/web?passing=false")).json()) == 1
        wrong = await http.get("health/service/web?passing=maybe")
        world.step(11)
        assert len((await http.get("health/service/web?passing=1")).json()) == 1
    assert (wrong.status_code, wrong.text) == (400, "Invalid value for ?passing")


def test_the_client_of_the_console_reads_locks_and_filters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("CONSUL_HTTP_ADDR", "CONSUL_HTTP_TOKEN", "CONSUL_HTTP_SSL"):
        monkeypatch.delenv(name, raising=False)
    world = ConsulWorld()
    world.serve(1)
    world.step(11)
    with served(world.app) as url:
        client = consul.Consul(host="127.0.0.1", port=urlsplit(url).port)
        _, nodes = client.catalog.nodes()
        assert [node["Node"] for node in nodes] == ["c1", "c2", "s1"]
        _, entries = client.health.service("web", passing=True)
        assert entries[0]["Service"]["Port"] == 20_001
        session = client.session.create(name="console", ttl=15, lock_delay=0)
        assert client.kv.put("lock", "me", acquire=session) is True
        assert client.kv.put("lock", "you", acquire=client.session.create()) is False
        index, found = client.kv.get("lock")
        assert (found["Session"], found["Value"], int(index)) == (
            session,
            b"me",
            found["ModifyIndex"],
        )
        assert client.session.renew(session)["TTL"] == "15s"
        assert client.session.destroy(session) is True
        assert client.kv.get("none")[1] is None
        with pytest.raises(consul.ConsulException, match="invalid session"):
            client.kv.put("lock", "me", acquire=session)
