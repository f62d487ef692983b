from collections import Counter

import pytest

from nomad_console.simulator.elb.errors import AwsRefused
from nomad_console.simulator.elb.model import Answer, Wanted
from tests.support.elb_world import REFUSED, ElbWorld, instance

ONE = [Wanted(instance(1))]


def test_healthy_targets_take_turns() -> None:
    world = ElbWorld()
    world.preload()
    assert world.routed() == {instance(1): 20, instance(2): 20, instance(3): 20}
    target = world.balancer.route("web")
    assert target is not None
    assert (target.group, target.port) == ("web", 80)
    assert target.address.startswith("127.77.0.")


def test_a_target_gets_nothing_before_it_is_healthy() -> None:
    world = ElbWorld()
    world.preload(count=1)
    world.balancer.register("web", [Wanted(instance(2))])
    while world.shown().get(instance(2)) != "healthy":
        assert instance(2) not in world.routed()
        world.step(0.5)
    assert world.routed()[instance(2)] == 30


@pytest.mark.parametrize("seed", range(10))
def test_requests_still_come_after_deregistration_for_five_to_twenty_seconds(seed: int) -> None:
    world = ElbWorld(seed)
    world.preload()
    world.balancer.deregister("web", ONE)
    world.answers["127.77.0.1"] = REFUSED
    last = 0
    for second in range(1, 40):
        world.step(1)
        if world.routed()[instance(1)]:
            last = second
    assert 4 <= last <= 20


def test_the_tail_outlasts_a_short_delay() -> None:
    world = ElbWorld(deregistration_delay=0)
    world.preload()
    world.balancer.deregister("web", ONE)
    world.step(4)
    assert instance(1) not in world.shown()
    assert world.routed()[instance(1)] == 20
    world.step(17)
    assert instance(1) not in world.routed()


def test_what_was_not_sent_to_before_is_not_sent_to_after() -> None:
    world = ElbWorld()
    world.preload()
    world.answers["127.77.0.1"] = REFUSED
    world.step(11)
    assert instance(1) not in world.routed()
    world.balancer.deregister("web", ONE)
    assert instance(1) not in world.routed()


def test_it_fails_open_when_too_few_are_healthy() -> None:
    world = ElbWorld()
    world.preload()
    for number in (1, 2, 3):
        world.answers[f"127.77.0.{number}"] = Answer(500)
    world.step(11)
    assert set(world.shown().values()) == {"unhealthy"}
    assert len(world.routed()) == 3
    world.answers.clear()
    world.answers["127.77.0.1"] = Answer(500)
    world.step(11)
    assert set(world.routed()) == {instance(2), instance(3)}


def test_a_minimum_of_healthy_targets_makes_it_fail_open_sooner() -> None:
    for settings in ({"routing_count": 3}, {"routing_percentage": 70.0}):
        world = ElbWorld(**settings)
        world.preload()
        world.answers["127.77.0.1"] = Answer(500)
        world.step(11)
        assert len(world.routed()) == 3


def test_a_group_without_targets_or_without_rule_answers_503() -> None:
    world = ElbWorld()
    world.balancer.preload("spare", instance(1))
    world.step(20)
    assert world.routed("web") == {"503": 60}
    assert world.routed("spare") == {"503": 60}
    assert world.shown("spare") == {instance(1): "unused"}
    assert world.balancer.health("spare")[0].health.reason == "Target.NotInUse"
    assert world.probed.total() == 0


def test_a_zone_that_is_not_enabled_is_not_in_use() -> None:
    world = ElbWorld()
    world.balancer.add_instance("i-far", "127.77.9.9", "eu-west-1c")
    world.balancer.register("web", [Wanted("i-far")])
    world.step(20)
    found = world.balancer.health("web")[0].health
    assert (found.state, found.reason) == ("unused", "Target.NotInUse")
    assert world.routed() == {"503": 60}


