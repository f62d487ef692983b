import pytest

from nomad_console.simulator.nomad_api.acl import NODE_ONLY, Acl, Token
from tests.support.nomad_http import NomadLab

SECRET = "11111111-2222-3333-4444-555555555555"


@pytest.fixture(scope="module")
def lab() -> NomadLab:
    return NomadLab()


async def test_a_client_is_told_apart_by_what_it_says_of_itself(lab: NomadLab) -> None:
    client = (await lab.get("/v1/agent/self", "c1")).json()
    server = (await lab.get("/v1/agent/self", "s2")).json()
    assert client["config"]["Client"]["Enabled"] is True
    assert client["config"]["Server"]["Enabled"] is False
    assert server["config"]["Client"]["Enabled"] is False
    assert server["config"]["Server"]["Enabled"] is True
    assert client["stats"]["client"]["node_id"] == lab.node_id("c1")
    assert client["config"]["AdvertiseAddrs"]["HTTP"] == "10.77.0.101:4646"
    assert (client["config"]["NodeName"], server["config"]["NodeName"]) == ("c1", "s2")
    assert (client["member"]["Status"], server["member"]["Name"]) == ("none", "s2.global")
    assert server["stats"]["nomad"]["leader_addr"] == "10.77.0.11:4647"


async def test_the_version_is_that_of_the_running_program() -> None:
    lab = NomadLab()
    lab.cluster.agent_restart("c1", "2.0.5")
    lab.advance(3)
    config = (await lab.get("/v1/agent/self", "c1")).json()["config"]
    assert config["Version"]["Version"] == "2.0.5"
    assert (await lab.get("/v1/agent/self", "c2")).json()["config"]["Version"]["Version"] == "2.0.4"
    assert (await lab.get("/v1/agent/self")).json()["config"]["Version"]["Version"] == "2.0.5"


async def test_a_client_answers_what_a_server_answers(lab: NomadLab) -> None:
    for path in ("/v1/nodes", "/v1/status/leader", "/v1/operator/raft/configuration"):
        assert (await lab.get(path, "c1")).status_code == 200
    assert (await lab.get("/v1/nodes", "c1")).json() == (await lab.get("/v1/nodes")).json()


async def test_health_is_of_the_half_the_agent_has(lab: NomadLab) -> None:
    healthy = {"message": "ok", "ok": True}
    assert (await lab.get("/v1/agent/health", "c1")).json() == {"client": healthy}
    assert (await lab.get("/v1/agent/health")).json() == {"server": healthy}
    assert (await lab.get("/v1/agent/health", "c1", type="client")).json() == {"client": healthy}
    assert (await lab.get("/v1/agent/health", type="client")).json() == {}
    assert (await lab.get("/v1/agent/health", "c1", type="server")).json() == {}


async def test_without_a_leader_stale_reads_grow_old() -> None:
    lab = NomadLab()
    for name in ("s1", "s2"):
        lab.cluster.servers.stop(name)
    lab.advance(9)
    stale = await lab.get("/v1/nodes", "s3", stale="true")
    assert stale.headers["X-Nomad-Knownleader"] == "false"
    assert int(stale.headers["X-Nomad-Lastcontact"]) >= 9000
    assert (await lab.get("/v1/agent/members", "s3")).status_code == 200


async def test_a_follower_reads_stale_from_itself_a_little_late(lab: NomadLab) -> None:
    assert (await lab.get("/v1/nodes", "s2")).headers["X-Nomad-Lastcontact"] == "0"
    stale = await lab.get("/v1/nodes", "s2", stale="true")
    assert int(stale.headers["X-Nomad-Lastcontact"]) > 0
    assert (await lab.get("/v1/nodes", "s1", stale="true")).headers["X-Nomad-Lastcontact"] == "0"


async def test_health_is_open_to_all_the_rest_is_not() -> None:
    lab = NomadLab(Acl([Token(SECRET, "a", "node", NODE_ONLY)]))
    assert (await lab.get("/v1/agent/health")).status_code == 200
    assert (await lab.get("/v1/agent/members")).status_code == 403
    assert (await lab.get("/v1/agent/members", token=SECRET)).status_code == 200
    assert (await lab.get("/v1/agent/self", token=SECRET)).status_code == 403
