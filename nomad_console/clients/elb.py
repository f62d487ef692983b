"""ELBv2 over boto3, in worker threads."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from nomad_console.clients.aws_calls import AwsCalls, Shape
from nomad_console.clients.errors import Refused
from nomad_console.clients.threads import Threads
from nomad_console.domain.target import LoadBalancer, Target, TargetGroup, TargetKey
from nomad_console.settings.values import AwsSettings

_CROSS_ZONE = "load_balancing.cross_zone.enabled"
_AS_BALANCER = "use_load_balancer_configuration"


class Elb:
    """Load balancers, groups and targets of one account and region. Methods raise ApiError.

    One attempt a call: whoever paces the calls decides about the next one.
    """

    def __init__(self, settings: AwsSettings, threads: Threads, *, read_only: bool) -> None:
        self._aws = AwsCalls(settings, read_only=read_only)
        self.guard = self._aws.guard
        self._settings = settings
        self._threads = threads
        self._balancers: dict[str, str] = {}  # group -> its balancer, as listed last
        self._crossing: dict[str, str] = {}  # balancer -> its word about crossing zones

    async def load_balancers(self) -> tuple[LoadBalancer, ...]:
        return await self._threads.call(self._load_balancers)

    async def target_groups(self) -> tuple[TargetGroup, ...]:
        """All pages; only those that the settings name, where they name any."""
        return await self._threads.call(self._target_groups)

    async def attributes(self, arn: str) -> Mapping[str, str]:
        """A group's attributes by their key; unknown keys come.

        Whether it crosses zones is its balancer's word where it has none of its own and that may
        be read.
        """
        return await self._threads.call(self._attributes, arn)

    async def targets(self, arn: str) -> tuple[Target, ...]:
        """The whole listing of a group: what is not in it is not registered."""
        return await self._threads.call(self._targets, arn)

    async def register(self, key: TargetKey, zone: str, quic: str) -> None:
        """Exactly the tuple that was listed: without its port AWS answers 200 and does nothing."""
        await self._threads.write(self._register, key, zone, quic)

    async def deregister(self, key: TargetKey) -> None:
        await self._threads.write(self._deregister, key)

    async def identity(self) -> str:
        """The ARN that AWS knows the caller by."""
        return await self._threads.call(self._identity)

    def library(self, service: str = "elbv2") -> Any:
        """boto3's own client, behind the same guard."""
        return self._aws.library(service)

    def _load_balancers(self) -> tuple[LoadBalancer, ...]:
        found = self._pages("describe_load_balancers", "LoadBalancers")
        return tuple(_load_balancer(one) for one in found)

    def _target_groups(self) -> tuple[TargetGroup, ...]:
        wanted = set(self._settings.target_groups)
        groups = [_group(one) for one in self._pages("describe_target_groups", "TargetGroups")]
        self._balancers = {one.arn: one.load_balancers[0] for one in groups if one.load_balancers}
        self._crossing = {}
        return tuple(
            group for group in groups if not wanted or group.name in wanted or group.arn in wanted
        )

    def _attributes(self, arn: str) -> Mapping[str, str]:
        found = self._call("describe_target_group_attributes", TargetGroupArn=arn)
        attributes = _attributes(found)
        balancer = self._balancers.get(arn)
        if attributes.get(_CROSS_ZONE) == _AS_BALANCER and balancer:
            attributes[_CROSS_ZONE] = self._crosses(balancer)
        return attributes

    def _crosses(self, balancer: str) -> str:
        if balancer not in self._crossing:
            try:
                found = self._call("describe_load_balancer_attributes", LoadBalancerArn=balancer)
            except Refused:  # the group's own word is then taken at its most careful
                self._crossing[balancer] = _AS_BALANCER
            else:
                self._crossing[balancer] = _attributes(found).get(_CROSS_ZONE, _AS_BALANCER)
        return self._crossing[balancer]

    def _targets(self, arn: str) -> tuple[Target, ...]:
        found = self._call("describe_target_health", TargetGroupArn=arn)
        return tuple(_target(arn, one) for one in found.get("TargetHealthDescriptions") or ())

    def _register(self, key: TargetKey, zone: str, quic: str) -> None:
        target: Shape = {"Id": key.id, "Port": key.port}
        extra = {"AvailabilityZone": zone, "QuicServerId": quic}
        target |= {name: text for name, text in extra.items() if text}
        self._call("register_targets", TargetGroupArn=key.group, Targets=[target])

    def _deregister(self, key: TargetKey) -> None:
        target = {"Id": key.id, "Port": key.port}
        self._call("deregister_targets", TargetGroupArn=key.group, Targets=[target])

    def _identity(self) -> str:
        return str(self._aws.call("sts", "get_caller_identity").get("Arn", ""))

    def _pages(self, method: str, key: str) -> Iterator[Shape]:
        marker: Shape = {}
        while True:
            page = self._call(method, PageSize=400, **marker)
            yield from page.get(key) or ()
            if not page.get("NextMarker"):
                return
            marker = {"Marker": page["NextMarker"]}

    def _call(self, method: str, **params: Any) -> Shape:
        return self._aws.call("elbv2", method, **params)


def _attributes(shape: Shape) -> dict[str, str]:
    return {one["Key"]: one.get("Value", "") for one in shape.get("Attributes") or ()}


def _load_balancer(shape: Shape) -> LoadBalancer:
    return LoadBalancer(
        arn=shape["LoadBalancerArn"],
        name=shape.get("LoadBalancerName", ""),
        type=shape.get("Type", ""),
        state=shape.get("State", {}).get("Code", ""),
        zones=tuple(_texts(shape.get("AvailabilityZones"), "ZoneName")),
    )


def _group(shape: Shape) -> TargetGroup:
    return TargetGroup(
        arn=shape["TargetGroupArn"],
        name=shape.get("TargetGroupName", ""),
        protocol=shape.get("Protocol", ""),
        port=shape.get("Port") or 0,
        target_type=shape.get("TargetType", ""),
        load_balancers=tuple(shape.get("LoadBalancerArns") or ()),
        health_path=shape.get("HealthCheckPath", ""),
        health_interval_s=float(shape.get("HealthCheckIntervalSeconds") or 0),
        health_timeout_s=float(shape.get("HealthCheckTimeoutSeconds") or 0),
        healthy_threshold=shape.get("HealthyThresholdCount") or 0,
        unhealthy_threshold=shape.get("UnhealthyThresholdCount") or 0,
    )


def _target(group: str, shape: Shape) -> Target:
    target, health = shape.get("Target", {}), shape.get("TargetHealth", {})
    override = shape.get("AdministrativeOverride") or {}
    return Target(
        key=TargetKey(group, target.get("Id", ""), target.get("Port") or 0),
        zone=target.get("AvailabilityZone", ""),
        quic_server_id=target.get("QuicServerId", ""),
        state=health.get("State", ""),
        reason=health.get("Reason", ""),
        description=health.get("Description", ""),
        override=override.get("State", ""),
    )


def _texts(shapes: Iterable[Shape] | None, key: str) -> Iterator[str]:
    return (shape.get(key, "") for shape in shapes or ())
