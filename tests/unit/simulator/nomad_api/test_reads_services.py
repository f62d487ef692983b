import pytest

from tests.support.nomad_http import NomadLab


@pytest.fixture(scope="module")
def lab() -> NomadLab:
    return NomadLab()


async def test_nomads_own_services_are_listed(lab: NomadLab) -> None:
    assert (await lab.get("/v1/services", namespace="*")).json() == [
        {"Namespace": "default", "Services": [{"ServiceName": "solo", "Tags": []}]}
    ]
    (instance,) = (await lab.get("/v1/service/solo")).json()
    assert instance["AllocID"] == lab.allocations("solo")[0]["ID"]
    assert (await lab.get("/v1/service/nope")).json() == []
