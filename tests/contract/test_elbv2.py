"""What the console relies on in ELBv2: by AWS's own texts, for no AWS was asked."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from nomad_console.domain.target import TargetState
from nomad_console.simulator.elb.model import Answer
from tests.support.elb_parties import TIMELESS, ElbParty, Model, Moto, Simulated
from tests.support.elb_world import ElbWorld, boto_client
from tests.support.serving import served
from tests.support.statements import cannot_say, statement

HEALTH = "Application Load Balancers: Health checks for target groups"
REGISTER = "Application Load Balancers: Register targets"
ATTRIBUTES = "Application Load Balancers: Edit target group attributes"
API = "API Reference"
BY_ID = "moto keys targets by id alone"
MODEL_ONLY = "botocore's model does not say it"


@pytest.fixture(scope="module")
def moto() -> Iterator[Moto]:
    """One account for all: moto takes a second to lay a network out."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")  # and a second more to list images
        yield Moto()


@pytest.fixture
def party(request: pytest.FixtureRequest) -> Iterator[ElbParty]:
    if request.param == "moto":
        account: Moto = request.getfixturevalue("moto")
        yield account
        account.empty()
    elif request.param == "model":
        yield Model()
    else:
        world = ElbWorld()
        with served(world.app) as url:
            yield Simulated(world, boto_client("elbv2", url))


@statement(
    "elbv2.health.states", "A target is in one of seven states.", source=f"{API}: TargetHealth"
)
def test_states(party: ElbParty) -> None:
    known = {str(state) for state in TargetState}
    if isinstance(party, Model):
        assert party.enumeration("TargetHealthStateEnum") == known
        return
    party.register("web", party.target(1))
    party.register("spare", party.target(2))
    seen = {
        row["TargetHealth"]["State"] for group in ("web", "spare") for row in party.health(group)
    }
    assert seen
    assert seen <= known


@statement(
    "elbv2.health.healthy",
    "`healthy` comes without a reason and without a description.",
    source=f"{API}: TargetHealth",
)
def test_healthy(party: ElbParty) -> None:
    if isinstance(party, Model):
        text = "If the target state is healthy, a reason code is not provided"
        assert text in party.member_text("TargetHealth", "Reason")
        return
    party.register("web", party.target(1))
    party.settle()
    (row,) = party.health("web")
    assert row["TargetHealth"] == {"State": "healthy"}


@statement(
    "elbv2.health.not-in-use",
    "Targets of a group that no load balancer uses are `unused`, `Target.NotInUse`.",
    source=HEALTH,
)
def test_not_in_use(party: ElbParty) -> None:
    if isinstance(party, Model):
        text = "Target.NotInUse - The target group is not used by any load balancer"
        assert text in party.member_text("TargetHealth", "Reason")
        return
    if isinstance(party, Moto):
        cannot_say("moto uses every group")
    party.register("spare", party.target(1))
    assert party.state("spare", party.target(1)) == ("unused", "Target.NotInUse")
    assert party.row("spare")["LoadBalancerArns"] == []


@statement(
    "elbv2.health.not-registered",
    "Asked for by name, an unknown target is `unused`, `Target.NotRegistered`; no list holds it.",
    source=f"{API}: DescribeTargetHealth",
)
def test_not_registered(party: ElbParty) -> None:
    if isinstance(party, Model):
        text = "Target.NotRegistered - The target is not registered with the target group"
        assert text in party.member_text("TargetHealth", "Reason")
        return
    assert party.state("web", party.target(1)) == ("unused", "Target.NotRegistered")
    assert party.health("web") == []


@statement(
    "elbv2.health.first-check",
    "A new target is `initial` until one check has passed, then `healthy`.",
    source=HEALTH,
)
def test_first_check(party: ElbParty) -> None:
    if isinstance(party, Model):
        text = "Elb.RegistrationInProgress - The target is in the process of being registered"
        assert text in party.member_text("TargetHealth", "Reason")
        return
    if isinstance(party, Moto):
        cannot_say(TIMELESS)
    party.register("web", party.target(1))
    assert party.state("web", party.target(1)) == ("initial", "Elb.RegistrationInProgress")
    for _ in range(10 + party.row("web")["HealthCheckIntervalSeconds"]):
        if party.state("web", party.target(1)) == ("healthy", None):
            break
        assert not party.world.probed
        party.step(1)
    assert sum(party.world.probed.values()) == 1


@statement(
    "elbv2.health.failing",
    "After UnhealthyThresholdCount failed checks a target is `unhealthy`, with the reason.",
    source=HEALTH,
)
def test_failing(party: ElbParty) -> None:
    if isinstance(party, Model):
        text = (
            "Target.ResponseCodeMismatch - The health checks did not return an expected HTTP code"
        )
        assert text in party.member_text("TargetHealth", "Reason")
        return
    if isinstance(party, Moto):
        cannot_say("moto checks nothing")
    party.world.preload("web", 1)
    row = party.row("web")
    party.world.answers["127.77.0.1"] = Answer(503)
    party.step(row["HealthCheckIntervalSeconds"] * (row["UnhealthyThresholdCount"] + 1))
    assert party.state("web", party.target(1)) == ("unhealthy", "Target.ResponseCodeMismatch")


