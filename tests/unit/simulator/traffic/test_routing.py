"""Hosts, groups and targets as one request meets them."""

from nomad_console.simulator.scenario import load
from nomad_console.simulator.traffic.front_door import Target
from nomad_console.simulator.traffic.routing import Routing
from tests.support.stepped_world import SteppedWorld


def test_hosts_lead_to_their_group_all_others_to_the_first() -> None:
    world = SteppedWorld().world
    routing = Routing(world.balancer, load("article").balancer.groups)
    assert routing.group_of("web") == "web-public"
    assert routing.group_of("api") == "api-int"
    assert routing.group_of("favicon.ico") == "web-public"


def test_every_target_has_its_turn() -> None:
    world = SteppedWorld().world
    routing = Routing(world.balancer, load("article").balancer.groups)
    chosen = {routing.choose("api-int") for _ in range(60)}
    assert chosen == {Target("api-int", place.address, 80) for place in world.places}
