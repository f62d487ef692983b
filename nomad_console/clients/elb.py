"""ELBv2 over boto3, in worker threads."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from nomad_console.clients import elb_wire as wire
from nomad_console.clients.aws_calls import AwsCalls, Shape, rows
from nomad_console.clients.aws_errors import misread
from nomad_console.clients.errors import Refused
from nomad_console.clients.threads import Threads
from nomad_console.domain.target import LoadBalancer, Target, TargetGroup, TargetKey
from nomad_console.settings.values import AwsSettings

R = TypeVar("R")

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
        found = self._pages("describe_load_balancers", "LoadBalancers", wire.LoadBalancerWire)
        return tuple(wire.load_balancer(one) for one in found)

    def _target_groups(self) -> tuple[TargetGroup, ...]:
        wanted = set(self._settings.target_groups)
        found = self._pages("describe_target_groups", "TargetGroups", wire.TargetGroupWire)
        groups = [wire.target_group(one) for one in found]
        self._balancers = {one.arn: one.load_balancers[0] for one in groups if one.load_balancers}
        self._crossing = {}
        return tuple(
            group for group in groups if not wanted or group.name in wanted or group.arn in wanted
        )

    def _attributes(self, arn: str) -> Mapping[str, str]:
        method = "describe_target_group_attributes"
        attributes = _texts(self._all(method, "Attributes", wire.AttributeWire, TargetGroupArn=arn))
        balancer = self._balancers.get(arn)
        if attributes.get(_CROSS_ZONE) == _AS_BALANCER and balancer:
            attributes[_CROSS_ZONE] = self._crosses(balancer)
        return attributes

    def _crosses(self, balancer: str) -> str:
        if balancer not in self._crossing:
            method, kind = "describe_load_balancer_attributes", wire.AttributeWire
            try:
                found = self._all(method, "Attributes", kind, LoadBalancerArn=balancer)
            except Refused:  # the group's own word is then taken at its most careful
                self._crossing[balancer] = _AS_BALANCER
            else:
                self._crossing[balancer] = _texts(found).get(_CROSS_ZONE, _AS_BALANCER)
        return self._crossing[balancer]

    def _targets(self, arn: str) -> tuple[Target, ...]:
        key = "TargetHealthDescriptions"
        found = self._all("describe_target_health", key, wire.TargetWire, TargetGroupArn=arn)
        return tuple(wire.target(arn, one) for one in found)

    def _register(self, key: TargetKey, zone: str, quic: str) -> None:
        target: Shape = {"Id": key.id, "Port": key.port}
        extra = {"AvailabilityZone": zone, "QuicServerId": quic}
        target |= {name: text for name, text in extra.items() if text}
        self._call("register_targets", TargetGroupArn=key.group, Targets=[target])

    def _deregister(self, key: TargetKey) -> None:
        target = {"Id": key.id, "Port": key.port}
        self._call("deregister_targets", TargetGroupArn=key.group, Targets=[target])

    def _identity(self) -> str:
        found = self._aws.call("sts", "get_caller_identity").get("Arn")
        if not found:
            raise misread("GetCallerIdentity", "no Arn")
        return str(found)

    def _pages(self, method: str, key: str, kind: type[R]) -> Iterator[R]:
        for page in self._aws.pages("elbv2", method, ("Marker", "NextMarker"), PageSize=400):
            yield from rows(method, page, key, kind)

    def _all(self, method: str, key: str, kind: type[R], **params: Any) -> list[R]:
        return rows(method, self._call(method, **params), key, kind)

    def _call(self, method: str, **params: Any) -> Shape:
        return self._aws.call("elbv2", method, **params)


def _texts(attributes: list[wire.AttributeWire]) -> dict[str, str]:
    return {one.key: one.value for one in attributes}
