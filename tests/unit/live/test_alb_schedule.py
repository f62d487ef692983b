"""Whose turn it is."""

from nomad_console.domain.policy import Policy
from nomad_console.live.alb_schedule import AlbSchedule, GroupTurn
from tests.support.records import a_target_group

DELAY = "deregistration_delay.timeout_seconds"


def schedule(*arns: str, protocol: str = "HTTP", delay: str = "60") -> AlbSchedule:
    made = AlbSchedule(Policy())
    made.know(a_target_group(arn, protocol=protocol, attributes={DELAY: delay}) for arn in arns)
    return made


def settle(made: AlbSchedule, now: float) -> list[GroupTurn]:
    """Take every turn that is due."""
    turns = []
    while (turn := made.next(now)) is not None:
        made.begin(turn)
        made.done(turn, now)
        turns.append(turn)
    return turns


def test_every_group_once_before_any_attribute() -> None:
    turns = settle(schedule("g1", "g2"), 0)
    assert turns == [
        GroupTurn("g1"),
        GroupTurn("g2"),
        GroupTurn("g1", attributes=True),
        GroupTurn("g2", attributes=True),
    ]


def test_attributes_of_groups_in_play_come_before_other_groups() -> None:
    made = schedule("g1", "g2", "g3")
    made.play(frozenset({"g3"}))
    assert settle(made, 0)[:3] == [
        GroupTurn("g3"),
        GroupTurn("g3", attributes=True),
        GroupTurn("g1"),
    ]


def test_the_rest_goes_in_turn_the_longest_waiting_first() -> None:
    made = schedule("g1", "g2")
    settle(made, 0)
    made.done(GroupTurn("g1"), 5)
    assert settle(made, 9) == []
    assert settle(made, 10) == [GroupTurn("g2")]
    assert settle(made, 15) == [GroupTurn("g1")]


def test_a_written_group_is_read_at_once_then_fast_then_slowly_then_fast_near_the_end() -> None:
    made = schedule("g1")
    made.play(frozenset({"g1"}))
    settle(made, 0)
    made.written("g1", 100)
    assert settle(made, 100) == [GroupTurn("g1")]
    assert [made.every("g1", 100 + since) for since in (1, 15, 16, 50, 57, 75, 76)] == [
        2,
        2,
        10,
        10,
        2,
        2,
        10,
    ]


def test_near_the_end_reaches_from_the_delay_to_the_floor() -> None:
    short = schedule("g1", delay="5")
    short.play(frozenset({"g1"}))
    short.written("g1", 0)
    assert [short.every("g1", since) for since in (14, 20, 30, 45, 46)] == [2, 2, 2, 2, 10]
    network = schedule("g1", protocol="TCP", delay="60")
    network.play(frozenset({"g1"}))
    network.written("g1", 0)
    assert [network.every("g1", since) for since in (20, 60, 180, 195, 196)] == [10, 2, 2, 2, 10]


def test_a_demand_during_a_reading_needs_another_one() -> None:
    made = schedule("g1")
    settle(made, 0)
    made.demand("g1")
    turn = made.next(1)
    assert turn == GroupTurn("g1")
    made.begin(turn)
    made.demand("g1")
    made.done(turn, 1)
    assert settle(made, 1) == [GroupTurn("g1")]


def test_a_group_that_is_gone_has_no_turn_until_it_is_known_again() -> None:
    made = schedule("g1")
    made.demand("g1")
    made.forget("g1")
    assert made.next(0) is None
    made.know([a_target_group("g1")])
    assert made.next(0) == GroupTurn("g1")
