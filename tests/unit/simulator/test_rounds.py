import random
from functools import partial
from itertools import pairwise

from nomad_console.simulator.rounds import Rounds
from nomad_console.simulator.timeline import Timeline
from tests.support.manual_clock import ManualClock
from tests.support.stepping import step


def note(clock: ManualClock, times: list[float]) -> None:
    times.append(clock.elapsed())


def test_each_callback_runs_once_per_interval_from_a_random_part_of_it() -> None:
    clock = ManualClock()
    timeline = Timeline(clock)
    rounds = Rounds(timeline, random.Random(1))
    ran: list[list[float]] = [[] for _ in range(200)]
    for each in ran:
        rounds.add(10.0, partial(note, clock, each))
    step(clock, timeline, 100)
    firsts = [times[0] for times in ran]
    assert all(0 < first <= 10.1 for first in firsts)
    assert max(firsts) - min(firsts) > 8
    for times in ran:
        assert len(times) in (9, 10, 11)
        gaps = [later - sooner for sooner, later in pairwise(times)]
        assert all(abs(gap - 10) < 1e-6 for gap in gaps)


def test_what_has_ended_runs_no_more_and_leaves_no_timer() -> None:
    clock = ManualClock()
    timeline = Timeline(clock)
    rounds = Rounds(timeline, random.Random(1))
    ran: list[float] = []
    end = rounds.add(5.0, lambda: ran.append(clock.elapsed()))
    step(clock, timeline, 12)
    count = len(ran)
    assert count >= 2
    end()
    step(clock, timeline, 20)
    assert len(ran) == count
    assert timeline.next_due() is None
