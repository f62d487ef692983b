"""What the balancer says now, asked as any AWS program does."""

from collections import defaultdict

import boto3

from tests.support.simulator import SimulatedCluster


def target_states(cluster: SimulatedCluster) -> dict[str, dict[str, str]]:
    """Per target group: id to state."""
    elb = boto3.client(
        "elbv2",
        endpoint_url=cluster.env["AWS_ENDPOINT_URL"],
        region_name=cluster.env["AWS_REGION"],
        aws_access_key_id="simulated",
        aws_secret_access_key="simulated",
    )
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for group in elb.describe_target_groups()["TargetGroups"]:
        health = elb.describe_target_health(TargetGroupArn=group["TargetGroupArn"])
        for one in health["TargetHealthDescriptions"]:
            found[group["TargetGroupName"]][one["Target"]["Id"]] = one["TargetHealth"]["State"]
    return dict(found)
