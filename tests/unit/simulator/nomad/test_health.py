"""A client's verdict on an allocation."""

from dataclasses import dataclass, field

from nomad_console.simulator.nomad.health import HealthWatch
from nomad_console.simulator.services import Registration
from tests.support import lab_jobs
from tests.support.nomad_world import NomadWorld


@dataclass
class Checks:
    """A registry whose checks pass when told to."""

    good: bool = False
    asked: list[str] = field(default_factory=list)

    def register(self, registration: Registration) -> None:
        raise AssertionError(registration)

    def deregister(self, registration_id: str) -> None:
        raise AssertionError(registration_id)

    def passing(self, registration_id: str) -> bool:
        self.asked.append(registration_id)
        return self.good


@dataclass
class Watched:
    """`web`: 3 s healthy within 60 s; system jobs: 10 s within 5 minutes."""

    deployed: bool = True
    checks: list[str] = field(default_factory=lambda: ["check"])
    system: bool = False
    verdicts: list[tuple[float, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.world = NomadWorld(clients=0)
        self.registry = self.world.cluster.core.registry = Checks()
        spec = lab_jobs.edge() if self.system else lab_jobs.web()
        self.watch = HealthWatch(
            self.world.cluster.core,
            spec.row()["TaskGroups"][0],
            self.checks,
            lambda good: self.verdicts.append((self.world.timeline.elapsed(), good)),
            deployed=self.deployed,
        )

    def rounded(self) -> list[tuple[float, bool]]:
        return [(round(at, 3), good) for at, good in self.verdicts]


def test_checks_must_pass_for_the_minimum_time() -> None:
    watched = Watched()
    watched.watch.task_started()
    watched.world.step(2.2)
    watched.registry.good = True
    watched.world.step(10)
    assert watched.rounded() == [(5.5, True)]
    assert watched.watch.decided


def test_a_failing_check_begins_the_time_anew() -> None:
    watched = Watched()
    watched.registry.good = True
    watched.watch.task_started()
    watched.world.step(2)
    watched.registry.good = False
    watched.world.step(1)
    watched.registry.good = True
    watched.world.step(20)
    assert watched.rounded() == [(6.5, True)]


def test_without_checks_running_is_enough() -> None:
    watched = Watched(checks=[])
    watched.watch.task_started()
    watched.world.step(4)
    assert watched.verdicts == [(3.0, True)]


def test_outside_a_deployment_a_system_job_takes_the_default() -> None:
    watched = Watched(deployed=False, checks=[], system=True)
    watched.watch.task_started()
    watched.world.step(12)
    assert watched.verdicts == [(10.0, True)]


def test_the_deadline_makes_it_unhealthy() -> None:
    watched = Watched()
    watched.watch.task_started()
    watched.world.step(100)
    assert watched.verdicts == [(60.0, False)]
    asked = len(watched.registry.asked)
    watched.world.step(10)
    assert len(watched.registry.asked) == asked


def test_a_restart_waits_for_the_next_start() -> None:
    watched = Watched(checks=[])
    watched.watch.task_started()
    watched.world.step(2)
    watched.watch.task_ended()
    watched.world.step(10)
    watched.watch.task_started()
    watched.world.step(4)
    assert watched.verdicts == [(15.0, True)]


def test_a_closed_watch_says_nothing_more() -> None:
    watched = Watched(checks=[])
    watched.watch.task_started()
    watched.watch.close()
    watched.world.step(100)
    assert watched.verdicts == []
