"""The load balancers of one account and region: who is registered, and who gets a request."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from nomad_console.simulator.elb.errors import AwsRefused, group_not_found
from nomad_console.simulator.elb.group import Group, Probe, World, by_zone
from nomad_console.simulator.elb.network import Instance, Network, Place
from nomad_console.simulator.elb.settings import (
    Arns,
    Listener,
    LoadBalancer,
    Rule,
    TargetGroup,
)
from nomad_console.simulator.elb.targets import (
    NOT_IN_USE,
    NOT_REGISTERED,
    REGISTERING,
    STOPPED,
    ZONE_NOT_ENABLED,
    Answer,
    Health,
    Key,
    Registered,
    Shown,
    Target,
)
from nomad_console.simulator.pace import Pace
from nomad_console.simulator.rounds import Rounds
from nomad_console.simulator.timeline import Timeline

__all__ = ["Answer", "Balancer", "Target", "TargetHealth", "Wanted"]

MOST_TARGETS = 1000  # of one group (Elastic Load Balancing quotas)


class Wanted(NamedTuple):
    """A target as a caller names it; `port` None is the group's."""

    id: str
    port: int | None = None
    zone: str = ""


@dataclass(frozen=True)
class TargetHealth:
    """One line of DescribeTargetHealth; `zone` only where AWS lists one."""

    key: Key
    check_port: int
    health: Health
    zone: str
    shifted: bool


