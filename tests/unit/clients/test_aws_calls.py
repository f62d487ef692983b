"""boto3's clients behind the guard; what each one answers is its own module's affair."""

import pytest

from nomad_console.clients.aws_calls import AwsCalls
from nomad_console.clients.errors import ReadOnly
from nomad_console.settings.values import AwsSettings


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


def calls(*, read_only: bool) -> AwsCalls:
    return AwsCalls(AwsSettings("eu-west-1", "http://127.0.0.1:1"), read_only=read_only)


def test_a_client_is_made_once_for_each_service() -> None:
    aws = calls(read_only=True)
    assert aws.library("elbv2") is aws.library("elbv2")
    assert aws.library("elbv2") is not aws.library("autoscaling")


def test_what_is_not_listed_is_refused_before_a_socket_opens_and_counted() -> None:
    aws = calls(read_only=False)
    with pytest.raises(ReadOnly, match="TerminateInstanceInAutoScalingGroup"):
        aws.call(
            "autoscaling",
            "terminate_instance_in_auto_scaling_group",
            InstanceId="i-1",
            ShouldDecrementDesiredCapacity=True,
        )
    assert (aws.guard.refused, aws.guard.reads) == (1, 0)


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", "elasticloadbalancing.eu-west-1.amazonaws.com"),
        ("cn-north-1", "elasticloadbalancing.cn-north-1.amazonaws.com.cn"),
        ("us-gov-west-1", "elasticloadbalancing.us-gov-west-1.amazonaws.com"),
    ],
)
def test_aws_is_found_in_every_partition_by_what_is_kept_of_its_endpoints(
    region: str, host: str
) -> None:
    made = AwsCalls(AwsSettings(region, ""), read_only=True).library("elbv2")
    assert made.meta.endpoint_url == f"https://{host}"
    kept = made._loader.load_data("endpoints")["partitions"][0]["services"]
    assert {"elasticloadbalancing", "sts"} <= kept.keys()
    assert len(kept) < 10
