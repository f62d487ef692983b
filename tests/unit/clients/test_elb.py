import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from nomad_console.clients.elb_wire import TargetGroupWire
from nomad_console.clients.errors import (
    ApiError,
    Misread,
    NotFound,
    Refused,
    Throttled,
    Unreachable,
)
from nomad_console.domain.target import TargetKey
from tests.support.backends import elb_at
from tests.support.recorded_elb import FOLDER, RecordedElb, error_xml, recorded_xml
from tests.support.serving import served

GROUP = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/0123456789abcdef"
HEALTH = sorted(FOLDER.glob("describe-target-health*.xml"))


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, RecordedElb]]:
    server = RecordedElb()
    with served(server.app) as found:
        yield found, server


@pytest.fixture
def elb(address: tuple[str, RecordedElb]) -> tuple[str, RecordedElb]:
    address[1].answers.clear()
    address[1].calls.clear()
    return address


async def test_groups_and_balancers(elb: tuple[str, RecordedElb]) -> None:
    async with elb_at(elb[0]) as client:
        (group,) = await client.target_groups()
        assert (group.arn, group.name, group.protocol, group.port) == (GROUP, "web", "HTTP", 80)
        assert (group.health_interval_s, group.healthy_threshold) == (5.0, 2)
        assert group.attributes is None
        (balancer,) = await client.load_balancers()
        assert balancer.arn in group.load_balancers
        assert (balancer.type, balancer.state) == ("application", "active")
        attributes = await client.attributes(GROUP)
        assert float(attributes["deregistration_delay.timeout_seconds"]) == 10.0


async def test_all_pages_are_read(elb: tuple[str, RecordedElb]) -> None:
    page = recorded_xml("describe-target-groups")
    end = b"</TargetGroups>"
    elb[1].answers["DescribeTargetGroups"] = (
        200,
        page.replace(end, end + b"<NextMarker>m</NextMarker>"),
    )
    async with elb_at(elb[0]) as client:
        pages = client._pages("describe_target_groups", "TargetGroups", TargetGroupWire)
        await client._threads.call(next, pages)
        elb[1].answers.clear()
        assert len(await client._threads.call(list, pages)) == 1
    assert [call.get("Marker") for call in elb[1].calls] == [None, "m"]


@pytest.mark.parametrize(("wanted", "count"), [(("web",), 1), ((GROUP,), 1), (("other",), 0)])
async def test_only_named_groups(
    elb: tuple[str, RecordedElb], wanted: tuple[str, ...], count: int
) -> None:
    async with elb_at(elb[0], target_groups=wanted) as client:
        assert len(await client.target_groups()) == count


@pytest.mark.parametrize("path", HEALTH, ids=lambda path: path.stem)
async def test_every_recorded_target_health_is_read(
    path: Path, elb: tuple[str, RecordedElb]
) -> None:
    text = recorded_xml(path.stem).decode()
    elb[1].answers["DescribeTargetHealth"] = 200, text.encode()
    async with elb_at(elb[0]) as client:
        targets = await client.targets(GROUP)
    assert [target.state for target in targets] == re.findall(r"<State>(.*?)</State>", text)
    assert [target.key.id for target in targets] == re.findall(r"<Id>(.*?)</Id>", text)
    assert [str(target.key.port) for target in targets] == re.findall(r"<Port>(.*?)</Port>", text)
    assert [target.reason for target in targets if target.reason] == re.findall(
        r"<Reason>(.*?)</Reason>", text
    )
    assert all(target.key.group == GROUP for target in targets)


async def test_zone_quic_and_override_are_kept(elb: tuple[str, RecordedElb]) -> None:
    member = (
        b"<member><Target><Id>10.0.0.1</Id><Port>443</Port><AvailabilityZone>all</AvailabilityZone>"
        b"<QuicServerId>0x1</QuicServerId></Target><TargetHealth><State>healthy</State>"
        b"</TargetHealth><AdministrativeOverride><State>zonal_shift_active</State>"
        b"</AdministrativeOverride></member><member><Target><Id>arn:aws:lambda</Id></Target></member>"
    )
    body = re.sub(rb"(?s)<member>.*</member>", member, recorded_xml("describe-target-health"))
    elb[1].answers["DescribeTargetHealth"] = 200, body
    async with elb_at(elb[0]) as client:
        first, second = await client.targets(GROUP)
    assert (first.zone, first.quic_server_id, first.override) == (
        "all",
        "0x1",
        "zonal_shift_active",
    )
    assert not first.serving
    assert (second.key.port, second.state) == (0, "")


