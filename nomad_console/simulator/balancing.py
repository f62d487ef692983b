"""The scenario's load balancer: groups, rules, and every edge a target, healthy since long."""

import random
from collections.abc import Mapping, Sequence

from nomad_console.simulator.elb.group import Probe
from nomad_console.simulator.elb.model import Answer, Balancer
from nomad_console.simulator.elb.settings import HealthCheck, LoadBalancer, Rule, TargetGroup
from nomad_console.simulator.machines import Place, zones_of
from nomad_console.simulator.pace import Pace
from nomad_console.simulator.scenario import Group, Scenario
from nomad_console.simulator.services import Apps, Machine
from nomad_console.simulator.timeline import Timeline

PROTOCOLS = {"application": "HTTP", "network": "TCP"}  # of a group, by the balancer before it
HOST_VALUES = 5  # condition values of one rule; Elastic Load Balancing quotas


def probe_of(apps: Apps, machines: Mapping[str, Machine]) -> Probe:
    """What a health check meets at an address of the world."""
    by_address = {machine.address: machine for machine in machines.values()}

    def probe(address: str, port: int, path: str) -> Answer:  # noqa: ARG001 — an app has one answer
        machine = by_address.get(address)
        if machine is None or not machine.up:
            return Answer(failure="timeout")
        app = apps.at(address, port)
        return Answer(failure="refused") if app is None else Answer(app.status)

    return probe


def _group(group: Group) -> TargetGroup:
    return TargetGroup(
        group.name,
        group.type,
        group.port,
        protocol=PROTOCOLS[group.behind],
        attributes=group.attributes,
        check=HealthCheck(
            group.path, group.interval, group.timeout, group.healthy, group.unhealthy
        ),
        deregistration_delay=group.delay,
        slow_start=group.slow_start,
        routing_count=group.routing_count,
        cross_zone=group.cross_zone,
    )


def _rules(groups: Sequence[Group]) -> list[Rule]:
    """Hosts of each group's services, at most five a rule; the first group is the default."""
    hosted = (
        (group.name, hosts[first : first + HOST_VALUES])
        for group in groups
        for hosts in [tuple(f"{name}.demo" for name in group.services or (group.name,))]
        for first in range(0, len(hosts), HOST_VALUES)
    )
    rules = [Rule(name, number, hosts) for number, (name, hosts) in enumerate(hosted, start=1)]
    return [*rules, Rule(groups[0].name)]


def _add_balancers(balancer: Balancer, scenario: Scenario) -> None:
    """An application balancer with a rule for each host; a network one with a port a group."""
    settings, zones = scenario.balancer, zones_of(scenario)
    hosted = [group for group in settings.groups if group.behind == "application"]
    if hosted:
        balancer.add_load_balancer(
            LoadBalancer(settings.name, zones, cross_zone=settings.cross_zone)
        )
        balancer.add_listener(settings.name, _rules(hosted))
    plain = [group for group in settings.groups if group.behind == "network"]
    if plain:
        name = f"{settings.name}-nlb"
        cross_zone = settings.cross_zone
        balancer.add_load_balancer(LoadBalancer(name, zones, "network", cross_zone=cross_zone))
        for number, group in enumerate(plain):
            balancer.add_listener(name, [Rule(group.name)], 80 + number, "TCP")


def build_balancer(
    scenario: Scenario,
    timeline: Timeline,
    pace: Pace,
    rng: random.Random,
    probe: Probe,
    places: Sequence[Place],
    age: float = 0.0,
) -> Balancer:
    """Groups of type instance know their targets by instance id, the others by address."""
    settings = scenario.balancer
    balancer = Balancer(timeline, pace, rng, probe, settings.region, age)
    for place in places:
        balancer.add_instance(place.instance_id, place.address, place.zone)
    if not settings.groups:
        return balancer
    for group in settings.groups:
        balancer.add_group(_group(group))
    _add_balancers(balancer, scenario)
    for group in settings.groups:
        first, step = group.shard
        for place in places[first::step]:
            target = place.instance_id if group.type == "instance" else place.address
            balancer.preload(group.name, target)
    return balancer
