import pytest

from nomad_console.simulator.elb.settings import Arns, HealthCheck, LoadBalancer, TargetGroup
from nomad_console.simulator.pace import Pace


@pytest.mark.parametrize(
    ("matcher", "status", "matches"),
    [("200", 200, True), ("200", 204, False), ("200-299", 204, True), ("200,404", 404, True)],
)
def test_a_matcher_lists_codes_and_spans(matcher: str, status: int, *, matches: bool) -> None:
    assert HealthCheck(matcher=matcher).matches(status) is matches


def test_a_fast_world_divides_and_keeps_whole_seconds_where_they_are_served() -> None:
    settings = TargetGroup("web", deregistration_delay=30, slow_start=30).paced(Pace(8))
    assert (settings.check.interval, settings.check.timeout) == (0.625, 0.25)
    assert (settings.deregistration_delay, settings.slow_start) == (4.0, 4.0)
    assert TargetGroup("web", deregistration_delay=0).paced(Pace(8)).deregistration_delay == 0


def test_arns_name_region_kind_and_resource() -> None:
    arns = Arns("eu-west-1")
    balancer = LoadBalancer("front", ("eu-west-1a",))
    network = LoadBalancer("front", ("eu-west-1a",), "network")
    start = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:"
    assert arns.group("web").startswith(f"{start}targetgroup/web/")
    assert arns.balancer(balancer).startswith(f"{start}loadbalancer/app/front/")
    assert arns.balancer(network).startswith(f"{start}loadbalancer/net/front/")
    listener = arns.listener(balancer, 80)
    assert listener.startswith(f"{start}listener/app/front/")
    assert listener != arns.listener(balancer, 443)
    assert arns.rule(listener, 1).startswith(f"{start}listener-rule/app/front/")
