"""What a target's listing means for traffic."""

import pytest

from tests.support.records import a_target, a_target_group


@pytest.mark.parametrize(
    ("state", "override", "serving"),
    [
        ("healthy", "", True),
        ("healthy", "no_override", True),
        ("healthy", "zonal_shift_active", False),
        ("healthy", "zonal_shift_delegated_to_dns", False),
        ("initial", "", False),
        ("draining", "", False),
        ("unhealthy.draining", "", False),
        ("a new state", "", False),
    ],
)
def test_serving_is_healthy_and_not_shifted_away(state: str, override: str, serving: bool) -> None:
    assert a_target(state=state, override=override).serving is serving


def test_waits_are_unknown_until_the_attributes_are_read() -> None:
    group = a_target_group()
    assert group.deregistration_delay_s is None
    assert group.slow_start_s is None


def test_attributes_are_text_and_have_aws_defaults() -> None:
    told = {"deregistration_delay.timeout_seconds": "30", "slow_start.duration_seconds": "60"}
    group = a_target_group(attributes=told)
    assert (group.deregistration_delay_s, group.slow_start_s) == (30, 60)
    bare = a_target_group(attributes={})
    assert (bare.deregistration_delay_s, bare.slow_start_s) == (300, 0)
    odd = a_target_group(attributes={"deregistration_delay.timeout_seconds": "soon"})
    assert odd.deregistration_delay_s == 300


@pytest.mark.parametrize(
    ("protocol", "network"),
    [("HTTP", False), ("HTTPS", False), ("TCP", True), ("TLS", True), ("GENEVE", True)],
)
def test_only_http_is_an_application_balancers(protocol: str, network: bool) -> None:
    assert a_target_group(protocol=protocol).network is network
