"""What is configured: balancers, target groups, rules, instances."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from nomad_console.simulator.pace import Pace

ACCOUNT = "123456789012"


@dataclass(frozen=True)
class HealthCheck:
    """Durations in seconds; `port` None is the target's; `matcher` as `200,202` or `200-299`."""

    path: str = "/ping"
    interval: float = 5.0
    timeout: float = 2.0
    healthy: int = 2
    unhealthy: int = 2
    matcher: str = "200"
    port: int | None = None

    def matches(self, status: int) -> bool:
        return _matches(self.matcher, status)


@dataclass(frozen=True)
class TargetGroup:
    """Durations in seconds as configured; `paced` gives those of the running world."""

    name: str
    target_type: str = "instance"  # instance, ip
    port: int = 80
    protocol: str = "HTTP"
    check: HealthCheck = field(default_factory=HealthCheck)
    deregistration_delay: float = 300.0
    slow_start: float = 0.0
    routing_count: int = 1  # fails open below so many healthy targets
    routing_percentage: float = 0.0  # 0: off
    cross_zone: bool | None = None  # None: as the balancer
    attributes: Mapping[str, str] = field(default_factory=dict)  # over the defaults, as served
    tags: Mapping[str, str] = field(default_factory=dict)

    def paced(self, pace: Pace) -> "TargetGroup":
        """Delays are rounded up to a whole second, so that what is served is what is kept."""

        def whole(seconds: float) -> int:
            return math.ceil(pace(seconds))

        attributes = {
            key: str(whole(float(text))) if key.endswith("_seconds") else text
            for key, text in self.attributes.items()
        }
        check = replace(
            self.check, interval=pace(self.check.interval), timeout=pace(self.check.timeout)
        )
        return replace(
            self,
            check=check,
            deregistration_delay=float(whole(self.deregistration_delay)),
            slow_start=float(whole(self.slow_start)),
            attributes=attributes,
        )


@dataclass(frozen=True)
class LoadBalancer:
    """`kind`: application, network."""

    name: str
    zones: tuple[str, ...]
    kind: str = "application"
    cross_zone: bool = True
    attributes: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    """A listener's rule; `priority` None is its default. Weight 0: in use, but no traffic."""

    group: str
    priority: int | None = None
    hosts: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    weight: int = 1


@dataclass
class Listener:
    """Of one balancer."""

    balancer: str
    port: int = 80
    protocol: str = "HTTP"
    rules: list[Rule] = field(default_factory=list)


@dataclass(frozen=True)
class Arns:
    """Names of resources in one region."""

    region: str

    def group(self, name: str) -> str:
        return self._arn(f"targetgroup/{name}/{_suffix(name)}")

    def balancer(self, balancer: LoadBalancer) -> str:
        kind = {"application": "app", "network": "net"}[balancer.kind]
        return self._arn(f"loadbalancer/{kind}/{balancer.name}/{_suffix(balancer.name)}")

    def listener(self, balancer: LoadBalancer, port: int) -> str:
        tail = f"{_suffix(balancer.name)}/{_suffix(f'{balancer.name}:{port}')}"
        kind = {"application": "app", "network": "net"}[balancer.kind]
        return self._arn(f"listener/{kind}/{balancer.name}/{tail}")

    def rule(self, listener: str, place: int) -> str:
        return listener.replace(":listener/", ":listener-rule/") + f"/{_suffix(str(place))}"

    def _arn(self, resource: str) -> str:
        return f"arn:aws:elasticloadbalancing:{self.region}:{ACCOUNT}:{resource}"


@cache
def _matches(matcher: str, status: int) -> bool:
    spans = (part.partition("-") for part in matcher.split(","))
    return any(int(low) <= status <= int(high or low) for low, _, high in spans)


@cache
def _suffix(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:16]
