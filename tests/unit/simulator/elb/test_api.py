import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from tests.support.elb_world import ElbWorld, boto_client, instance
from tests.support.loopback import served


@dataclass
class Account:
    """A world, its endpoint, and a real boto3 client of it."""

    world: ElbWorld
    url: str
    elb: Any

    def group(self, name: str) -> str:
        return self.world.balancer.arns.group(name)

    def health(self, name: str, **asked: Any) -> list[dict[str, Any]]:
        answer = self.elb.describe_target_health(TargetGroupArn=self.group(name), **asked)
        rows: list[dict[str, Any]] = answer["TargetHealthDescriptions"]
        return rows


@pytest.fixture
def account() -> Iterator[Account]:
    world = ElbWorld()
    world.preload("web")
    world.preload("api")
    with served(world.app) as url:
        yield Account(world, url, boto_client("elbv2", url))


def refusal(call: Any, **arguments: Any) -> tuple[str, int]:
    """Code and HTTP status as botocore reports them."""
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    answer: dict[str, Any] = refused.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


def test_botocore_reads_every_description(account: Account) -> None:
    elb = account.elb
    balancer = elb.describe_load_balancers()["LoadBalancers"][0]
    assert (balancer["Type"], balancer["State"]["Code"]) == ("application", "active")
    assert [zone["ZoneName"] for zone in balancer["AvailabilityZones"]] == [
        "eu-west-1a",
        "eu-west-1b",
    ]
    arn = balancer["LoadBalancerArn"]
    attributes = elb.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    assert {"Key": "idle_timeout.timeout_seconds", "Value": "60"} in attributes
    groups = elb.describe_target_groups()["TargetGroups"]
    assert [group["TargetType"] for group in groups] == ["instance", "ip", "instance"]
    assert groups[0]["HealthCheckIntervalSeconds"] == 5
    assert (groups[0]["Matcher"], groups[0]["HealthCheckEnabled"]) == ({"HttpCode": "200"}, True)
    assert [group["LoadBalancerArns"] for group in groups] == [[arn], [arn], []]
    found = elb.describe_target_group_attributes(TargetGroupArn=groups[0]["TargetGroupArn"])
    assert {"Key": "deregistration_delay.timeout_seconds", "Value": "30"} in found["Attributes"]
    listener = elb.describe_listeners(LoadBalancerArn=arn)["Listeners"][0]
    assert listener["DefaultActions"][0]["TargetGroupArn"] == account.group("web")
    rules = elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
    assert [(rule["Priority"], rule["IsDefault"]) for rule in rules] == [
        ("1", False),
        ("default", True),
    ]
    assert [condition["Field"] for condition in rules[0]["Conditions"]] == [
        "host-header",
        "path-pattern",
    ]
    arns = [arn, account.group("web"), listener["ListenerArn"]]
    tags = elb.describe_tags(ResourceArns=arns)["TagDescriptions"]
    assert [row["Tags"] for row in tags] == [
        [{"Key": "team", "Value": "edge"}],
        [{"Key": "nomad-console", "Value": "allow"}],
        [],
    ]


def test_botocore_pages_through_groups_and_rules(account: Account) -> None:
    pages = account.elb.get_paginator("describe_target_groups").paginate(
        PaginationConfig={"PageSize": 2}
    )
    sizes = [len(page["TargetGroups"]) for page in pages]
    assert sizes == [2, 1]


def test_targets_are_described_as_aws_does(account: Account) -> None:
    web, api = account.health("web")[0], account.health("api")[0]
    assert web == {
        "Target": {"Id": instance(1), "Port": 80},
        "HealthCheckPort": "80",
        "TargetHealth": {"State": "healthy"},
    }
    assert api["Target"]["AvailabilityZone"] == "eu-west-1b"
    asked = account.health("web", Targets=[{"Id": instance(6), "Port": 80}])
    assert asked[0]["TargetHealth"] == {
        "State": "unused",
        "Reason": "Target.NotRegistered",
        "Description": "Target is not registered to the target group",
    }
    assert len(account.health("spare")) == 0
    anomalies = account.health("web", Include=["AnomalyDetection"])
    assert anomalies[0]["AnomalyDetection"]["Result"] == "normal"


