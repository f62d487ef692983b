"""A target group in time: registration, checks, draining, and what the API shows of it."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import inf

from nomad_console.simulator.elb.errors import invalid_target
from nomad_console.simulator.elb.network import Place
from nomad_console.simulator.elb.settings import TargetGroup
from nomad_console.simulator.elb.targets import (
    CHECKING,
    DRAINING,
    FAILED,
    HEALTHY,
    REGISTERING,
    TIMED_OUT,
    UNHEALTHY_DRAINING,
    Answer,
    Health,
    Key,
    Registered,
    Shown,
    Target,
    mismatch,
)
from nomad_console.simulator.pace import Pace
from nomad_console.simulator.rounds import Rounds
from nomad_console.simulator.timeline import Timeline

Probe = Callable[[str, int, str], Answer]
# names of attributes, or of their ends: see TargetGroupAttribute in the API reference
CUT = "connection_termination.enabled"
TERMINATION = f"deregistration_delay.{CUT}"
UNHEALTHY = "target_health_state.unhealthy"
LAG = (0.0, 2.0)  # seconds until a write shows: what is read just after it may be old


@dataclass(frozen=True)
class Propagation:
    """How long the balancer's own machines take, in seconds."""

    register: tuple[float, float]
    deregister: tuple[float, float]


# No page gives these. Application: users saw about 10 s until the first check, and requests for up
# to 17 s after deregistration (aws-load-balancer-controller #1719, #2366). Network: "a few minutes"
# by the user guide, 180 s by AWS support (#1834); 120 s is the delay the guide asks for.
PROPAGATION = {
    "application": Propagation((3.0, 10.0), (5.0, 20.0)),
    "network": Propagation((180.0, 180.0), (60.0, 120.0)),
}


@dataclass(frozen=True)
class World:
    """What every group needs of its surroundings."""

    timeline: Timeline
    pace: Pace
    rng: random.Random
    rounds: Rounds
    probe: Probe

    def between(self, seconds: tuple[float, float]) -> float:
        return self.pace(self.rng.uniform(*seconds))