@statement(
    "elbv2.deregister.draining",
    "A deregistered target is `draining` for the deregistration delay, then listed no more.",
    source=ATTRIBUTES,
)
def test_draining(party: ElbParty) -> None:
    if isinstance(party, Model):
        text = "before changing the state of a deregistering target from draining to unused"
        assert text in party.member_text("TargetGroupAttribute", "Key")
        return
    if isinstance(party, Moto):
        cannot_say(TIMELESS)
    party.world.preload("web", 1)
    party.deregister("web", party.target(1))
    assert party.state("web", party.target(1)) == ("draining", "Target.DeregistrationInProgress")
    delay = float(party.attributes("web")["deregistration_delay.timeout_seconds"])
    party.step(delay - 3.5)
    assert party.state("web", party.target(1))[0] == "draining"
    party.step(6)
    assert party.state("web", party.target(1)) == ("unused", "Target.NotRegistered")
    assert party.health("web") == []


@statement(
    "elbv2.deregister.unknown",
    "To deregister a target that is not there succeeds.",
    source=f"{API}: DeregisterTargets",
)
def test_deregister_unknown(party: ElbParty) -> None:
    if isinstance(party, Model):
        text = "If the specified target does not exist, the action returns successfully"
        assert text in party.operation_text("DeregisterTargets")
        return
    if isinstance(party, Moto):
        cannot_say("moto refuses with InvalidTarget, against AWS's text")
    party.deregister("web", party.target(3))
    assert party.health("web") == []


@statement(
    "elbv2.deregister.port",
    "Deregistered without its port, a target on another port than its group's stays; status 200.",
    source="chaostoolkit-aws #60, aws-sdk-js #1964",
)
def test_deregister_without_port(party: ElbParty) -> None:
    if isinstance(party, Model):
        cannot_say(MODEL_ONLY)
    party.register("web", party.target(1, 8080))
    if isinstance(party, Moto):
        cannot_say(BY_ID)
    party.step(60)
    party.deregister("web", {"Id": party.target(1)["Id"]})
    party.step(60)
    assert party.state("web", party.target(1, 8080)) == ("healthy", None)


@statement(
    "elbv2.register.identity",
    "A target is its id and its port: one instance may be in a group with several ports.",
    source=f"{API}: RegisterTargets",
)
def test_identity(party: ElbParty) -> None:
    if isinstance(party, Model):
        text = "multiple times using different ports"
        assert text in party.operation_text("RegisterTargets")
        return
    if isinstance(party, Moto):
        cannot_say(BY_ID)
    party.register("web", party.target(1), party.target(1, 8080))
    assert {row["Target"]["Port"] for row in party.health("web")} == {80, 8080}
    party.deregister("web", party.target(1, 8080))
    party.step(60)
    assert [row["Target"]["Port"] for row in party.health("web")] == [80]


@statement(
    "elbv2.register.default-port",
    "Registered without a port, a target gets its group's.",
    source=f"{API}: RegisterTargets",
)
def test_default_port(party: ElbParty) -> None:
    if isinstance(party, Model):
        text = "using the protocol and port for the target group"
        assert text in party.operation_text("RegisterTargets")
        return
    party.register("web", {"Id": party.target(1)["Id"]})
    (row,) = party.health("web")
    assert row["Target"]["Port"] == party.row("web")["Port"] == 80


@statement(
    "elbv2.errors.group",
    "A group nobody knows is `TargetGroupNotFound`, 400.",
    source=f"{API}: DescribeTargetHealth",
)
def test_unknown_group(party: ElbParty) -> None:
    expected = ("TargetGroupNotFound", 400)
    if isinstance(party, Model):
        assert party.error("TargetGroupNotFoundException") == expected
        return
    unknown = party.arns["web"].replace("/web/", "/nope/")
    assert party.refusal(party.elb.describe_target_health, TargetGroupArn=unknown) == expected


@statement(
    "elbv2.errors.target",
    "To register an instance that is not there is `InvalidTarget`, 400.",
    source=f"{API}: RegisterTargets",
)
def test_invalid_target(party: ElbParty) -> None:
    expected = ("InvalidTarget", 400)
    if isinstance(party, Model):
        assert party.error("InvalidTargetException") == expected
        return
    if isinstance(party, Moto):
        cannot_say("moto registers anything")
    arguments = {"TargetGroupArn": party.arns["web"], "Targets": [{"Id": f"i-{0xBAD:017x}"}]}
    assert party.refusal(party.elb.register_targets, **arguments) == expected


