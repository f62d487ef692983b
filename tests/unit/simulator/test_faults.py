"""Every fault shows where it should and can be taken back."""

import pytest
from starlette.applications import Starlette

from nomad_console.simulator.elb.api import Faults as AwsFaults
from nomad_console.simulator.faults import STOPPABLE, Faults
from nomad_console.simulator.hosts import Hosts, Impossible
from nomad_console.simulator.load import Load
from nomad_console.simulator.nomad_api.routes import nomad_view
from nomad_console.simulator.servers import Listener, bind
from tests.support.stepped_world import SteppedWorld


class Broken(SteppedWorld):
    """A world and its faults; its listeners stand for the real ones."""

    def __init__(self) -> None:
        super().__init__()
        cluster = self.world.cluster
        self.listener = Listener("any", Starlette(), bind("127.0.0.1"))
        load = Load(self.timeline, cluster.core.rng, cluster.state, cluster.touch_allocation)
        self.view = nomad_view(cluster, self.timeline, self.world.pace)
        self.faults = Faults(
            self.world,
            Hosts(self.world, self.clock),
            load,
            self.view,
            lambda: {key: [self.listener] for key in STOPPABLE},
        )

    def statuses(self, service: str) -> set[str]:
        return {each.status() for each in self.world.catalog.instances(service)}


@pytest.fixture
def broken() -> Broken:
    return Broken()


async def test_a_broken_app_turns_its_checks_critical(broken: Broken) -> None:
    assert await broken.faults.inject("break-app", {"job": "web"}) == "default/web answers 500"
    broken.step(5)
    assert broken.statuses("web") == {"critical"}
    assert broken.statuses("legacy") == {"passing"}
    await broken.faults.inject("heal-app", {"job": "web", "namespace": "default"})
    broken.step(5)
    assert broken.statuses("web") == {"passing"}


async def test_a_failed_allocation_is_restarted(broken: Broken) -> None:
    said = await broken.faults.inject("fail-allocation", {"allocation": "solo"})
    assert said.startswith("solo.solo[0]")
    assert said.endswith("exits 1")
    broken.step(1)
    row = next(
        row for row in broken.world.cluster.state.allocations.values() if row["JobID"] == "solo"
    )
    assert "Restarting" in [event["Type"] for event in row["TaskStates"]["app"]["Events"]]


async def test_others_use_up_the_account_s_calls(broken: Broken) -> None:
    assert broken.world.throttle.admit("DescribeTargetHealth")
    await broken.faults.inject("throttle-aws", {})
    broken.step(5)
    assert not broken.world.throttle.admit("DescribeTargetHealth")
    await broken.faults.inject("unthrottle-aws", {})
    broken.step(2)
    assert broken.world.throttle.admit("DescribeTargetHealth")


@pytest.mark.parametrize(
    ("kind", "back", "fault"),
    [
        ("deny-aws-writes", "allow-aws-writes", AwsFaults(writes_denied=True)),
        ("expire-aws", "renew-aws", AwsFaults(credentials="expired")),
        ("hide-aws-health", "show-aws-health", AwsFaults(health_unavailable=True)),
    ],
)
async def test_aws_fails_and_recovers(
    broken: Broken, kind: str, back: str, fault: AwsFaults
) -> None:
    await broken.faults.inject(kind, {})
    assert broken.world.aws_faults == fault
    await broken.faults.inject(back, {})
    assert broken.world.aws_faults == AwsFaults()


async def test_answers_come_late(broken: Broken) -> None:
    assert await broken.faults.inject("slow-aws", {"seconds": "3"}) == "AWS answers 3 s late"
    await broken.faults.inject("slow-nomad", {"seconds": 1.5})
    assert (broken.world.aws_faults.delay, broken.view.slowness) == (3, 1.5)


async def test_a_namespace_is_forbidden_and_allowed(broken: Broken) -> None:
    await broken.faults.inject("forbid-namespace", {"namespace": "prod"})
    assert not broken.world.acl.rights("").may("prod", "read-job")
    assert broken.world.acl.rights("").may("default", "read-job")
    await broken.faults.inject("allow-namespace", {"namespace": "prod"})
    assert broken.world.acl.rights("").may("prod", "read-job")


async def test_load_is_so_many_events_a_second(broken: Broken) -> None:
    before = broken.world.cluster.state.index
    await broken.faults.inject("add-load", {"events": "200"})
    broken.step(2)
    grown = broken.world.cluster.state.index - before
    assert 350 <= grown <= 450
    await broken.faults.inject("add-load", {"events": 0})
    before = broken.world.cluster.state.index
    broken.step(1)
    assert broken.world.cluster.state.index - before < 20


async def test_machines_go_down_and_up(broken: Broken) -> None:
    assert await broken.faults.inject("machine-down", {"node": "c6"}) == "machine c6 is down"
    assert not broken.world.cluster.machines["c6"].up
    assert await broken.faults.inject("machine-up", {"node": "c6"}) == "machine c6 is up"


@pytest.mark.parametrize("name", STOPPABLE)
async def test_an_api_is_stopped_and_started(broken: Broken, name: str) -> None:
    await broken.listener.start()
    await broken.faults.inject(f"stop-{name}", {})
    assert not broken.listener.listening
    await broken.faults.inject(f"start-{name}", {})
    assert broken.listener.listening
    broken.listener.stop()


@pytest.mark.parametrize(
    ("kind", "arguments", "words"),
    [
        ("earthquake", {}, "there are: add-load"),
        ("break-app", {}, "missing argument job"),
        ("break-app", {"job": "nope"}, "no job nope"),
        ("forbid-namespace", {"namespace": "nope"}, "no namespace nope"),
        ("add-load", {"events": "many"}, "not a number"),
        ("slow-nomad", {"seconds": "-1"}, "0 or more"),
    ],
)
async def test_refused(broken: Broken, kind: str, arguments: dict[str, str], words: str) -> None:
    with pytest.raises(Impossible, match=words):
        await broken.faults.inject(kind, arguments)
    assert set(broken.faults.kinds()) >= {"break-app", "stop-consul", "start-nomad"}
