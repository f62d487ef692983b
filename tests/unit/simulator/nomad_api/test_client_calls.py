import pytest

from nomad_console.simulator.nomad_api.acl import NODE_ONLY, Acl, Token
from tests.support.nomad_http import NomadLab

SECRET = "11111111-2222-3333-4444-555555555555"
UNKNOWN = "99999999-2222-3333-4444-555555555555"


@pytest.fixture
def lab() -> NomadLab:
    return NomadLab()


async def test_a_nodes_statistics_come_through_any_agent(lab: NomadLab) -> None:
    identity = lab.node_id("c1")
    through = (await lab.get("/v1/client/stats", node_id=identity)).json()
    own = await lab.get("/v1/client/stats", "c1")
    assert through == own.json()
    assert own.headers["Vary"] == "Origin"
    assert "X-Nomad-Index" not in own.headers
    assert through["Memory"]["Total"] == 8192 * 1024 * 1024


async def test_who_cannot_be_asked_is_404(lab: NomadLab) -> None:
    unknown = await lab.get("/v1/client/stats", node_id=UNKNOWN)
    assert (unknown.status_code, unknown.text) == (404, f"Unknown node {UNKNOWN}")
    row = next(row for row in lab.allocations("web") if row["NodeName"] == "c1")
    lab.cluster.agent_kill("c1")
    lab.advance(60)
    for path in ("/v1/client/stats", f"/v1/client/allocation/{row['ID']}/stats"):
        answer = await lab.get(path, node_id=lab.node_id("c1"))
        assert (answer.status_code, answer.text) == (404, "No path to node")


async def test_an_allocations_own_calls(lab: NomadLab) -> None:
    identity = lab.allocations("web")[0]["ID"]
    stats = (await lab.get(f"/v1/client/allocation/{identity}/stats")).json()
    assert stats.keys() == {"ResourceUsage", "Tasks", "Timestamp"}
    assert (await lab.get(f"/v1/client/allocation/{identity}/checks")).json() is None
    files = (await lab.get(f"/v1/client/fs/ls/{identity}", path="/")).json()
    assert [row["Name"] for row in files] == ["alloc", "app"]
    unknown = await lab.get(f"/v1/client/allocation/{UNKNOWN}/stats")
    assert (unknown.status_code, unknown.text) == (404, f'Unknown allocation "{UNKNOWN}"')


async def test_rights_are_those_of_the_allocations_namespace() -> None:
    lab = NomadLab(Acl([Token(SECRET, "a", "node", NODE_ONLY)]))
    identity = lab.allocations("web")[0]["ID"]
    for path in (
        f"/v1/client/allocation/{identity}/stats",
        f"/v1/client/allocation/{identity}/checks",
        f"/v1/client/fs/ls/{identity}",
        f"/v1/client/fs/logs/{identity}",
    ):
        assert (await lab.get(path, token=SECRET)).status_code == 403
