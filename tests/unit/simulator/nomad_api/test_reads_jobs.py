import pytest

from tests.support.nomad_http import NomadLab


@pytest.fixture(scope="module")
def lab() -> NomadLab:
    return NomadLab()


async def test_jobs_come_by_namespace_and_id_in_pages(lab: NomadLab) -> None:
    first = await lab.get("/v1/jobs", namespace="*", per_page=4)
    assert [row["ID"] for row in first.json()] == ["crunch", "edge", "solo", "web"]
    assert first.headers["X-Nomad-Nexttoken"] == "prod.api"
    second = await lab.get("/v1/jobs", namespace="*", per_page=4, next_token="prod.api")
    assert [row["ID"] for row in second.json()] == ["api"]
    system = await lab.get("/v1/jobs", filter='Type == "system"')
    assert [row["ID"] for row in system.json()] == ["edge"]


async def test_the_jobs_index_follows_its_counts(lab: NomadLab) -> None:
    before = int((await lab.get("/v1/jobs")).headers["X-Nomad-Index"])
    lab.cluster.stop_allocation(lab.allocations("crunch")[0]["ID"])
    lab.advance(10)
    assert int((await lab.get("/v1/jobs")).headers["X-Nomad-Index"]) > before


async def test_statuses_come_newest_first_or_those_asked_for(lab: NomadLab) -> None:
    rows = (await lab.get("/v1/jobs/statuses", namespace="*")).json()
    indexes = [row["ModifyIndex"] for row in rows]
    assert indexes == sorted(indexes, reverse=True)
    assert len(rows) == 5
    web = next(row for row in rows if row["ID"] == "web")
    assert (web["GroupCountSum"], len(web["Allocs"])) == (6, 6)
    assert web["LatestDeployment"]["Status"] == "successful"
    async with lab.client() as client:
        body = {"Jobs": [{"ID": "web", "Namespace": "default"}]}
        asked = await client.post("/v1/jobs/statuses", params={"namespace": "*"}, json=body)
    assert [row["ID"] for row in asked.json()] == ["web"]
    page = await lab.get("/v1/jobs/statuses", namespace="*", per_page=2)
    token = page.headers["X-Nomad-Nexttoken"]
    rest = await lab.get("/v1/jobs/statuses", namespace="*", next_token=token)
    assert [row["ID"] for row in page.json() + rest.json()] == [row["ID"] for row in rows]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("", 404),
        ("/summary", 404),
        ("/versions", 404),
        ("/scale", 404),
        ("/allocations", 200),
        ("/evaluations", 200),
        ("/deployments", 200),
        ("/services", 200),
        ("/deployment", 200),
    ],
)
async def test_an_unknown_job_is_404_but_lists_below_it_are_empty(
    lab: NomadLab, path: str, status: int
) -> None:
    answer = await lab.get(f"/v1/job/nope{path}")
    assert answer.status_code == status
    assert status == 404 or not answer.json()


async def test_what_belongs_to_a_job(lab: NomadLab) -> None:
    assert len((await lab.get("/v1/job/web/allocations")).json()) == 6
    assert len((await lab.get("/v1/job/web/evaluations")).json()) >= 1
    (deployment,) = (await lab.get("/v1/job/web/deployments")).json()
    assert (await lab.get("/v1/job/web/deployment")).json() == deployment
    assert (await lab.get("/v1/job/edge/deployment")).json() is None
    assert len((await lab.get("/v1/job/solo/services")).json()) == 1
    versions = (await lab.get("/v1/job/web/versions")).json()["Versions"]
    assert [row["Version"] for row in versions] == [0]


async def test_scaling_is_shown_with_its_events(lab: NomadLab) -> None:
    group = (await lab.get("/v1/job/web/scale")).json()["TaskGroups"]["web"]
    assert (group["Desired"], group["Running"], group["Healthy"], group["Events"]) == (
        6,
        6,
        6,
        None,
    )
    async with lab.client() as client:
        body = {"Count": 7, "Target": {"Group": "web"}, "Message": "one more"}
        await client.post("/v1/job/web/scale", json=body)
    (event,) = (await lab.get("/v1/job/web/scale")).json()["TaskGroups"]["web"]["Events"]
    assert (event["Count"], event["PreviousCount"], event["Message"]) == (7, 6, "one more")
