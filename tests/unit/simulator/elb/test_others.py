import pytest

from nomad_console.simulator.elb.errors import AwsRefused
from nomad_console.simulator.elb.others import scaling_instances

ROWS = [{"InstanceId": f"i-{number}", "AutoScalingGroupName": "g"} for number in range(60)]


def asked(*ids: str) -> dict[str, str]:
    return {f"InstanceIds.member.{place}": each for place, each in enumerate(ids, 1)}


def test_unknown_instances_are_left_out_without_a_word() -> None:
    found = scaling_instances(ROWS, asked("i-3", "i-none"))
    assert [row["InstanceId"] for row in found["AutoScalingInstances"]] == ["i-3"]
    assert found["NextToken"] is None


def test_pages_lead_to_all_of_them() -> None:
    first = scaling_instances(ROWS, {})
    rest = scaling_instances(ROWS, {"NextToken": first["NextToken"]})
    assert len(first["AutoScalingInstances"]) == 50
    assert len(rest["AutoScalingInstances"]) == 10
    assert rest["NextToken"] is None


def test_fifty_at_most_can_be_asked_for() -> None:
    with pytest.raises(AwsRefused):
        scaling_instances(ROWS, asked(*(f"i-{number}" for number in range(51))))
