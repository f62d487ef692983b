"""Instances and their Auto Scaling groups, as AWS and the simulator answer."""

from collections.abc import Iterator

import pytest

from nomad_console.clients.autoscaling import MOST_IDS
from nomad_console.clients.errors import Refused, Throttled, Unreachable
from nomad_console.domain.facts import ScalingInstance
from tests.support.backends import scaling_at
from tests.support.recorded_elb import RecordedElb, error_xml
from tests.support.serving import served

ACTION = "DescribeAutoScalingInstances"
MEMBER = (
    "<member><InstanceId>{}</InstanceId><AutoScalingGroupName>web</AutoScalingGroupName>"
    "<AvailabilityZone>eu-west-1a</AvailabilityZone><LifecycleState>InService</LifecycleState>"
    "<HealthStatus>HEALTHY</HealthStatus></member>"
)


def answer(*ids: str, token: str = "") -> tuple[int, bytes]:
    members = "".join(MEMBER.format(one) for one in ids)
    following = f"<NextToken>{token}</NextToken>" if token else ""
    body = (
        f"<{ACTION}Response xmlns='http://autoscaling.amazonaws.com/doc/2011-01-01/'>"
        f"<{ACTION}Result><AutoScalingInstances>{members}</AutoScalingInstances>{following}"
        f"</{ACTION}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>"
        f"</{ACTION}Response>"
    )
    return 200, body.encode()


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


@pytest.fixture
def aws() -> Iterator[tuple[str, RecordedElb]]:
    server = RecordedElb()
    with served(server.app) as address:
        yield address, server


async def test_an_instance_says_its_group_and_unknown_ones_are_left_out(
    aws: tuple[str, RecordedElb],
) -> None:
    aws[1].answers[ACTION] = answer("i-1")
    async with scaling_at(aws[0]) as scaling:
        found = await scaling.instances({"i-1", "i-2"})
    assert found == (ScalingInstance("i-1", "web", "InService", "HEALTHY"),)
    (call,) = aws[1].calls
    assert [call[f"InstanceIds.member.{number}"] for number in (1, 2)] == ["i-1", "i-2"]


async def test_fifty_ids_a_call_and_nothing_is_asked_about_nobody(
    aws: tuple[str, RecordedElb],
) -> None:
    aws[1].answers[ACTION] = answer()
    async with scaling_at(aws[0]) as scaling:
        assert await scaling.instances(()) == ()
        await scaling.instances([f"i-{number:03}" for number in range(MOST_IDS + 1)])
    sizes = [len([key for key in call if key.startswith("InstanceIds")]) for call in aws[1].calls]
    assert sizes == [MOST_IDS, 1]


async def test_every_page_is_read(aws: tuple[str, RecordedElb]) -> None:
    aws[1].answers[ACTION] = answer("i-1", token="more")
    async with scaling_at(aws[0]) as scaling:
        pages = scaling._pages(["i-1", "i-2"])
        first = await scaling._threads.call(next, pages)
        aws[1].answers[ACTION] = answer("i-2")
        rest = await scaling._threads.call(list, pages)
    assert [first.instance_id, *(one.instance_id for one in rest)] == ["i-1", "i-2"]
    assert [call.get("NextToken") for call in aws[1].calls] == [None, "more"]


async def test_a_refusal_names_the_action(aws: tuple[str, RecordedElb]) -> None:
    aws[1].answers[ACTION] = 403, error_xml("AccessDenied", "User is not authorized")
    async with scaling_at(aws[0]) as scaling:
        with pytest.raises(Refused) as caught:
            await scaling.instances(["i-1"])
        assert caught.value.right == "autoscaling:DescribeAutoScalingInstances"
        aws[1].answers[ACTION] = 400, error_xml("Throttling")
        with pytest.raises(Throttled):
            await scaling.instances(["i-1"])


async def test_nobody_there() -> None:
    async with scaling_at("http://127.0.0.1:1") as scaling:
        with pytest.raises(Unreachable):
            await scaling.instances(["i-1"])
