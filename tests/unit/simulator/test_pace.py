"""Configured durations are divided by the speed."""

from nomad_console.simulator.pace import Pace


def test_a_pace_divides_seconds_and_nanoseconds() -> None:
    assert Pace(10)(30) == 3.0
    assert Pace(4).ns(1) == 250_000_000
    assert Pace()(2.5) == 2.5
