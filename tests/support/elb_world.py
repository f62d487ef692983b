"""A small simulated balancer in virtual time; its API for a real boto3 when served."""

import random
from collections import Counter
from typing import Any

import boto3
from botocore.config import Config

from nomad_console.simulator.elb.api import Faults, aws_app
from nomad_console.simulator.elb.model import Answer, Balancer, Wanted
from nomad_console.simulator.elb.settings import LoadBalancer, Rule, TargetGroup
from nomad_console.simulator.elb.throttle import Throttle
from nomad_console.simulator.pace import Pace
from nomad_console.simulator.timeline import Timeline
from tests.support.manual_clock import ManualClock
from tests.support.stepping import step

ZONES = ("eu-west-1a", "eu-west-1b", "eu-west-1c")
REFUSED, TIMED_OUT = Answer(failure="refused"), Answer(failure="timeout")


def instance(number: int) -> str:
    return f"i-{number:017x}"


class ElbWorld:
    """Groups web (instances), api (addresses) behind one ALB, spare behind none; six machines.

    `answers`: what a health check meets by address; 200 where nothing is said.
    """

    def __init__(
        self, seed: int = 3, speed: float = 1, kind: str = "application", **settings: Any
    ) -> None:
        self.clock = ManualClock()
        self.timeline = Timeline(self.clock)
        self.answers: dict[str, Answer] = {}
        self.probed: Counter[str] = Counter()
        self.balancer = Balancer(self.timeline, Pace(speed), random.Random(seed), self._probe)
        cross_zone = settings.pop("balancer_cross_zone", True)
        self.balancer.add_load_balancer(
            LoadBalancer("front", ZONES[:2], kind, cross_zone, tags={"team": "edge"})
        )
        given = {"deregistration_delay": 30.0, **settings}
        self.balancer.add_group(TargetGroup("web", tags={"nomad-console": "allow"}, **given))
        self.balancer.add_group(TargetGroup("api", target_type="ip", **given))
        self.balancer.add_group(TargetGroup("spare"))
        self.balancer.add_listener(
            "front", [Rule("api", 1, hosts=("api.demo",), paths=("/v1/*",)), Rule("web")]
        )
        for number in range(1, 7):
            zone = ZONES[number % 2]
            self.balancer.add_instance(instance(number), f"127.77.0.{number}", zone)
        self.throttle = Throttle(self.timeline)
        self.faults = Faults()
        self.scaling: list[dict[str, Any]] = []
        self.app = aws_app(
            self.balancer,
            self.throttle,
            self.clock,
            faults=self.faults,
            scaling=self.scaling,
        )

    def _probe(self, address: str, port: int, path: str) -> Answer:
        self.probed[f"{address}:{port}{path}"] += 1
        return self.answers.get(address, Answer(200))

    def step(self, seconds: float) -> None:
        step(self.clock, self.timeline, seconds)

    def preload(self, group: str = "web", count: int = 3) -> None:
        """The first machines, healthy since long."""
        for number in range(1, count + 1):
            self.balancer.preload(group, self.target_id(group, number))

    @staticmethod
    def target_id(group: str, number: int) -> str:
        return f"127.77.0.{number}" if group == "api" else instance(number)

    def shown(self, group: str = "web") -> dict[str, str]:
        """State of each listed target by its id."""
        return {each.key.id: str(each.health.state) for each in self.balancer.health(group)}

    def reason(self, target_id: str, group: str = "web", port: int = 80) -> str:
        return self.balancer.health(group, [Wanted(target_id, port)])[0].health.reason

    def routed(self, group: str = "web", requests: int = 60) -> Counter[str]:
        """How many of so many requests each target got."""
        targets = (self.balancer.route(group) for _ in range(requests))
        return Counter(target.id if target else "503" for target in targets)


def boto_client(service: str, url: str, attempts: int = 1) -> Any:
    """A client that knows nothing of this machine's configuration."""
    return boto3.client(
        service,
        endpoint_url=url,
        region_name="eu-west-1",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="none",
        config=Config(retries={"total_max_attempts": attempts}, parameter_validation=False),
    )
