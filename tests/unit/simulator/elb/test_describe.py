from nomad_console.simulator.elb import describe
from nomad_console.simulator.elb.settings import LoadBalancer, Rule, TargetGroup
from tests.support.elb_world import ElbWorld


def test_durations_of_a_fast_world_are_served_as_whole_seconds() -> None:
    world = ElbWorld(speed=10)
    shape = describe.target_group(world.balancer, world.balancer.group("web").settings)
    assert shape["HealthCheckIntervalSeconds"] == 1
    assert shape["HealthCheckTimeoutSeconds"] == 1
    assert len(shape["LoadBalancerArns"]) == 1
    spare = describe.target_group(world.balancer, world.balancer.group("spare").settings)
    assert spare["LoadBalancerArns"] == []


def test_attributes_are_strings_and_a_scenario_may_set_any() -> None:
    group = TargetGroup(
        "g",
        deregistration_delay=120,
        routing_percentage=50,
        cross_zone=False,
        attributes={"stickiness.enabled": "true", "new.key": "x"},
    )
    found = describe.group_attributes(group)
    assert all(isinstance(value, str) for value in found.values())
    routing = "target_group_health.unhealthy_state_routing.minimum_healthy_targets"
    assert found["deregistration_delay.timeout_seconds"] == "120"
    assert found[f"{routing}.count"] == "1"
    assert found[f"{routing}.percentage"] == "50"
    assert found["load_balancing.cross_zone.enabled"] == "false"
    assert (found["stickiness.enabled"], found["new.key"]) == ("true", "x")
    balancer = LoadBalancer("b", ("z",), attributes={"idle_timeout.timeout_seconds": "200"})
    attributes = describe.balancer_attributes(balancer)
    assert attributes["idle_timeout.timeout_seconds"] == "200"
    assert attributes["load_balancing.cross_zone.enabled"] == "true"


def test_a_listener_without_default_rule_answers_404_by_itself() -> None:
    world = ElbWorld()
    world.balancer.add_listener("front", [Rule("spare", 5, weight=0)], port=8443)
    listener = world.balancer.listeners[-1]
    default = describe.listener(world.balancer, listener)["DefaultActions"]
    assert default[0]["FixedResponseConfig"]["StatusCode"] == "404"
    rules = describe.rules(world.balancer, listener)
    assert [rule["Priority"] for rule in rules] == ["5", "default"]
    assert rules[0]["Actions"][0]["ForwardConfig"]["TargetGroups"][0]["Weight"] == 0


def test_a_target_health_says_no_more_than_there_is() -> None:
    world = ElbWorld()
    world.preload("api", 1)
    found = world.balancer.health("api")[0]
    shape = describe.target_health(found, anomalies=True)
    assert shape["TargetHealth"] == {"State": "healthy", "Reason": None, "Description": None}
    assert shape["Target"]["AvailabilityZone"] == "eu-west-1b"
    assert shape["AdministrativeOverride"] is None
    assert shape["AnomalyDetection"] == {"Result": "normal", "MitigationInEffect": "no"}
    world.balancer.shifted.add("eu-west-1b")
    shifted = describe.target_health(world.balancer.health("api")[0], anomalies=False)
    assert shifted["AdministrativeOverride"]["State"] == "zonal_shift_active"
    assert shifted["AnomalyDetection"] is None
