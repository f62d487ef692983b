"""Who is asked about ELBv2: the simulator over HTTP, botocore's model and its texts, moto."""

import re
from typing import Any

import boto3
import botocore.session
from botocore.exceptions import ClientError

from tests.support.elb_world import ElbWorld, instance

REGION = "eu-west-1"
TIMELESS = "moto knows no time"

Row = dict[str, Any]


class Live:
    """An account asked through boto3: groups `web` and `api` in use, `spare` behind no balancer."""

    elb: Any
    arns: dict[str, str]

    def health(self, group: str, **asked: Any) -> list[Row]:
        answer = self.elb.describe_target_health(TargetGroupArn=self.arns[group], **asked)
        rows: list[Row] = answer["TargetHealthDescriptions"]
        return rows

    def state(self, group: str, target: Row) -> tuple[str, str | None]:
        """State and reason, asked for this target alone."""
        (row,) = self.health(group, Targets=[target])
        return row["TargetHealth"]["State"], row["TargetHealth"].get("Reason")

    def register(self, group: str, *targets: Row) -> None:
        self.elb.register_targets(TargetGroupArn=self.arns[group], Targets=list(targets))
        self.propagate()

    def deregister(self, group: str, *targets: Row) -> None:
        self.elb.deregister_targets(TargetGroupArn=self.arns[group], Targets=list(targets))
        self.propagate()

    def row(self, group: str) -> Row:
        (row,) = self.elb.describe_target_groups(TargetGroupArns=[self.arns[group]])["TargetGroups"]
        found: Row = row
        return found

    def attributes(self, group: str) -> dict[str, str]:
        arn = self.arns[group]
        rows = self.elb.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]
        return {row["Key"]: row["Value"] for row in rows}

    def target(self, number: int, port: int = 80) -> Row:
        """An instance that the account has."""
        raise NotImplementedError

    def propagate(self) -> None:
        """Until a write is seen by reads."""

    def settle(self) -> None:
        """Until new targets are healthy."""

    @staticmethod
    def refusal(call: Any, **arguments: Any) -> tuple[str, int]:
        """Code and HTTP status."""
        try:
            call(**arguments)
        except ClientError as error:
            answer: Row = error.response
            return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]
        raise AssertionError("not refused")


class Simulated(Live):
    def __init__(self, world: ElbWorld, elb: Any) -> None:
        self.world, self.elb = world, elb
        self.arns = {name: world.balancer.arns.group(name) for name in ("web", "api", "spare")}

    def target(self, number: int, port: int = 80) -> Row:
        return {"Id": instance(number), "Port": port}

    def step(self, seconds: float) -> None:
        self.world.step(seconds)

    def propagate(self) -> None:
        self.step(2.1)

    def settle(self) -> None:
        self.step(60)


class Moto(Live):
    def __init__(self) -> None:
        self.elb = boto3.client("elbv2", region_name=REGION)
        ec2 = boto3.client("ec2", region_name=REGION)
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=zone)
            for n, zone in enumerate(("eu-west-1a", "eu-west-1b"))
        ]
        nets = [net["Subnet"]["SubnetId"] for net in subnets]
        balancer = self.elb.create_load_balancer(Name="front", Subnets=nets)["LoadBalancers"][0]
        self.arns = {}
        for name, kind in (("web", "instance"), ("api", "ip"), ("spare", "instance")):
            made = self.elb.create_target_group(
                Name=name, Protocol="HTTP", Port=80, VpcId=vpc, TargetType=kind
            )
            self.arns[name] = made["TargetGroups"][0]["TargetGroupArn"]
        for port, name in ((80, "web"), (81, "api")):
            action = {"Type": "forward", "TargetGroupArn": self.arns[name]}
            self.elb.create_listener(
                LoadBalancerArn=balancer["LoadBalancerArn"],
                Protocol="HTTP",
                Port=port,
                DefaultActions=[action],
            )
        made = ec2.run_instances(ImageId="ami-1", MinCount=6, MaxCount=6, SubnetId=nets[0])
        self._ids = [row["InstanceId"] for row in made["Instances"]]

    def target(self, number: int, port: int = 80) -> Row:
        return {"Id": self._ids[number - 1], "Port": port}

    def empty(self) -> None:
        """No target left of an earlier statement."""
        for group in self.arns:
            if targets := [row["Target"] for row in self.health(group)]:
                self.deregister(group, *targets)


class Model:
    """Shapes, enumerations and texts as botocore ships them."""

    def __init__(self) -> None:
        self.service = botocore.session.get_session().get_service_model("elbv2")

    def enumeration(self, shape: str) -> set[str]:
        return set(self.service.shape_for(shape).enum)

    def error(self, shape: str) -> tuple[str, int]:
        said = self.service.shape_for(shape).metadata["error"]
        return said["code"], said["httpStatusCode"]

    def asked(self, operation: str) -> set[str]:
        return set(self.service.operation_model(operation).input_shape.members)

    def kind(self, shape: str, member: str) -> str:
        return str(self.service.shape_for(shape).members[member].type_name)

    def operation_text(self, operation: str) -> str:
        return _plain(self.service.operation_model(operation).documentation)

    def member_text(self, shape: str, member: str) -> str:
        return _plain(self.service.shape_for(shape).members[member].documentation)


ElbParty = Simulated | Moto | Model


def _plain(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", text).split())
