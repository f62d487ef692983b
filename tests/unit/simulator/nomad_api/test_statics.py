import pytest

from nomad_console.simulator.nomad_api.acl import NODE_ONLY, READ_ONLY, Acl, Token
from tests.support.nomad_http import NomadLab
from tests.support.recorded import recorded

SECRET = "11111111-2222-3333-4444-555555555555"
UNKNOWN = "99999999-2222-3333-4444-555555555555"


async def test_what_there_is_not_is_empty_or_missing() -> None:
    lab = NomadLab(settled=False)
    assert (await lab.get("/v1/volumes", type="csi")).json() == []
    assert (await lab.get("/v1/vars")).json() == []
    missing = await lab.get("/v1/var/nomad-console/run")
    assert (missing.status_code, missing.text) == (404, "variable not found")
    assert (await lab.put("/v1/var/nomad-console/run", {})).text == "Invalid method"
    metrics = await lab.get("/v1/metrics", format="prometheus")
    assert (metrics.status_code, metrics.text) == (415, "Prometheus is not enabled")
    assert (await lab.get("/v1/regions")).json() == ["global"]


@pytest.mark.parametrize(
    ("name", "token"),
    [
        ("token-self-none", ""),
        ("token-self-client", SECRET),
        ("token-self-wrong", UNKNOWN),
        ("token-self-not-uuid", "hello"),
    ],
)
async def test_a_token_is_told_what_it_is(name: str, token: str) -> None:
    lab = NomadLab(Acl([Token(SECRET, "f80c", "read-only", READ_ONLY)]), settled=False)
    call = recorded(f"nomad/acl/{name}.json")
    answer = await lab.get("/v1/acl/token/self", token=token)
    assert answer.status_code == call["status"]
    if answer.status_code == 200:
        for field in ("Name", "Type", "Policies", "Global"):
            assert answer.json()[field] == call["body"][field]
    else:
        assert answer.text == call["body"]


async def test_the_scheduler_is_read_by_operators() -> None:
    lab = NomadLab(settled=False)
    answer = await lab.get("/v1/operator/scheduler/configuration")
    assert answer.json()["SchedulerConfig"]["SchedulerAlgorithm"] == "binpack"
    closed = NomadLab(Acl([Token(SECRET, "a", "node", NODE_ONLY)]), settled=False)
    answer = await closed.get("/v1/operator/scheduler/configuration", token=SECRET)
    assert answer.status_code == 403
