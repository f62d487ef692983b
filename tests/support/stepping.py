"""Moves a synchronous world through virtual time."""

from nomad_console.simulator.timeline import Timeline
from tests.support.manual_clock import ManualClock


def step(clock: ManualClock, timeline: Timeline, seconds: float) -> None:
    """Pass so many seconds, each planned callback at its own moment."""
    end = clock.elapsed() + seconds
    timeline.run_due()
    while (due := timeline.next_due()) is not None and due <= end:
        clock.jump(max(0.0, due - clock.elapsed()))
        timeline.run_due()
    clock.jump(end - clock.elapsed())
    timeline.run_due()
