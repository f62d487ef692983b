"""ELBv2's and Auto Scaling's answers, as botocore has parsed them."""

from typing import Annotated

import msgspec

from nomad_console.clients.wire import Name, shared
from nomad_console.domain.facts import ScalingInstance
from nomad_console.domain.target import LoadBalancer, Target, TargetGroup, TargetKey

Port = Annotated[int, msgspec.Meta(ge=0, le=65_535)]
Count = Annotated[
    int, msgspec.Meta(ge=0, le=1_000_000)
]  # seconds and thresholds: no group has more


class StateWire(msgspec.Struct, rename="pascal", gc=False, frozen=True):
    """A balancer's state, an override's."""

    code: str = ""
    state: str = ""


class ZoneWire(msgspec.Struct, rename="pascal", gc=False):
    """A zone that a balancer is in."""

    zone_name: str = ""


class LoadBalancerWire(msgspec.Struct, rename="pascal"):
    """LoadBalancer (ELB API reference)."""

    load_balancer_arn: Name
    load_balancer_name: str = ""
    type: str = ""
    state: StateWire = StateWire()
    availability_zones: list[ZoneWire] = []


class TargetGroupWire(msgspec.Struct, rename="pascal"):
    """TargetGroup (ELB API reference)."""

    target_group_arn: Name
    target_group_name: str = ""
    protocol: str = ""
    port: Port = 0
    target_type: str = ""
    load_balancer_arns: list[str] = []
    health_check_path: str = ""
    health_check_interval_seconds: Count = 0
    health_check_timeout_seconds: Count = 0
    healthy_threshold_count: Count = 0
    unhealthy_threshold_count: Count = 0


class AttributeWire(msgspec.Struct, rename="pascal", gc=False):
    """TargetGroupAttribute and LoadBalancerAttribute (ELB API reference)."""

    key: Name
    value: str = ""


class DescriptionWire(msgspec.Struct, rename="pascal", gc=False):
    """TargetDescription (ELB API reference)."""

    id: Name
    port: Port = 0
    availability_zone: str = ""
    quic_server_id: str = ""


class HealthWire(msgspec.Struct, rename="pascal", gc=False, frozen=True):
    """TargetHealth (ELB API reference)."""

    state: str = ""
    reason: str = ""
    description: str = ""


class TargetWire(msgspec.Struct, rename="pascal"):
    """TargetHealthDescription (ELB API reference)."""

    target: DescriptionWire
    target_health: HealthWire = HealthWire()
    administrative_override: StateWire = StateWire()


class InstanceWire(msgspec.Struct, rename="pascal", gc=False):
    """AutoScalingInstanceDetails (Auto Scaling API reference)."""

    instance_id: Name
    auto_scaling_group_name: Name
    lifecycle_state: str = ""
    health_status: str = ""


def load_balancer(wire: LoadBalancerWire) -> LoadBalancer:
    return LoadBalancer(
        arn=wire.load_balancer_arn,
        name=wire.load_balancer_name,
        type=wire.type,
        state=wire.state.code,
        zones=tuple(zone.zone_name for zone in wire.availability_zones),
    )


def target_group(wire: TargetGroupWire) -> TargetGroup:
    return TargetGroup(
        arn=wire.target_group_arn,
        name=wire.target_group_name,
        protocol=wire.protocol,
        port=wire.port,
        target_type=wire.target_type,
        load_balancers=tuple(wire.load_balancer_arns),
        health_path=wire.health_check_path,
        health_interval_s=float(wire.health_check_interval_seconds),
        health_timeout_s=float(wire.health_check_timeout_seconds),
        healthy_threshold=wire.healthy_threshold_count,
        unhealthy_threshold=wire.unhealthy_threshold_count,
    )


def target(group: str, wire: TargetWire) -> Target:
    return Target(
        key=TargetKey(group, shared(wire.target.id), wire.target.port),
        zone=shared(wire.target.availability_zone),
        quic_server_id=wire.target.quic_server_id,
        state=shared(wire.target_health.state),
        reason=shared(wire.target_health.reason),
        description=shared(wire.target_health.description),
        override=shared(wire.administrative_override.state),
    )


def scaling_instance(wire: InstanceWire) -> ScalingInstance:
    return ScalingInstance(
        instance_id=wire.instance_id,
        group=wire.auto_scaling_group_name,
        lifecycle=wire.lifecycle_state,
        health=wire.health_status,
    )
