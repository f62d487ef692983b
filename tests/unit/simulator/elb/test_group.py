import pytest

from nomad_console.simulator.elb.errors import AwsRefused
from nomad_console.simulator.elb.model import Answer, Target, Wanted
from nomad_console.simulator.elb.settings import HealthCheck
from tests.support.elb_world import REFUSED, TIMED_OUT, ElbWorld, instance

ONE = [Wanted(instance(1))]


def states(world: ElbWorld, seconds: int, group: str = "web") -> list[str]:
    """State of the first machine's target at each half second, consecutive repeats once."""
    seen: list[str] = []
    target = world.target_id(group, 1)
    for _ in range(seconds * 2):
        state = world.shown(group).get(target, "absent")
        if not seen or seen[-1] != state:
            seen.append(state)
        world.step(0.5)
    return seen


@pytest.mark.parametrize("seed", range(8))
def test_a_registered_target_is_initial_for_two_reasons_and_healthy_at_its_first_check(
    seed: int,
) -> None:
    world = ElbWorld(seed)
    world.balancer.register("web", ONE)
    shown: dict[str, float] = {}
    for tick in range(320):
        state = world.shown().get(instance(1), "absent")
        reason = world.reason(instance(1))
        shown.setdefault(f"{state}/{reason}", tick / 20)
        world.step(0.05)
    absent, registering, checking, healthy = shown.values()
    assert list(shown) == [
        "absent/Target.NotRegistered",
        "initial/Elb.RegistrationInProgress",
        "initial/Elb.InitialHealthChecking",
        "healthy/",
    ]
    assert absent <= registering <= 2.1
    assert 2.9 <= checking <= 10.1
    assert healthy - checking <= 5.2


@pytest.mark.parametrize("seed", range(8))
def test_a_deregistered_target_drains_for_exactly_the_delay(seed: int) -> None:
    world = ElbWorld(seed)
    world.preload()
    drained: list[Target] = []
    world.balancer.on_drained(drained.append)
    world.balancer.deregister("web", ONE)
    world.step(2)
    assert world.shown()[instance(1)] == "draining"
    assert world.reason(instance(1)) == "Target.DeregistrationInProgress"
    world.step(27.9)
    assert world.shown()[instance(1)] == "draining"
    assert drained == []
    world.step(0.2)
    assert instance(1) not in world.shown()
    assert world.reason(instance(1)) == "Target.NotRegistered"
    assert [target.id for target in drained] == [instance(1)]


def test_a_write_shows_within_two_seconds_but_not_always_at_once() -> None:
    late = 0
    for seed in range(30):
        world = ElbWorld(seed)
        world.preload()
        world.balancer.deregister("web", ONE)
        world.step(0.5)
        late += world.shown()[instance(1)] == "healthy"
        world.step(1.5)
        assert world.shown()[instance(1)] == "draining"
    assert 10 < late < 30


def test_a_delay_of_nothing_is_over_within_the_lag() -> None:
    world = ElbWorld(deregistration_delay=0)
    world.preload()
    world.balancer.deregister("web", ONE)
    world.step(2)
    assert instance(1) not in world.shown()


@pytest.mark.parametrize(
    ("answer", "reason", "words"),
    [
        (REFUSED, "Target.FailedHealthChecks", "Health checks failed"),
        (TIMED_OUT, "Target.Timeout", "Request timed out"),
        (
            Answer(503),
            "Target.ResponseCodeMismatch",
            "Health checks failed with these codes: [503]",
        ),
    ],
)
def test_failing_checks_turn_it_unhealthy_with_their_reason_and_passing_ones_back(
    answer: Answer, reason: str, words: str
) -> None:
    world = ElbWorld()
    world.preload()
    world.step(20)
    world.answers["127.77.0.1"] = answer
    world.step(5)
    assert world.shown()[instance(1)] == "healthy"
    world.step(7.1)
    health = world.balancer.health("web", ONE)[0].health
    assert (health.state, health.reason, health.description) == ("unhealthy", reason, words)
    world.answers.clear()
    world.step(5)
    assert world.shown()[instance(1)] == "unhealthy"
    world.step(7)
    assert world.shown()[instance(1)] == "healthy"


def test_the_reason_follows_the_latest_failure() -> None:
    world = ElbWorld()
    world.preload()
    world.answers["127.77.0.1"] = REFUSED
    world.step(11)
    world.answers["127.77.0.1"] = Answer(502)
    world.step(6)
    assert world.reason(instance(1)) == "Target.ResponseCodeMismatch"