class Group:
    """`settings` are those of the running world; `checked` says whether a target is checked now.

    `ip_rejoin`: a draining ip registered again is refused, or 200 and left draining (`ignore`);
    AWS does not say which.
    """

    def __init__(
        self, settings: TargetGroup, world: World, checked: Callable[[Registered], bool]
    ) -> None:
        self.settings = settings
        self.kind = "application"
        self.targets: dict[Key, Registered] = {}
        self.ip_rejoin = "refuse"
        self._leaving: list[Registered] = []
        self._world = world
        self._checked = checked
        self._drained: list[Callable[[Target], None]] = []

    def on_drained(self, callback: Callable[[Target], None]) -> None:
        """The delay is over: requests in flight at the target are cut."""
        self._drained.append(callback)

    def refuse_draining(self, keys: Iterable[Key]) -> None:
        """InvalidTarget where one of them is an ip that may not come back yet."""
        if self.settings.target_type != "ip" or self.ip_rejoin != "refuse":
            return
        for key in keys:
            if key in self.targets and self.targets[key].draining:
                raise invalid_target(
                    f"The target '{key.id}:{key.port}' is still being deregistered"
                )

    def register(self, key: Key, place: Place, *, settled: bool = False) -> None:
        """Known and not draining: nothing. `settled`: healthy since long."""
        old = self.targets.get(key)
        if old is not None and (not old.draining or self.settings.target_type == "ip"):
            return
        target = Registered(key, place.address, place.zone)
        if old is not None:
            old.cancel()
            target.history = old.history
        self.targets[key] = target
        if settled:
            self._turn(target, HEALTHY)
            target.healthy_since = -inf
            self._begin_checks(target)
            return
        target.show(self._now() + self._world.between(LAG), REGISTERING)
        propagation = self._world.between(PROPAGATION[self.kind].register)
        self._after(target, propagation, lambda: self._propagated(target))

    def deregister(self, key: Key) -> None:
        """Unknown or draining already: nothing.

        It reads `draining` until the delay is over, even with nothing in flight; new requests end
        only when all of the balancer's machines know (ELB user guide, target group attributes;
        users saw 17 s).
        """
        target = self.targets.get(key)
        if target is None or target.draining:
            return
        target.cancel()
        if target.health.state == Shown.HEALTHY or self.fails_open():
            tail = self._world.between(PROPAGATION[self.kind].deregister)
            target.sent_until = self._now() + tail
        target.draining = True
        target.health = DRAINING
        target.show(self._now() + self._world.between(LAG), DRAINING)
        self._after(target, self.settings.deregistration_delay, lambda: self._finish(target))

    def restart(self, target: Registered) -> None:
        """Its instance runs again: as newly registered."""
        target.cancel()
        target.passed = target.failed = 0
        self._turn(target, CHECKING)
        self._begin_checks(target)

    def shown(self) -> dict[Key, Health]:
        """Every target the API lists."""
        now = self._now()
        listed = {}
        for target in (*self.left(), *self.targets.values()):
            if health := target.shown(now):
                listed[target.key] = health
        return listed

    def members(self) -> list[Registered]:
        """Registered and not draining."""
        return [target for target in self.targets.values() if not target.draining]

    def fails_open(self) -> bool:
        """Whether requests go to all of its members, healthy or not."""
        members = self.members()
        healthy = sum(target.health.state == Shown.HEALTHY for target in members)
        return self.too_few(healthy, len(members))

    def too_few(self, healthy: int, registered: int) -> bool:
        """Fewer healthy ones than the group's minimum.

        Percentages count what is registered (ELB user guide, target group health).
        """
        share = registered * self.settings.routing_percentage / 100
        return healthy < max(self.settings.routing_count, share)

    def still_sent(self) -> list[Registered]:
        """Deregistered, but not all of the balancer's machines know yet."""
        now = self._now()
        draining = [target for target in self.targets.values() if target.draining]
        return [target for target in (*draining, *self.left()) if target.sent_until > now]

    def left(self) -> list[Registered]:
        """Gone, but still shown or still sent to."""
        now = self._now()
        self._leaving = [
            target
            for target in self._leaving
            if target.sent_until > now or target.shown(now) is not None
        ]
        return self._leaving

    def target(self, registered: Registered) -> Target:
        key = registered.key
        return Target(self.settings.name, key.id, key.port, registered.address, registered.zone)

    def _propagated(self, target: Registered) -> None:
        self._turn(target, CHECKING)
        self._begin_checks(target)

    def _begin_checks(self, target: Registered) -> None:
        end = self._world.rounds.add(self.settings.check.interval, lambda: self._check(target))
        target.ends.append(end)

    def _check(self, target: Registered) -> None:
        if not self._checked(target):
            return
        check = self.settings.check
        answer = self._world.probe(target.address, check.port or target.key.port, check.path)
        if answer.failure == "timeout":
            self._after(target, check.timeout, lambda: self._judge(target, answer))
        else:
            self._judge(target, answer)

    def _judge(self, target: Registered, answer: Answer) -> None:
        """One passed check ends `initial`; the healthy threshold counts on the way back only."""
        if target.draining:
            return
        check = self.settings.check
        initial = target.health.state == Shown.INITIAL
        if not answer.failure and check.matches(answer.status):
            target.passed, target.failed = target.passed + 1, 0
            if target.health.state != Shown.HEALTHY and (initial or target.passed >= check.healthy):
                self._turn(target, HEALTHY)
            return
        target.passed, target.failed = 0, target.failed + 1
        if target.failed >= check.unhealthy and target.health != UNHEALTHY_DRAINING:
            self._fail(target, self._reason(answer))

    def _fail(self, target: Registered, reason: Health) -> None:
        """A network balancer may let an unhealthy target's connections live on for a while."""
        seconds = _kept_unhealthy(self.kind, self.settings)
        if not seconds or target.health.state == Shown.UNHEALTHY:
            self._turn(target, reason)
            return

        def over() -> None:
            if target.health == UNHEALTHY_DRAINING:
                self._turn(target, reason)

        self._turn(target, UNHEALTHY_DRAINING)
        self._after(target, seconds, over)

    def _reason(self, answer: Answer) -> Health:
        """A network balancer never says more than that the checks failed."""
        if self.kind == "network" or answer.failure == "refused":
            return FAILED
        return TIMED_OUT if answer.failure else mismatch(answer.status)

    def _turn(self, target: Registered, health: Health) -> None:
        if health == target.health and target.history:
            return
        if health == HEALTHY:
            target.healthy_since = self._now()
        target.health = health
        target.show(self._now(), health)

    def _finish(self, target: Registered) -> None:
        del self.targets[target.key]
        target.show(self._now(), None)
        self._leaving.append(target)
        if _cuts(self.kind, self.settings):
            for callback in self._drained:
                callback(self.target(target))

    def _after(self, target: Registered, seconds: float, callback: Callable[[], None]) -> None:
        timer = self._world.timeline.after(seconds, callback)
        target.ends.append(timer.cancel)

    def _now(self) -> float:
        return self._world.timeline.elapsed()


def by_zone(targets: list[Registered], zone: str | None) -> list[Registered]:
    """Those of the zone; of all zones where it is None."""
    return targets if zone is None else [target for target in targets if target.zone == zone]


def _cuts(kind: str, settings: TargetGroup) -> bool:
    """A network balancer lets flows live on past the delay unless told otherwise."""
    return kind != "network" or settings.attributes.get(TERMINATION) == "true"


def _kept_unhealthy(kind: str, settings: TargetGroup) -> float:
    """Seconds for which a target that has become unhealthy keeps its connections."""
    told = settings.attributes
    if kind != "network" or told.get(f"{UNHEALTHY}.{CUT}") != "false":
        return 0.0
    return float(told.get(f"{UNHEALTHY}.draining_interval_seconds", 0))
