"""ELBv2 over boto3, in worker threads."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from nomad_console.clients.aws_errors import of_client_error, of_local_error
from nomad_console.clients.guard import aws_guard
from nomad_console.clients.threads import Threads
from nomad_console.domain.target import LoadBalancer, Target, TargetGroup, TargetKey
from nomad_console.settings.values import AwsSettings

_CONNECT_S = 3
_READ_S = 10

Shape = dict[str, Any]


class Elb:
    """Load balancers, groups and targets of one account and region. Methods raise ApiError.

    One attempt a call: whoever paces the calls decides about the next one.
    """

    def __init__(self, settings: AwsSettings, threads: Threads, *, read_only: bool) -> None:
        self.guard = aws_guard(read_only=read_only)
        self._settings = settings
        self._threads = threads
        self._lock = threading.Lock()
        self._made: dict[str, Any] = {}

    async def load_balancers(self) -> tuple[LoadBalancer, ...]:
        return await self._threads.call(self._load_balancers)

    async def target_groups(self) -> tuple[TargetGroup, ...]:
        """All pages; only those that the settings name, where they name any."""
        return await self._threads.call(self._target_groups)

    async def attributes(self, arn: str) -> Mapping[str, str]:
        """A group's attributes by their key; unknown keys come."""
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
        """boto3's own client, made by the first worker thread that asks for it."""
        with self._lock:
            if service not in self._made:
                self._made[service] = self._make(service)
            return self._made[service]

    def _load_balancers(self) -> tuple[LoadBalancer, ...]:
        found = self._pages("describe_load_balancers", "LoadBalancers")
        return tuple(_load_balancer(one) for one in found)

    def _target_groups(self) -> tuple[TargetGroup, ...]:
        wanted = set(self._settings.target_groups)
        groups = (_group(one) for one in self._pages("describe_target_groups", "TargetGroups"))
        return tuple(
            group for group in groups if not wanted or group.name in wanted or group.arn in wanted
        )

    def _attributes(self, arn: str) -> Mapping[str, str]:
        found = self._call("describe_target_group_attributes", TargetGroupArn=arn)
        return {one["Key"]: one.get("Value", "") for one in found.get("Attributes") or ()}

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
        return str(self._call("get_caller_identity", "sts").get("Arn", ""))

    def _pages(self, method: str, key: str) -> Iterator[Shape]:
        marker: Shape = {}
        while True:
            page = self._call(method, PageSize=400, **marker)
            yield from page.get(key) or ()
            if not page.get("NextMarker"):
                return
            marker = {"Marker": page["NextMarker"]}

    def _call(self, method: str, service: str = "elbv2", **params: Any) -> Shape:
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        operation = "".join(part.title() for part in method.split("_"))
        try:
            call: Callable[..., Shape] = getattr(self.library(service), method)
            return call(**params)
        except ClientError as error:
            raise of_client_error(operation, error.response) from None
        except (BotoCoreError, ResponseParserError) as error:
            raise of_local_error(operation, error) from None

    def _make(self, service: str) -> Any:
        import boto3
        from botocore.config import Config
        from botocore.session import Session

        settings = self._settings
        base = Session(profile=settings.profile or None)
        base.register("before-call", self._refuse, unique_id="nomad-console-guard")
        config = Config(
            connect_timeout=_CONNECT_S,
            read_timeout=_READ_S,
            retries={"total_max_attempts": 1, "mode": "standard"},
            max_pool_connections=2,
        )
        return boto3.Session(botocore_session=base).client(
            service,
            region_name=settings.region,
            endpoint_url=settings.endpoint_url or None,
            config=config,
        )

    def _refuse(self, model: Any, **_: object) -> None:
        """Raises ReadOnly: an exception in this handler is the last word, no socket opens."""
        self.guard.check("call", model.name)


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
