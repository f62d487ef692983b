from typing import Any

import pytest

from nomad_console.simulator.elb.actions import Actions
from nomad_console.simulator.elb.errors import AwsRefused
from nomad_console.simulator.elb.settings import TargetGroup
from tests.support.elb_world import ElbWorld, instance


def act(world: ElbWorld, action: str, **form: str) -> dict[str, Any]:
    fields = {key.replace("_", "."): value for key, value in form.items()}
    return Actions(world.balancer).table[action](fields)


def arn(world: ElbWorld, name: str = "web") -> str:
    return world.balancer.arns.group(name)


def test_pages_follow_their_marker() -> None:
    world = ElbWorld()
    for number in range(10):
        world.balancer.add_group(TargetGroup(f"g{number}"))
    names: list[str] = []
    marker: dict[str, str] = {}
    for _ in range(5):
        page = act(world, "DescribeTargetGroups", PageSize="3", **marker)
        names += [row["TargetGroupName"] for row in page["TargetGroups"]]
        marker = {"Marker": page["NextMarker"]}
    assert names == ["web", "api", "spare", *(f"g{number}" for number in range(10))]
    assert page["NextMarker"] is None


@pytest.mark.parametrize(
    ("action", "form", "code"),
    [
        ("DescribeTargetGroups", {"PageSize": "0"}, "ValidationError"),
        ("DescribeTargetGroups", {"PageSize": "401"}, "ValidationError"),
        ("DescribeTargetGroups", {"Marker": "?"}, "ValidationError"),
        ("DescribeTargetGroups", {"Names_member_1": "none"}, "TargetGroupNotFound"),
        ("DescribeTargetHealth", {}, "ValidationError"),
        ("DescribeTargetHealth", {"TargetGroupArn": "web"}, "ValidationError"),
        ("DescribeTargetHealth", {"TargetGroupArn": ":targetgroup/x/1"}, "TargetGroupNotFound"),
        ("DescribeLoadBalancers", {"Names_member_1": "none"}, "LoadBalancerNotFound"),
        ("DescribeLoadBalancerAttributes", {"LoadBalancerArn": "x"}, "ValidationError"),
        (
            "DescribeListeners",
            {"LoadBalancerArn": ":loadbalancer/app/x/1"},
            "LoadBalancerNotFound",
        ),
        ("DescribeRules", {"ListenerArn": "none"}, "ListenerNotFound"),
        (
            "DescribeTags",
            {f"ResourceArns_member_{n}": "x" for n in range(1, 22)},
            "ValidationError",
        ),
    ],
)
def test_what_is_wrong_has_its_code(action: str, form: dict[str, str], code: str) -> None:
    with pytest.raises(AwsRefused) as refused:
        act(ElbWorld(), action, **form)
    assert refused.value.code == code


@pytest.mark.parametrize("port", ["0", "70000", "x"])
def test_a_port_is_a_port_and_a_list_is_not_empty(port: str) -> None:
    world = ElbWorld()
    target = {"Targets_member_1_Id": instance(1), "Targets_member_1_Port": port}
    for form in (target, {}):
        with pytest.raises(AwsRefused) as refused:
            act(world, "RegisterTargets", TargetGroupArn=arn(world), **form)
        assert refused.value.code == "ValidationError"


def test_groups_are_found_by_balancer_name_and_arn() -> None:
    world = ElbWorld()
    balancer = world.balancer.arns.balancer(world.balancer.balancers["front"])
    by_balancer = act(world, "DescribeTargetGroups", LoadBalancerArn=balancer)["TargetGroups"]
    by_name = act(world, "DescribeTargetGroups", Names_member_1="spare")["TargetGroups"]
    by_arn = act(world, "DescribeTargetGroups", TargetGroupArns_member_1=arn(world, "api"))
    assert [row["TargetGroupName"] for row in by_balancer] == ["web", "api"]
    assert [row["TargetGroupName"] for row in by_name] == ["spare"]
    assert [row["TargetGroupName"] for row in by_arn["TargetGroups"]] == ["api"]


def test_all_zones_is_no_zone() -> None:
    world = ElbWorld()
    target = {
        "Targets_member_1_Id": "10.9.9.9",
        "Targets_member_1_AvailabilityZone": "all",
    }
    act(world, "RegisterTargets", TargetGroupArn=arn(world, "api"), **target)
    assert next(iter(world.balancer.group("api").targets.values())).zone == "eu-west-1a"