class Balancer:
    """Groups by name. `shifted`: zones taken out of service by a zonal shift.

    First the balancers and groups are added, then the listeners that bring them together.
    """

    def __init__(
        self,
        timeline: Timeline,
        pace: Pace,
        rng: random.Random,
        probe: Probe,
        region: str = "eu-west-1",
        age: float = 0.0,  # seconds since its balancers were made
    ) -> None:
        self.arns = Arns(region)
        self.groups: dict[str, Group] = {}
        self.balancers: dict[str, LoadBalancer] = {}
        self.listeners: list[Listener] = []
        self.network = Network()
        self.created = timeline.now() - timedelta(seconds=age)
        self.shifted: set[str] = set()
        self._timeline = timeline
        self._pace = pace
        self._rng = rng
        self._turns: Counter[str] = Counter()
        self._serving: dict[str, LoadBalancer] = {}
        self._world = World(timeline, pace, rng, Rounds(timeline, rng), probe)

    def add_load_balancer(self, balancer: LoadBalancer) -> None:
        self.balancers[balancer.name] = balancer

    def add_listener(
        self, balancer: str, rules: list[Rule], port: int = 80, protocol: str = "HTTP"
    ) -> None:
        """Rules in order of priority, the default last; their groups must be known."""
        self.listeners.append(Listener(balancer, port, protocol, rules))
        for rule in rules:
            self.groups[rule.group].kind = self.balancers[balancer].kind
            self._serving[rule.group] = self.balancers[balancer]

    def add_group(self, settings: TargetGroup) -> Group:
        group = Group(settings.paced(self._pace), self._world, self._checked(settings.name))
        self.groups[settings.name] = group
        return group

    def add_instance(self, instance_id: str, address: str, zone: str) -> None:
        self.network.add(Instance(instance_id, address, zone))

    def set_instance_state(self, instance_id: str, state: str) -> None:
        """running, stopped or terminated; an instance that runs again begins as `initial`."""
        again = self.network.stopped(instance_id) and state == "running"
        self.network.turn(instance_id, state)
        if not again:
            return
        for group in self.groups.values():
            for target in group.members():
                if target.key.id == instance_id:
                    group.restart(target)

    def on_drained(self, callback: Callable[[Target], None]) -> None:
        """A target's delay is over: what is in flight there is cut (502)."""
        for group in self.groups.values():
            group.on_drained(callback)

    def group(self, name: str) -> Group:
        if name not in self.groups:
            raise group_not_found()
        return self.groups[name]

    def register(self, name: str, wanted: Sequence[Wanted]) -> None:
        """All of them or, AwsRefused, none. What is registered already stays as it is."""
        group = self.group(name)
        places = [
            (self._key(group, each), self._place(group, each.id, each.zone)) for each in wanted
        ]
        new = {key for key, _ in places} - {target.key for target in group.members()}
        if len(group.members()) + len(new) > MOST_TARGETS:
            raise AwsRefused("TooManyTargets", "The maximum number of targets has been reached")
        group.refuse_draining(new)
        for key, place in places:
            group.register(key, place)

    def preload(self, name: str, target_id: str, port: int | None = None) -> None:
        """Registered long ago and healthy."""
        group, wanted = self.groups[name], Wanted(target_id, port)
        group.register(self._key(group, wanted), self._place(group, target_id, ""), settled=True)

    def deregister(self, name: str, wanted: Sequence[Wanted]) -> None:
        """Nothing happens for what is not registered under exactly this id and port."""
        group = self.group(name)
        for each in wanted:
            group.deregister(self._key(group, each))

    def health(self, name: str, asked: Sequence[Wanted] = ()) -> list[TargetHealth]:
        """All that are listed or, where some are asked for, those, unregistered ones too."""
        group = self.group(name)
        shown = group.shown()
        keys = [self._key(group, each) for each in asked] if asked else list(shown)
        return [self._described(group, key, shown.get(key, NOT_REGISTERED)) for key in keys]

    def balancer_of(self, name: str) -> LoadBalancer | None:
        """The balancer with a rule for the group."""
        return self._serving.get(name)

    def route(self, name: str) -> Target | None:
        """Where the next request of the group goes; None: 503.

        Without cross-zone balancing a request stays in the zone it came in by, and a zone without
        targets answers 503 (ELB user guide, disable cross-zone).
        """
        group, balancer = self.groups[name], self.balancer_of(name)
        if balancer is None:
            return None
        zone = self._entered(group, balancer)
        zones, stopped = balancer.zones, self.network.stopped
        usable = [
            target
            for target in by_zone(group.members(), zone)
            if target.zone in zones and not stopped(target.key.id)
        ]
        chosen = [target for target in usable if target.health.state == Shown.HEALTHY]
        if group.too_few(len(chosen), len(usable)):
            chosen = [target for target in usable if target.health != REGISTERING]
        chosen += by_zone(group.still_sent(), zone)
        if self.shifted:
            chosen = [target for target in chosen if target.zone not in self.shifted]
        return group.target(self._pick(group, chosen)) if chosen else None

    def _pick(self, group: Group, chosen: list[Registered]) -> Registered:
        """In turn, or by share while one of them is in slow start.

        Slow start needs a target that is beyond it (ELB user guide, target group attributes).
        """
        length = group.settings.slow_start
        now = self._timeline.elapsed()
        ages = [now - target.healthy_since for target in chosen]
        if length and min(ages) < length <= max(ages):
            shares = [min(1.0, max(0.01, age / length)) for age in ages]
            return self._rng.choices(chosen, shares)[0]
        name = group.settings.name
        self._turns[name] += 1
        return chosen[self._turns[name] % len(chosen)]

    def _entered(self, group: Group, balancer: LoadBalancer) -> str | None:
        """The zone a request came in by; None where that does not matter."""
        own = group.settings.cross_zone
        if balancer.cross_zone if own is None else own:
            return None
        zones = [zone for zone in balancer.zones if zone not in self.shifted]
        return self._rng.choice(zones) if zones else None

    def _checked(self, name: str) -> Callable[[Registered], bool]:
        return lambda target: self._unusable(self.groups[name], target) is None

    def _unusable(self, group: Group, target: Registered) -> Health | None:
        balancer = self.balancer_of(group.settings.name)
        if balancer is None:
            return NOT_IN_USE
        if target.zone not in balancer.zones:
            return ZONE_NOT_ENABLED
        return STOPPED if self.network.stopped(target.key.id) else None

    def _described(self, group: Group, key: Key, health: Health) -> TargetHealth:
        target = group.targets.get(key)
        if target is not None and not target.draining and health.state != Shown.UNUSED:
            health = self._unusable(group, target) or health
        zone = target.zone if target and group.settings.target_type == "ip" else ""
        port = group.settings.check.port or key.port
        shifted = target is not None and target.zone in self.shifted
        return TargetHealth(key, port, health, zone, shifted)

    @staticmethod
    def _key(group: Group, wanted: Wanted) -> Key:
        return Key(wanted.id, group.settings.port if wanted.port is None else wanted.port)

    def _place(self, group: Group, target_id: str, zone: str) -> Place:
        if group.settings.target_type == "instance":
            return self.network.instance(target_id, zone)
        balancer = self.balancer_of(group.settings.name)
        return self.network.address(target_id, zone, balancer.zones[0] if balancer else "")
