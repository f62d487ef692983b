import pytest

from tests.support.nomad_http import NomadLab


@pytest.fixture(scope="module")
def lab() -> NomadLab:
    return NomadLab()


async def test_evaluations_are_found_by_job_status_and_filter(lab: NomadLab) -> None:
    rows = (await lab.get("/v1/evaluations", job="web", status="complete")).json()
    assert rows
    assert {(row["JobID"], row["Status"]) for row in rows} == {("web", "complete")}
    blocked = {"namespace": "*", "filter": 'Status == "blocked"'}
    assert (await lab.get("/v1/evaluations", **blocked)).json() == []
    assert (await lab.get("/v1/evaluations/count", **blocked)).json()["Count"] == 0