def test_a_target_leaves_and_comes_back(account: Account) -> None:
    targets = [{"Id": instance(1), "Port": 80}]
    arn = account.group("web")
    account.elb.deregister_targets(TargetGroupArn=arn, Targets=targets)
    account.world.step(3)
    health = account.health("web", Targets=targets)[0]["TargetHealth"]
    assert (health["State"], health["Reason"]) == ("draining", "Target.DeregistrationInProgress")
    account.world.step(28)
    assert len(account.health("web")) == 2
    account.elb.register_targets(TargetGroupArn=arn, Targets=targets)
    account.world.step(3)
    assert account.health("web", Targets=targets)[0]["TargetHealth"]["State"] == "initial"
    account.world.step(14)
    assert account.health("web", Targets=targets)[0]["TargetHealth"] == {"State": "healthy"}
    account.elb.deregister_targets(TargetGroupArn=arn, Targets=[{"Id": "i-none"}])


def test_refusals_come_with_the_codes_and_statuses_of_aws(account: Account) -> None:
    elb, world = account.elb, account.world
    one = {"TargetGroupArn": account.group("web"), "Targets": [{"Id": "i-none"}]}
    assert refusal(elb.register_targets, **one) == ("InvalidTarget", 400)
    nowhere = account.group("none")
    assert refusal(elb.describe_target_health, TargetGroupArn=nowhere) == (
        "TargetGroupNotFound",
        400,
    )
    assert refusal(elb.describe_account_limits) == ("InvalidAction", 400)
    world.faults.writes_denied = True
    assert refusal(elb.deregister_targets, **one) == ("AccessDenied", 403)
    assert len(account.health("web")) == 3
    world.faults.health_unavailable = True
    described = {"TargetGroupArn": account.group("web")}
    assert refusal(elb.describe_target_health, **described) == ("HealthUnavailable", 500)
    assert elb.describe_target_groups()["TargetGroups"]
    world.faults.credentials = "expired"
    assert refusal(elb.describe_target_groups) == ("ExpiredToken", 403)
    world.faults.credentials = "unknown"
    assert refusal(elb.describe_target_groups) == ("InvalidClientTokenId", 403)


def test_too_many_calls_are_throttled(account: Account) -> None:
    account.world.throttle.exhaust()
    call = account.elb.describe_target_groups
    assert refusal(call) == ("Throttling", 400)
    account.world.step(1)
    assert len(call()["TargetGroups"]) == 3


def test_identity_and_scaling_groups_are_answered_the_rest_of_aws_is_not(account: Account) -> None:
    row = {
        "InstanceId": instance(1),
        "AutoScalingGroupName": "workers",
        "AvailabilityZone": "eu-west-1b",
        "LifecycleState": "InService",
        "HealthStatus": "HEALTHY",
        "ProtectedFromScaleIn": False,
    }
    account.world.scaling.append(row)
    identity = boto_client("sts", account.url).get_caller_identity()
    assert identity["Account"] == "123456789012"
    scaling = boto_client("autoscaling", account.url)
    found = scaling.describe_auto_scaling_instances(InstanceIds=[instance(1), "i-none"])
    assert found["AutoScalingInstances"] == [row]
    ssm = boto_client("ssm", account.url)
    assert refusal(ssm.list_commands) == ("AccessDeniedException", 400)
    ec2 = boto_client("ec2", account.url)
    assert refusal(ec2.describe_instances)[1] == 403
    assert refusal(scaling.describe_auto_scaling_groups) == ("AccessDenied", 403)


def test_an_unsigned_call_is_nobodys(account: Account) -> None:
    answer = httpx.post(account.url, data={"Action": "DescribeTargetGroups"})
    assert answer.status_code == 403
    assert "<Code>MissingAuthenticationToken</Code>" in answer.text


async def test_an_answer_may_be_slow() -> None:
    world = ElbWorld()
    world.faults.delay = 5
    transport = httpx.ASGITransport(world.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://aws") as http:
        async with asyncio.TaskGroup() as tasks:
            asking = tasks.create_task(http.post("/", data={"Action": "DescribeTags"}))
            await world.clock.advance(4.9)
            assert not asking.done()
            await world.clock.advance(0.2)
        assert (await asking).status_code == 403