@statement(
    "elbv2.errors.health",
    "Health that cannot be told is `HealthUnavailable`, 500.",
    source=f"{API}: DescribeTargetHealth",
)
def test_health_unavailable(party: ElbParty) -> None:
    expected = ("HealthUnavailable", 500)
    if isinstance(party, Model):
        assert party.error("HealthUnavailableException") == expected
        return
    if isinstance(party, Moto):
        cannot_say("moto never fails")
    party.world.faults.health_unavailable = True
    arn = party.arns["web"]
    assert party.refusal(party.elb.describe_target_health, TargetGroupArn=arn) == expected


@statement(
    "elbv2.errors.throttled",
    "Past 40 calls at once, 10 a second after that, calls are throttled with a 400.",
    source="Elastic Load Balancing: API throttling",
)
def test_throttled(party: ElbParty) -> None:
    if isinstance(party, Model):
        cannot_say(MODEL_ONLY)
    if isinstance(party, Moto):
        cannot_say("moto never throttles")
    for _ in range(40):
        party.health("web")
    code, status = party.refusal(party.elb.describe_target_health, TargetGroupArn=party.arns["web"])
    assert (code in {"Throttling", "ThrottlingException", "RequestLimitExceeded"}, status) == (
        True,
        400,
    )
    party.step(1)
    assert party.health("web") == []


@statement(
    "elbv2.paging.groups",
    "Pages of target groups cover all of them once; the last has no marker.",
    source=f"{API}: DescribeTargetGroups",
)
def test_pages(party: ElbParty) -> None:
    if isinstance(party, Model):
        assert {"Marker", "PageSize"} <= party.asked("DescribeTargetGroups")
        return
    if isinstance(party, Moto):
        cannot_say("moto pages nothing here")
    found, marker = list[str](), dict[str, str]()
    for _ in range(3):
        page = party.elb.describe_target_groups(PageSize=1, **marker)
        found += [row["TargetGroupArn"] for row in page["TargetGroups"]]
        marker = {"Marker": page.get("NextMarker", "")}
    assert sorted(found) == sorted(party.arns.values())
    assert marker == {"Marker": ""}


@statement(
    "elbv2.paging.health",
    "The health of a group's targets comes whole, never in pages.",
    source=f"{API}: DescribeTargetHealth",
)
def test_no_pages(party: ElbParty) -> None:
    if isinstance(party, Model):
        assert party.asked("DescribeTargetHealth") == {"TargetGroupArn", "Targets", "Include"}
        return
    party.register("web", *(party.target(number) for number in range(1, 7)))
    answer = party.elb.describe_target_health(TargetGroupArn=party.arns["web"])
    assert len(answer["TargetHealthDescriptions"]) == 6
    assert "NextMarker" not in answer


@statement(
    "elbv2.attributes.text",
    "Attributes are keys and texts; the deregistration delay is whole seconds, 0 to 3600.",
    source=f"{API}: TargetGroupAttribute",
)
def test_attributes(party: ElbParty) -> None:
    if isinstance(party, Model):
        assert party.kind("TargetGroupAttribute", "Value") == "string"
        text = "The range is 0-3600 seconds. The default value is 300 seconds."
        assert text in party.member_text("TargetGroupAttribute", "Key")
        return
    attributes = party.attributes("web")
    assert 0 <= int(attributes["deregistration_delay.timeout_seconds"]) <= 3600
    assert attributes["slow_start.duration_seconds"] == "0"


@statement(
    "elbv2.groups.checks",
    "A group says how it checks: interval and timeout in whole seconds, both thresholds, codes.",
    source=f"{API}: TargetGroup",
)
def test_checks(party: ElbParty) -> None:
    numbers = [
        "HealthCheckIntervalSeconds",
        "HealthCheckTimeoutSeconds",
        "HealthyThresholdCount",
        "UnhealthyThresholdCount",
    ]
    if isinstance(party, Model):
        assert {party.kind("TargetGroup", name) for name in numbers} == {"integer"}
        assert party.kind("Matcher", "HttpCode") == "string"
        return
    row = party.row("web")
    assert all(isinstance(row[name], int) and row[name] > 0 for name in numbers)
    assert row["Matcher"]["HttpCode"] == "200"


@statement(
    "elbv2.groups.balancer",
    "A group in use names its load balancer; at most one.",
    source=f"{API}: TargetGroup",
)
def test_balancer(party: ElbParty) -> None:
    if isinstance(party, Model):
        text = "You can use each target group with only one load balancer"
        assert text in party.member_text("TargetGroup", "LoadBalancerArns")
        return
    (balancer,) = party.elb.describe_load_balancers()["LoadBalancers"]
    assert party.row("web")["LoadBalancerArns"] == [balancer["LoadBalancerArn"]]
    assert (balancer["Type"], balancer["State"]["Code"]) == ("application", "active")