async def test_writes_name_the_port_always(elb: tuple[str, RecordedElb]) -> None:
    async with elb_at(elb[0], read_only=False) as client:
        await client.deregister(TargetKey(GROUP, "10.0.0.1", 8080))
        await client.register(TargetKey(GROUP, "10.0.0.1", 8080), "all", "")
    down, up = elb[1].calls
    assert down["Targets.member.1.Port"] == up["Targets.member.1.Port"] == "8080"
    assert "Targets.member.1.AvailabilityZone" not in down
    assert up["Targets.member.1.AvailabilityZone"] == "all"
    assert "Targets.member.1.QuicServerId" not in up


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, recorded_xml("error-target-group-not-found"), NotFound),
        (400, recorded_xml("error-invalid-action"), ApiError),
        (400, error_xml("Throttling"), Throttled),
        (403, error_xml("AccessDenied"), Refused),
        (503, error_xml("ServiceUnavailable"), Unreachable),
        (500, error_xml("HealthUnavailable"), Unreachable),
        (200, b"<html>login</html", Misread),
    ],
)
async def test_errors_have_a_place_in_the_tree_after_one_attempt(
    status: int, body: bytes, kind: type[ApiError], elb: tuple[str, RecordedElb]
) -> None:
    for action in ("DescribeTargetHealth", "DeregisterTargets"):
        elb[1].answers[action] = status, body
    async with elb_at(elb[0], read_only=False) as client:
        with pytest.raises(ApiError) as caught:
            await client.targets(GROUP)
        assert type(caught.value) is kind
        with pytest.raises(ApiError):
            await client.deregister(TargetKey(GROUP, "10.0.0.1", 80))
    assert len(elb[1].calls) == 2


async def test_nobody_there() -> None:
    async with elb_at("http://127.0.0.1:1") as client:
        with pytest.raises(Unreachable) as caught:
            await client.targets(GROUP)
    assert "AWS_ENDPOINT_URL" in caught.value.hint


async def test_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    async with elb_at("http://127.0.0.1:1") as client:
        with pytest.raises(Refused, match="credentials"):
            await client.targets(GROUP)


async def test_a_profile_that_does_not_exist() -> None:
    async with elb_at("http://127.0.0.1:1", profile="nobody") as client:
        with pytest.raises(Refused, match="ProfileNotFound"):
            await client.targets(GROUP)


async def test_identity(elb: tuple[str, RecordedElb]) -> None:
    arn = "arn:aws:iam::123456789012:user/operator"
    body = (
        "<GetCallerIdentityResponse xmlns='https://sts.amazonaws.com/doc/2011-06-15/'>"
        f"<GetCallerIdentityResult><Arn>{arn}</Arn></GetCallerIdentityResult>"
        "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
    )
    elb[1].answers["GetCallerIdentity"] = 200, body.encode()
    async with elb_at(elb[0]) as client:
        assert await client.identity() == arn


def _attributes(action: str, cross_zone: str) -> tuple[int, bytes]:
    member = f"<Key>load_balancing.cross_zone.enabled</Key><Value>{cross_zone}</Value>"
    body = (
        f"<{action}Response xmlns='http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/'>"
        f"<{action}Result><Attributes><member>{member}</member></Attributes></{action}Result>"
        f"<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></{action}Response>"
    )
    return 200, body.encode()


CROSS_ZONE = "load_balancing.cross_zone.enabled"
AS_BALANCER = "use_load_balancer_configuration"


async def test_a_group_without_a_word_of_its_own_crosses_zones_as_its_balancer_does(
    elb: tuple[str, RecordedElb],
) -> None:
    answers = elb[1].answers
    answers["DescribeTargetGroupAttributes"] = _attributes(
        "DescribeTargetGroupAttributes", AS_BALANCER
    )
    answers["DescribeLoadBalancerAttributes"] = _attributes(
        "DescribeLoadBalancerAttributes", "true"
    )
    async with elb_at(elb[0]) as client:
        assert (await client.attributes(GROUP))[CROSS_ZONE] == AS_BALANCER  # balancer not known
        await client.target_groups()
        assert (await client.attributes(GROUP))[CROSS_ZONE] == "true"
        assert (await client.attributes(GROUP))[CROSS_ZONE] == "true"
        asked = [call["Action"] for call in elb[1].calls]
        assert asked.count("DescribeLoadBalancerAttributes") == 1
        answers["DescribeLoadBalancerAttributes"] = 403, error_xml("AccessDenied")
        await client.target_groups()
        assert (await client.attributes(GROUP))[CROSS_ZONE] == AS_BALANCER
