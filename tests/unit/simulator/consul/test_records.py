from typing import Any

import msgspec
import pytest

from nomad_console.simulator.consul import reads
from tests.support.consul_world import ConsulWorld
from tests.support.recorded import recorded_body


def has_shape(answer: Any, recorded: Any) -> bool:
    """Whether every recorded key is there with its type; of a list the first element counts."""
    if isinstance(recorded, dict):
        return isinstance(answer, dict) and all(
            key in answer and has_shape(answer[key], inner) for key, inner in recorded.items()
        )
    if isinstance(recorded, list):
        return isinstance(answer, list) and all(map(has_shape, answer[:1], recorded[:1]))
    return type(answer) is type(recorded)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("health-service", "health/service/web"),
        ("health-node", "health/node/c1"),
        ("catalog-node-services", "catalog/node-services/c1"),
        ("catalog-node-services-unknown", "catalog/node-services/nope"),
        ("health-service-unknown", "health/service/nope"),
    ],
)
async def test_an_answer_has_the_keys_and_types_of_the_recording(name: str, path: str) -> None:
    world = ConsulWorld()
    world.serve(tags=("traefik.enable=true",))
    async with world.http() as http:
        answer = (await http.get(path)).json()
    assert has_shape(answer, recorded_body(f"consul/{name}.json"))


async def test_the_services_of_the_ui_look_as_recorded() -> None:
    world = ConsulWorld()
    world.serve(1)
    world.serve(2, "c2")
    world.step(11)
    async with world.http() as http:
        answer = (await http.get("internal/ui/services")).json()
    recorded = {row["Name"]: row for row in recorded_body("consul/internal-ui-services.json")}
    assert answer[0] == recorded["consul"]
    expected = recorded["web"] | {"Nodes": ["c1", "c2"], "InstanceCount": 2, "ChecksPassing": 4}
    assert answer[1] == expected


def test_rows_are_json_as_they_are() -> None:
    world = ConsulWorld()
    world.serve()
    body = reads.ui_nodes(world.catalog).body(reads.everything)
    assert msgspec.json.decode(msgspec.json.encode(body)) == body
    assert body[0]["Checks"][-1]["ServiceTags"] is None
