import msgspec
import pytest

from nomad_console.clients.elb_wire import (
    InstanceWire,
    LoadBalancerWire,
    StateWire,
    TargetGroupWire,
    TargetWire,
    ZoneWire,
    load_balancer,
    scaling_instance,
    target,
    target_group,
)
from nomad_console.domain.facts import ScalingInstance
from nomad_console.domain.target import LoadBalancer, TargetKey


def test_a_balancer_has_its_state_and_zones() -> None:
    wire = LoadBalancerWire(
        "arn:lb", "web", "application", StateWire(code="active"), [ZoneWire("a"), ZoneWire("b")]
    )
    assert load_balancer(wire) == LoadBalancer("arn:lb", "web", "application", "active", ("a", "b"))


def test_what_a_group_does_not_say_is_nothing() -> None:
    found = target_group(TargetGroupWire("arn:tg"))
    assert (found.arn, found.port, found.load_balancers) == ("arn:tg", 0, ())
    assert (found.health_interval_s, found.attributes) == (0.0, None)


def test_a_target_belongs_to_the_group_asked() -> None:
    shape = {
        "Target": {"Id": "i-1", "Port": 80},
        "TargetHealth": {"State": "draining"},
        "AdministrativeOverride": {"State": "no_override"},
    }
    found = target("g", msgspec.convert(shape, TargetWire))
    assert (found.key, found.state) == (TargetKey("g", "i-1", 80), "draining")
    assert found.override == "no_override"


@pytest.mark.parametrize(
    "bent",
    [
        {},
        {"Target": {}},
        {"Target": {"Id": ""}},
        {"Target": {"Id": "i-1", "Port": 65_536}},
        {"Target": {"Id": "i-1", "Port": "80"}},
        {"Target": {"Id": "i-1"}, "TargetHealth": {"State": 7}},
    ],
)
def test_a_target_of_another_form_is_none(bent: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(bent, TargetWire)


def test_an_instance_is_in_a_group() -> None:
    found = scaling_instance(InstanceWire("i-1", "web", "InService", "HEALTHY"))
    assert found == ScalingInstance("i-1", "web", "InService", "HEALTHY")
