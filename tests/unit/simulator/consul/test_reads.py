from collections.abc import Callable
from time import perf_counter
from typing import Any

import pytest

from nomad_console.simulator.consul import reads
from nomad_console.simulator.consul.catalog import Catalog
from nomad_console.simulator.consul.reads import Reading, everything
from nomad_console.simulator.consul.sessions import WantedSession
from tests.support.consul_world import ConsulWorld


def body(reading: Reading) -> Any:
    return reading.body(everything)


def a_world() -> ConsulWorld:
    world = ConsulWorld()
    world.serve(1, "c1", tags=("blue",))
    world.serve(2, "c2")
    world.serve(3, "c2", name="api")
    world.step(11)
    return world


def test_the_catalog_by_node_and_by_service() -> None:
    catalog = a_world().catalog
    assert [row["Node"] for row in body(reads.catalog_nodes(catalog))] == ["c1", "c2", "s1"]
    services = body(reads.catalog_services(catalog))
    tag = "traefik.enable=true"
    assert services == {"api": [tag], "consul": [], "web": ["blue", tag]}
    rows = body(reads.catalog_service(catalog, "web", []))
    assert [(row["Node"], row["ServicePort"]) for row in rows] == [("c1", 20001), ("c2", 20002)]
    assert len(body(reads.catalog_service(catalog, "web", ["blue"]))) == 1
    by_id = body(reads.catalog_node(catalog, "c2", listed=False))["Services"]
    listed = body(reads.catalog_node(catalog, "c2", listed=True))["Services"]
    assert list(by_id.values()) == listed
    assert len(listed) == 2


def test_what_is_unknown_is_empty_in_the_form_recorded() -> None:
    catalog = a_world().catalog
    unknown = reads.catalog_node(catalog, "nope", listed=False)
    assert (body(unknown), unknown.index()) == (None, 1)
    nothing = {"Node": None, "Services": None}
    assert body(reads.catalog_node(catalog, "nope", listed=True)) == nothing
    assert body(reads.health_node(catalog, "nope")) == []
    assert body(reads.health_service(catalog, "nope", [], passing=False)) == []
    assert body(reads.ui_nodes(catalog, "nope")) is None


def test_health_of_a_service_is_with_its_node_and_every_check() -> None:
    world = a_world()
    world.network.apps["10.77.0.101", 20_001].status = 500
    world.step(10)
    everywhere = body(reads.health_service(world.catalog, "web", [], passing=False))
    assert [row["Checks"][0]["CheckID"] for row in everywhere] == ["serfHealth", "serfHealth"]
    assert [row["Checks"][1]["Status"] for row in everywhere] == ["critical", "passing"]
    passing = body(reads.health_service(world.catalog, "web", [], passing=True))
    assert [row["Node"]["Node"] for row in passing] == ["c2"]
    critical = body(reads.health_state(world.catalog, "critical"))
    assert [row["ServiceID"] for row in critical] == ["_nomad-task-1-group-web-web-http"]
    assert len(body(reads.health_state(world.catalog, "any"))) == 6
    assert len(body(reads.health_checks(world.catalog, "web"))) == 2
    assert [row["CheckID"] for row in body(reads.health_node(world.catalog, "c1"))] == [
        "_nomad-check-1",
        "serfHealth",
    ]


def test_the_ui_sums_up_again_only_what_changed() -> None:
    world = a_world()
    services = reads.UiServices(world.catalog)
    first = {row["Name"]: row for row in body(services.reading())}
    assert first["web"]["ChecksPassing"] == 4
    world.network.apps["10.77.0.102", 20_003].status = 500
    world.step(10)
    second = {row["Name"]: row for row in body(services.reading())}
    assert second["api"]["ChecksCritical"] == 1
    assert second["web"] is first["web"]
    world.catalog.machine_down("c2")
    world.step(11)
    third = {row["Name"]: row for row in body(services.reading())}
    assert (third["web"]["ChecksPassing"], third["web"]["ChecksCritical"]) == (3, 1)
    only_c1 = services.reading().body(lambda row: bool(row["Node"]["Node"] == "c1"))
    assert [(row["Name"], row["InstanceCount"]) for row in only_c1] == [("web", 1)]


def test_sessions_are_listed_by_node_and_alone() -> None:
    world = ConsulWorld()
    session_id = world.sessions.create(WantedSession(name="n"), "s1")
    assert body(reads.session_list(world.sessions))[0]["LockDelay"] == 15_000_000_000
    assert body(reads.session_list(world.sessions, "c1")) == []
    assert body(reads.session_info(world.sessions, session_id))[0]["ID"] == session_id
    assert body(reads.session_info(world.sessions, "0" * 36)) == []


@pytest.mark.parametrize(
    ("reading", "moved"),
    [
        (reads.catalog_nodes, False),
        (reads.catalog_services, False),
        (lambda catalog: reads.health_state(catalog, "any"), True),
        (lambda catalog: reads.health_node(catalog, "c1"), True),
        (reads.ui_nodes, True),
    ],
)
def test_a_check_moves_the_index_of_checks_alone(
    reading: Callable[[Catalog], Reading], *, moved: bool
) -> None:
    world = a_world()
    before = reading(world.catalog).index()
    world.network.apps["10.77.0.101", 20_001].status = 500
    world.step(10)
    assert (reading(world.catalog).index() > before) is moved


def test_a_node_is_read_quickly_among_very_many_checks() -> None:
    world = ConsulWorld()
    for number in range(20_000):
        world.serve(
            number, "c1" if number % 100 else "c2", f"s{number % 50}", initial_status="passing"
        )
    start = perf_counter()
    assert len(body(reads.health_node(world.catalog, "c2"))) == 201
    assert perf_counter() - start < 0.02
