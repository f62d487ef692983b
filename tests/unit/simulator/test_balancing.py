"""The scenario's balancer as AWS would list it."""

from nomad_console.simulator.balancing import probe_of
from nomad_console.simulator.elb.model import Answer
from nomad_console.simulator.elb.settings import Rule
from tests.support.stepped_world import SteppedWorld


def test_groups_know_their_targets_by_their_type() -> None:
    world = SteppedWorld().world
    web = [target.key for target in world.balancer.health("web-public")]
    assert web == [(place.instance_id, 80) for place in world.places]
    api = [target.key for target in world.balancer.health("api-int")]
    assert api == [(place.address, 80) for place in world.places]


def test_rules_name_hosts_and_end_with_the_default() -> None:
    rules = SteppedWorld().world.balancer.listeners[0].rules
    assert [(rule.group, rule.priority, rule.hosts) for rule in rules] == [
        ("web-public", 1, ("web.demo", "legacy.demo", "solo.demo")),
        ("api-int", 2, ("api.demo", "search.demo", "slowstop.demo")),
        ("web-public", None, ()),
    ]


def test_a_network_balancer_has_a_port_for_each_group() -> None:
    balancer = SteppedWorld("network-balancer", speed=10).world.balancer
    kinds = {name: found.kind for name, found in balancer.balancers.items()}
    assert kinds == {"demo": "application", "demo-nlb": "network"}
    (hosted, plain) = balancer.listeners
    assert [rule.group for rule in hosted.rules] == ["web-public", "web-public"]
    assert (plain.protocol, plain.port, plain.rules) == ("TCP", 80, [Rule("api-int")])
    group = balancer.groups["api-int"]
    assert (group.kind, group.settings.deregistration_delay) == ("network", 18)
    interval = group.settings.attributes["target_health_state.unhealthy.draining_interval_seconds"]
    assert interval == "6"


def test_the_speed_divides_intervals_and_delays() -> None:
    settings = SteppedWorld(speed=10).world.balancer.groups["web-public"].settings
    assert settings.check.interval == 0.5
    assert settings.deregistration_delay == 3


def test_a_health_check_meets_what_a_request_would() -> None:
    world = SteppedWorld().world
    machine = world.cluster.machines["c1"]
    probe = probe_of(world.cluster.apps, world.cluster.machines)
    assert probe(machine.address, 80, "/ping") == Answer(200)
    assert probe(machine.address, 81, "/ping") == Answer(failure="refused")
    world.cluster.break_job("default", "edge")
    assert probe(machine.address, 80, "/ping") == Answer(500)
    machine.up = False
    assert probe(machine.address, 80, "/ping") == Answer(failure="timeout")
    assert probe("10.9.9.9", 80, "/ping") == Answer(failure="timeout")
