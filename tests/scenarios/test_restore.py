"""A run killed in mid-step and restored: all is as it was, and no request fails on the way back."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from signal import SIGKILL
from typing import Any, NamedTuple

import pytest

from tests.support.bastion import ALL, Bastion, Ended, World
from tests.support.simulator import SimulatedCluster, running_simulator

SPEED = 10
RATE = 80  # requests a second, over all services
NODE = "c4"
NEW = "2.0.5"
WELL_SET = ("web", "api", "search")
LEAVING = {
    "cordon": "Answered",
    "detach": "Answered",
    "drain": "Answered",
    "upgrade": "HostEnded",
    "rejoin": "Answered",
    "attach": "GateConfirmed",
    "bake": "Observed",
}  # step -> the event at which the run is left
STEPS = ["detach", "drain", "upgrade", "attach"]


class Story(NamedTuple):
    """A run left in a step, and restored."""

    before: World
    edges: list[str]
    left: World
    restored: Ended
    failed: dict[str, int]
    sent: int
    after: World
    edges_after: list[str]


def story(step: str, where: Path) -> Story:
    with running_simulator(speed=SPEED, rate=RATE) as cluster:
        bastion = Bastion(cluster, where)
        before, edges = bastion.look(), system_jobs(cluster)
        words = ("upgrade", NODE, *ALL, "--probe-budget", "1000")
        bastion.signalled(SIGKILL, LEAVING[step], step, *words)
        left = bastion.look()
        cluster.reset_traffic()
        restored = bastion.run("restore")
        rows: dict[str, Any] = cluster.traffic()["services"]
        return Story(
            before,
            edges,
            left,
            restored,
            {name: rows[name]["failed"] for name in WELL_SET},
            sum(rows[name]["sent"] for name in WELL_SET),
            bastion.look(),
            system_jobs(cluster),
        )


def system_jobs(cluster: SimulatedCluster) -> list[str]:
    """What of system jobs runs on the node, by name."""
    node = cluster.control("GET", f"/agents/{NODE}")["id"]
    rows = cluster.nomad("GET", f"/v1/node/{node}/allocations")
    return sorted(
        row["Name"]
        for row in rows
        if row["Job"]["Type"] == "system" and row["ClientStatus"] == "running"
    )


@pytest.fixture(scope="module")
def stories(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Story]]]:
    """Of each step that is selected, on a cluster of its own."""
    steps = [
        step
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.path == request.path
        for step in item.callspec.params.values()
        if isinstance(step, str)
    ]
    where = tmp_path_factory.mktemp("restored")
    with ThreadPoolExecutor(len(STEPS)) as threads:
        yield {step: threads.submit(story, step, where / step) for step in steps}


@pytest.mark.parametrize(
    "step",
    [step if step in STEPS else pytest.param(step, marks=pytest.mark.long) for step in LEAVING],
)
def test_restored_from(
    stories: dict[str, Future[Story]], step: str, record_property: Callable[[str, object], None]
) -> None:
    found = stories[step].result()
    assert found.left != found.before, "nothing to restore"
    assert found.restored.code == 0, found.restored
    assert found.restored.end["outcome"] == "restored"
    version = found.after.agents[NODE]["version"]
    assert found.after.agents == {
        **found.before.agents,
        NODE: {**found.before.agents[NODE], "version": version},
    }
    changed = list(LEAVING).index(step) >= list(LEAVING).index("upgrade")
    assert (version == NEW) == changed
    assert found.after.targets == found.before.targets
    assert found.edges
    assert found.edges_after == found.edges
    said = f"{sum(found.failed.values())} of {found.sent:,} requests failed, well-set services"
    record_property(f"figure: restored from {step}", f"{said}, simulator at speed {SPEED}")
    assert found.sent > 20
    assert not any(found.failed.values()), found.failed