def test_a_stopped_instance_is_unused_and_initial_again_when_it_runs() -> None:
    world = ElbWorld()
    world.preload()
    world.balancer.set_instance_state(instance(1), "stopped")
    assert world.balancer.health("web", ONE)[0].health.reason == "Target.InvalidState"
    assert instance(1) not in world.routed()
    world.balancer.set_instance_state(instance(1), "running")
    assert world.shown()[instance(1)] == "initial"
    world.step(6)
    assert world.shown()[instance(1)] == "healthy"


def test_without_cross_zone_each_zone_is_on_its_own() -> None:
    world = ElbWorld(balancer_cross_zone=False)
    world.balancer.preload("web", instance(2))
    world.balancer.preload("web", instance(4))
    found = world.routed(requests=400)
    assert 120 < found["503"] < 280
    assert found[instance(2)] + found[instance(4)] == 400 - found["503"]
    one_group_says_no = ElbWorld(cross_zone=False)
    one_group_says_no.balancer.preload("web", instance(2))
    assert one_group_says_no.routed()["503"] > 0


def test_a_shifted_zone_gets_nothing_though_it_reads_healthy() -> None:
    world = ElbWorld()
    world.preload()
    world.balancer.shifted.add("eu-west-1b")
    assert world.routed() == {instance(2): 60}
    found = {each.key.id: each.shifted for each in world.balancer.health("web")}
    assert found == {instance(1): True, instance(2): False, instance(3): True}
    assert set(world.shown().values()) == {"healthy"}


def test_slow_start_grows_with_time_and_nothing_shows_it() -> None:
    world = ElbWorld(slow_start=30)
    world.preload(count=2)
    world.step(31)
    world.balancer.register("web", [Wanted(instance(3))])
    while world.shown().get(instance(3)) != "healthy":
        world.step(0.5)
    shares = []
    for _ in range(4):
        shares.append(world.routed(requests=600)[instance(3)])
        world.step(10)
    assert shares[0] < 40
    assert shares[0] < shares[1] < shares[2]
    assert shares[3] == 200


def test_slow_start_is_skipped_where_everything_starts() -> None:
    world = ElbWorld(slow_start=30)
    world.preload()
    assert world.routed() == {instance(1): 20, instance(2): 20, instance(3): 20}


def test_identity_is_id_and_port() -> None:
    world = ElbWorld()
    world.balancer.preload("web", instance(1), 80)
    world.balancer.preload("web", instance(1), 8080)
    world.balancer.preload("web", instance(2), 8080)
    nothing = [Wanted(instance(2)), Wanted(instance(5)), Wanted(instance(1), 81)]
    world.balancer.deregister("web", nothing)
    world.step(5)
    assert {each.health.state for each in world.balancer.health("web")} == {"healthy"}
    world.balancer.deregister("web", [Wanted(instance(1), 8080)])
    world.step(2)
    states = Counter((each.key, str(each.health.state)) for each in world.balancer.health("web"))
    assert states[(instance(1), 8080), "draining"] == 1  # type: ignore[index]  # a Key is a tuple
    assert len(states) == 3
    asked = world.balancer.health("web", [Wanted(instance(5)), Wanted(instance(1))])
    assert [str(each.health.state) for each in asked] == ["unused", "healthy"]


def test_registration_is_all_or_nothing() -> None:
    world = ElbWorld()
    with pytest.raises(AwsRefused, match="Instance ID 'i-none' is not valid"):
        world.balancer.register("web", [Wanted(instance(1)), Wanted("i-none")])
    assert world.balancer.group("web").targets == {}
    many = [Wanted("127.77.0.1", port) for port in range(1, 1002)]
    with pytest.raises(AwsRefused) as refused:
        world.balancer.register("api", many)
    assert refused.value.code == "TooManyTargets"


def test_an_unknown_group_is_not_found() -> None:
    with pytest.raises(AwsRefused) as refused:
        ElbWorld().balancer.group("none")
    assert refused.value.code == "TargetGroupNotFound"


def test_checks_go_to_the_targets_port_and_the_configured_path() -> None:
    world = ElbWorld()
    world.balancer.preload("web", instance(1), 8080)
    world.step(6)
    assert set(world.probed) == {"127.77.0.1:8080/ping"}
