"""What of the catalog the edges route to."""

import random

from nomad_console.simulator.consul.catalog import Catalog
from nomad_console.simulator.edge.routes import ENABLED, CatalogRoutes
from nomad_console.simulator.pace import Pace
from nomad_console.simulator.services import Check, Registration
from nomad_console.simulator.timeline import Timeline
from tests.support.manual_clock import ManualClock


def catalog() -> Catalog:
    found = Catalog(Timeline(ManualClock()), Pace(), random.Random(1))
    found.add_node("c1", "127.77.1.1")
    return found


def instance(number: int, *tags: str, status: str = "passing") -> Registration:
    check = Check(f"check-{number}", "web", "http", "/", 2.0, 1.0, status)
    return Registration(f"web-{number}", "web", "c1", "127.77.1.1", 20000 + number, tags, (check,))


def test_passing_instances_with_the_tag_and_no_others() -> None:
    source = catalog()
    routes = CatalogRoutes(source)
    assert routes.routed() == {}
    source.register(instance(1, ENABLED))
    source.register(instance(2, ENABLED, status="critical"))
    source.register(instance(3))
    assert routes.routed() == {"web": (("127.77.1.1", 20001),)}
    source.deregister("web-1")
    assert routes.routed() == {}


def test_what_was_handed_out_does_not_change() -> None:
    source = catalog()
    source.register(instance(1, ENABLED))
    routes = CatalogRoutes(source)
    before = routes.routed()
    assert routes.routed() is before
    source.register(instance(2, ENABLED))
    assert len(before["web"]) == 1
    assert len(routes.routed()["web"]) == 2


def test_every_change_is_told() -> None:
    source = catalog()
    routes = CatalogRoutes(source)
    told: list[int] = []
    routes.subscribe(lambda: told.append(1))
    source.register(instance(1, ENABLED))
    source.deregister("web-1")
    assert len(told) == 2
