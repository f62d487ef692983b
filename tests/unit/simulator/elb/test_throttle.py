from nomad_console.simulator.elb.throttle import Throttle
from nomad_console.simulator.timeline import Timeline
from tests.support.manual_clock import ManualClock


def a_throttle() -> tuple[ManualClock, Throttle]:
    clock = ManualClock()
    return clock, Throttle(Timeline(clock))


def admitted(throttle: Throttle, action: str, calls: int) -> int:
    return sum(throttle.admit(action) for _ in range(calls))


def test_forty_describes_then_ten_a_second() -> None:
    clock, throttle = a_throttle()
    assert admitted(throttle, "DescribeTargetHealth", 50) == 40
    clock.jump(1)
    assert admitted(throttle, "DescribeTags", 50) == 10


def test_registrations_share_a_bucket_of_twenty() -> None:
    clock, throttle = a_throttle()
    assert admitted(throttle, "RegisterTargets", 15) == 15
    assert admitted(throttle, "DeregisterTargets", 15) == 5
    clock.jump(1)
    assert admitted(throttle, "RegisterTargets", 15) == 4


def test_other_writes_have_their_own_bucket_and_all_share_one_more() -> None:
    clock, throttle = a_throttle()
    assert admitted(throttle, "ModifyTargetGroupAttributes", 25) == 20
    assert admitted(throttle, "RegisterTargets", 25) == 20
    assert admitted(throttle, "DescribeTags", 5) == 0
    clock.jump(1)
    assert admitted(throttle, "DescribeTags", 20) == 10


def test_the_load_of_others_leaves_less_or_nothing() -> None:
    clock, throttle = a_throttle()
    throttle.load = 8
    clock.jump(10)
    assert admitted(throttle, "DescribeTags", 60) == 40
    clock.jump(1)
    assert admitted(throttle, "DescribeTags", 60) == 2
    throttle.load = 1000
    clock.jump(60)
    assert admitted(throttle, "DescribeTags", 1) == 0
    throttle.load = 0
    assert throttle.load == 0
    clock.jump(1)
    assert admitted(throttle, "DescribeTags", 60) == 10


def test_everything_can_be_used_up_at_once() -> None:
    clock, throttle = a_throttle()
    throttle.exhaust()
    assert not throttle.admit("DescribeTags")
    clock.jump(0.1)
    assert throttle.admit("DescribeTags")
