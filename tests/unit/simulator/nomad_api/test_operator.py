from nomad_console.simulator.nomad_api.acl import NODE_ONLY, Acl, Token
from tests.support.nomad_http import NomadLab

SECRET = "11111111-2222-3333-4444-555555555555"


async def test_a_dead_server_turns_autopilot_429_late_with_its_body() -> None:
    lab = NomadLab()
    assert (await lab.get("/v1/operator/autopilot/health")).status_code == 200
    lab.cluster.servers.stop("s3")
    lab.advance(38)
    assert (await lab.get("/v1/operator/autopilot/health")).status_code == 200
    lab.advance(2)
    answer = await lab.get("/v1/operator/autopilot/health")
    assert (answer.status_code, answer.json()["Healthy"]) == (429, False)
    assert answer.json()["FailureTolerance"] == 0
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


async def test_servers_as_one_carry_no_index() -> None:
    lab = NomadLab()
    for path in (
        "status/leader",
        "status/peers",
        "operator/raft/configuration",
        "operator/autopilot/configuration",
    ):
        answer = await lab.get(f"/v1/{path}")
        assert answer.status_code == 200
        assert "X-Nomad-Index" not in answer.headers


async def test_the_leader_is_open_to_all_operator_reads_are_not() -> None:
    lab = NomadLab(Acl([Token(SECRET, "a", "node", NODE_ONLY)]))
    assert (await lab.get("/v1/status/leader")).json() == "10.77.0.11:4647"
    assert len((await lab.get("/v1/status/peers")).json()) == 3
    for path in ("raft/configuration", "autopilot/health", "autopilot/configuration"):
        assert (await lab.get(f"/v1/operator/{path}", token=SECRET)).status_code == 403
