"""What the parts share."""

from nomad_console.simulator.nomad.core import seconds_of
from tests.support.nomad_world import NomadWorld


def test_durations_are_nanoseconds_or_nothing() -> None:
    assert seconds_of(1_500_000_000) == 1.5
    assert seconds_of(None) == 0.0


def test_what_is_written_in_the_past_is_dated_so() -> None:
    core = NomadWorld(clients=0).cluster.core
    with core.ago(3600):
        assert core.stamp() == "2026-11-22T21:00:00Z"
        assert core.now_ns() == core.now_s() * 10**9
        with core.ago(-5):
            assert core.stamp() == "2026-11-22T22:00:00Z"
    assert core.stamp() == "2026-11-22T22:00:00Z"


def test_waits_are_divided_by_the_speed_and_stamps_are_not() -> None:
    world = NomadWorld(clients=0, speed=10)
    core, rang = world.cluster.core, []
    core.after(5, lambda: rang.append(world.timeline.elapsed()))
    assert core.stamp(60) == "2026-11-22T22:01:00Z"
    world.step(1)
    assert rang == [0.5]
    assert core.now_ns() == core.now_s() * 10**9