def test_one_failure_between_successes_changes_nothing() -> None:
    world = ElbWorld(check=HealthCheck(unhealthy=3))
    world.preload()
    for _ in range(4):
        world.answers["127.77.0.1"] = REFUSED
        world.step(10)
        world.answers.clear()
        world.step(5)
        assert world.shown()[instance(1)] == "healthy"


def test_a_new_target_that_never_answers_turns_unhealthy() -> None:
    world = ElbWorld()
    world.answers["127.77.0.1"] = REFUSED
    world.balancer.register("web", ONE)
    assert states(world, 30) == ["absent", "initial", "unhealthy"]


def test_dying_while_draining_changes_nothing_that_is_shown() -> None:
    world = ElbWorld()
    world.preload()
    world.balancer.deregister("web", ONE)
    world.answers["127.77.0.1"] = REFUSED
    assert states(world, 35) == ["healthy", "draining", "absent"]


def test_an_instance_may_come_back_while_it_drains() -> None:
    world = ElbWorld()
    world.preload()
    world.balancer.deregister("web", ONE)
    world.step(5)
    world.balancer.register("web", ONE)
    assert states(world, 40) == ["draining", "initial", "healthy"]


@pytest.mark.parametrize("rejoin", ["refuse", "ignore"])
def test_an_address_may_not(rejoin: str) -> None:
    world = ElbWorld()
    world.preload("api")
    group = world.balancer.group("api")
    group.ip_rejoin = rejoin
    one = [Wanted("127.77.0.1")]
    world.balancer.deregister("api", one)
    world.step(5)
    if rejoin == "refuse":
        with pytest.raises(AwsRefused, match="still being deregistered"):
            world.balancer.register("api", [Wanted("127.77.0.4"), *one])
        assert "127.77.0.4" not in {key.id for key in group.targets}
    else:
        world.balancer.register("api", one)
    assert states(world, 30, "api") == ["draining", "absent"]
    world.balancer.register("api", one)
    assert states(world, 20, "api") == ["absent", "initial", "healthy"]


def test_registering_what_is_registered_changes_nothing() -> None:
    world = ElbWorld()
    world.preload()
    world.balancer.register("web", ONE)
    assert states(world, 10) == ["healthy"]


def test_a_network_balancer_is_slow_and_tells_no_reason() -> None:
    world = ElbWorld(kind="network")
    world.preload()
    world.answers["127.77.0.1"] = Answer(503)
    world.step(11)
    assert world.reason(instance(1)) == "Target.FailedHealthChecks"
    world.balancer.register("web", [Wanted(instance(5))])
    world.step(170)
    assert world.shown()[instance(5)] == "initial"
    world.step(16)
    assert world.shown()[instance(5)] == "healthy"


def test_a_fast_world_is_faster_in_everything() -> None:
    world = ElbWorld(speed=10)
    world.preload()
    world.balancer.deregister("web", ONE)
    world.step(0.2)
    assert world.shown()[instance(1)] == "draining"
    world.step(2.9)
    assert instance(1) not in world.shown()
    world.balancer.register("web", ONE)
    world.step(1.6)
    assert world.shown()[instance(1)] == "healthy"


def test_an_unhealthy_target_of_a_network_balancer_may_drain_first() -> None:
    kept = {
        "target_health_state.unhealthy.connection_termination.enabled": "false",
        "target_health_state.unhealthy.draining_interval_seconds": "30",
    }
    world = ElbWorld(kind="network", attributes=kept)
    world.preload()
    world.answers["127.77.0.1"] = REFUSED
    assert states(world, 60) == ["healthy", "unhealthy.draining", "unhealthy"]
    world.answers.clear()
    assert states(world, 20) == ["unhealthy", "healthy"]


@pytest.mark.parametrize(("setting", "cuts"), [("false", 0), ("true", 1)])
def test_flows_of_a_network_balancer_outlive_the_delay_unless_told_otherwise(
    setting: str, cuts: int
) -> None:
    termination = {"deregistration_delay.connection_termination.enabled": setting}
    world = ElbWorld(kind="network", attributes=termination)
    world.preload()
    drained: list[Target] = []
    world.balancer.on_drained(drained.append)
    world.balancer.deregister("web", ONE)
    world.step(31)
    assert len(drained) == cuts
