"""Which Auto Scaling group an instance belongs to, over boto3, in worker threads."""

from collections.abc import Collection, Iterator
from typing import Any

from nomad_console.clients.aws_calls import AwsCalls, rows
from nomad_console.clients.elb_wire import InstanceWire, scaling_instance
from nomad_console.clients.threads import Threads
from nomad_console.domain.facts import ScalingInstance
from nomad_console.settings.values import AwsSettings

MOST_IDS = 50  # of one call; Auto Scaling API reference, DescribeAutoScalingInstances


class AutoScaling:
    """One account and region; the groups' own settings are not read. Methods raise ApiError."""

    def __init__(self, settings: AwsSettings, threads: Threads, *, read_only: bool) -> None:
        self._aws = AwsCalls(settings, read_only=read_only)
        self.guard = self._aws.guard
        self._threads = threads

    async def instances(self, ids: Collection[str]) -> tuple[ScalingInstance, ...]:
        """Those of the instances that are in a group; the others are left out without a word."""
        return await self._threads.call(self._instances, sorted(set(ids)))

    def library(self) -> Any:
        """boto3's own client, behind the same guard."""
        return self._aws.library("autoscaling")

    def _instances(self, ids: list[str]) -> tuple[ScalingInstance, ...]:
        return tuple(
            instance
            for first in range(0, len(ids), MOST_IDS)
            for instance in self._pages(ids[first : first + MOST_IDS])
        )

    def _pages(self, ids: list[str]) -> Iterator[ScalingInstance]:
        method, tokens = "describe_auto_scaling_instances", ("NextToken", "NextToken")
        for page in self._aws.pages("autoscaling", method, tokens, InstanceIds=ids):
            found = rows(method, page, "AutoScalingInstances", InstanceWire)
            yield from (scaling_instance(one) for one in found)
