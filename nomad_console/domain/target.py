"""Load balancers, target groups and the health of their targets (ELBv2)."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

import msgspec


class TargetState(StrEnum):
    INITIAL = "initial"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    UNHEALTHY_DRAINING = "unhealthy.draining"
    UNUSED = "unused"
    DRAINING = "draining"
    UNAVAILABLE = "unavailable"


class TargetKey(NamedTuple):
    """The identity of a target: a group may hold one id several times, with different ports."""

    group: str  # ARN
    id: str  # instance id, address or ARN
    port: int


class Target(msgspec.Struct, frozen=True):
    """One target as listed; zone and QUIC id go back as found when it is registered again."""

    key: TargetKey
    zone: str
    quic_server_id: str
    state: str
    reason: str
    description: str
    override: str  # AdministrativeOverride.State, "" where absent

    @property
    def serving(self) -> bool:
        """Gets new traffic: healthy, and no zonal shift is keeping it away."""
        return self.state == TargetState.HEALTHY and not (self.override and self.shifted)

    @property
    def shifted(self) -> bool:
        """A zonal shift keeps new traffic from it, whatever its health."""
        return self.override.startswith("zonal_shift")


class LoadBalancer(msgspec.Struct, frozen=True):
    """`type` application, network or gateway; `state` active, provisioning, …"""

    arn: str
    name: str
    type: str
    state: str
    zones: tuple[str, ...]


class TargetGroup(msgspec.Struct, frozen=True):
    """`attributes` None: not read yet. Intervals in seconds."""

    arn: str
    name: str
    protocol: str
    port: int
    target_type: str  # instance, ip, lambda, alb
    load_balancers: tuple[str, ...]
    health_path: str
    health_interval_s: float
    health_timeout_s: float
    healthy_threshold: int
    unhealthy_threshold: int
    attributes: Mapping[str, str] | None = None

    @property
    def deregistration_delay_s(self) -> float | None:
        return self._seconds("deregistration_delay.timeout_seconds", 300.0)

    @property
    def slow_start_s(self) -> float | None:
        return self._seconds("slow_start.duration_seconds", 0.0)

    @property
    def network(self) -> bool:
        """Of a network or gateway load balancer, which let go much later than an ALB."""
        return self.protocol not in {"HTTP", "HTTPS"}

    def _seconds(self, key: str, default: float) -> float | None:
        if self.attributes is None:
            return None
        try:
            return float(self.attributes.get(key, default))
        except ValueError:
            return default


class Ties(msgspec.Struct, frozen=True):
    """`ambiguous` targets answer to several nodes; `untied` nodes have no detail read yet."""

    targets_of: Mapping[str, tuple[TargetKey, ...]] = {}
    node_of: Mapping[TargetKey, str] = {}
    ambiguous: Mapping[TargetKey, tuple[str, ...]] = {}
    untied: frozenset[str] = frozenset()
