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
