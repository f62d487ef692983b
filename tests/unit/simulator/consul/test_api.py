from tests.support.consul_world import ConsulWorld
from tests.support.recorded import recorded_body


async def test_the_agent_tells_of_itself_and_its_members() -> None:
    world = ConsulWorld()
    async with world.http() as http:
        found = (await http.get("agent/self")).json()
        members = (await http.get("agent/members")).json()
        leader = (await http.get("status/leader")).json()
        peers = (await http.get("status/peers")).json()
        datacenters = (await http.get("catalog/datacenters")).json()
    assert found.keys() >= recorded_body("consul/agent-self.json").keys()
    assert found["Config"]["NodeName"] == "s1"
    assert [(row["Name"], row["Status"]) for row in members] == [("s1", 1), ("c1", 1), ("c2", 1)]
    assert leader == recorded_body("consul/status-leader.json")
    assert (peers, datacenters) == ([leader], ["dc1"])


async def test_a_silent_agent_is_a_failed_member() -> None:
    world = ConsulWorld()
    world.catalog.machine_down("c1")
    world.step(11)
    async with world.http() as http:
        members = (await http.get("agent/members")).json()
    assert [row["Status"] for row in members] == [1, 4, 1]


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
