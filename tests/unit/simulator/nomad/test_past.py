"""Ages before the beginning."""

import random
from itertools import pairwise

from nomad_console.simulator.nomad.past import BATCH, Newborn, Past


def test_ages_of_one_kind_are_oldest_first() -> None:
    past = Past(random.Random(3))
    for ages in (past.machines(9), past.servers(3), past.system_jobs(4), past.jobs(40)):
        assert ages == sorted(ages, reverse=True)
        assert len(set(ages)) == len(ages)


def test_machines_are_older_than_what_runs_on_them_and_batch_jobs_the_youngest() -> None:
    past = Past(random.Random(3))
    kinds = [past.machines(50), past.system_jobs(50), past.jobs(50), past.batch([1e6] * 50)]
    for older, younger in pairwise(kinds):
        assert min(older) > max(younger)


def test_a_batch_job_has_something_left_to_do() -> None:
    past = Past(random.Random(3))
    assert all(0 <= age < 40 for age in past.batch([40.0] * 50))
    assert max(past.batch([1e6] * 50)) == BATCH


def test_without_a_past_everything_is_new() -> None:
    newborn = Newborn()
    assert newborn.machines(2) == newborn.jobs(2) == newborn.batch([5.0, 6.0]) == [0.0, 0.0]
