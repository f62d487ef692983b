"""The scenario's Auto Scaling groups, as rows of DescribeAutoScalingInstances."""

from collections.abc import Sequence

from nomad_console.simulator.elb.xml import Value
from nomad_console.simulator.machines import Place
from nomad_console.simulator.scenario import Scenario


def scaling_rows(scenario: Scenario, places: Sequence[Place]) -> list[dict[str, Value]]:
    """One row for each client that a group owns."""
    return [
        {
            "InstanceId": place.instance_id,
            "AutoScalingGroupName": scaling.group,
            "AvailabilityZone": place.zone,
            "LifecycleState": scaling.lifecycle,
            "HealthStatus": scaling.health,
            "ProtectedFromScaleIn": False,
        }
        for scaling in scenario.scaling
        for place in places
        if not scaling.clients or place.name in scaling.clients
    ]
