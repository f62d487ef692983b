"""The seam inside the world: what implements it, and what it takes for granted."""

from nomad_console.simulator.services import Apps, Check, Registration, ServiceRegistry
from tests.support.stepped_world import SteppedWorld


def test_the_world_s_parts_fit_the_seam() -> None:
    world = SteppedWorld("one-service").world
    registry: ServiceRegistry = world.catalog
    apps: Apps = world.cluster.apps
    web = next(app for app in world.cluster.apps.all() if app.job == "web")
    assert apps.at(web.address, web.ports["http"]) is web
    assert apps.at(web.address, 1) is None
    service = next(iter(world.catalog.instances("web")))
    assert service.registration is not None
    assert registry.passing(service.registration.id)
    registry.deregister(service.registration.id)
    assert not registry.passing(service.registration.id)


def test_an_instance_registered_again_is_replaced() -> None:
    world = SteppedWorld("one-service").world
    check = Check("c", "web", "tcp", "", 2.0, 1.0)
    for port in (21000, 21001):
        world.catalog.register(
            Registration("extra", "extra", "c1", "127.77.1.1", port, checks=(check,))
        )
    assert [each.row["Port"] for each in world.catalog.instances("extra")] == [21001]
    assert not world.catalog.passing("extra")
