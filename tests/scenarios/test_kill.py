"""SIGKILL in the middle of a run, then `resume`: no call is made twice, and the ledger is true."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from signal import SIGKILL
from typing import Any, NamedTuple

import pytest

from nomad_console.operations.journal import read
from nomad_console.upgrade.ledger import Change, ledger
from nomad_console.upgrade.resume import replay
from tests.support.bastion import ALL, Bastion, Ended, World
from tests.support.simulator import SimulatedCluster, running_simulator

SPEED = 20
NODE = "c4"
NEW = "2.0.5"
RESTART = f"POST /agents/{NODE}/restart"  # what the host command calls
ANSWERS = (*ALL, "--probe-budget", "1000")  # a badly set service is requested too
AT_WORK = 5  # clusters at the same time: they mostly wait


class Point(NamedTuple):
    """The first line of the stream at which the console is killed."""

    event: str
    step: str | None

    def __str__(self) -> str:
        return f"{self.event} {self.step or 'start'}"

    @property
    def in_host_step(self) -> bool:
        """The host command was begun and nobody wrote down its end."""
        return self.event in {"Intended", "HostStarted"}


POINTS = [
    Point("Answered", "cordon"),
    Point("Answered", "detach"),  # of two deregistrations the first
    Point("Answered", "drain"),
    Point("HostStarted", "upgrade"),
    Point("GateConfirmed", "attach"),  # nothing registered yet
]
STEPS = ["cordon", "detach", "drain", "upgrade", "rejoin", "attach"]
MORE = [
    Point("GateOpened", None),
    *(Point("GateConfirmed", step) for step in STEPS),
    *(Point("GateOpened", step) for step in STEPS[:-1]),
    Point("Intended", "upgrade"),
    Point("HostEnded", "upgrade"),
    Point("Answered", "rejoin"),
    Point("Answered", "attach"),
    Point("Observed", "bake"),
]
LATER = [point for point in MORE if point not in POINTS]


class Story(NamedTuple):
    """A run killed and taken up again. `asked`: the resume that found a lost answer, if one did."""

    before: World
    killed: Ended
    left: World
    ledger: tuple[Change, ...]
    asked: Ended | None
    resumed: Ended
    after: World
    writes: dict[str, int]
    drains: int


def story(point: Point, where: Path) -> Story:
    with running_simulator(speed=SPEED, rate=5) as cluster:
        bastion = Bastion(cluster, where)
        before = bastion.look()
        killed = bastion.signalled(
            SIGKILL, point.event, point.step, "upgrade", NODE, *ANSWERS, "--bake", "1s"
        )
        left, book = bastion.look(), recorded(where)
        asked = bastion.run("resume", *ANSWERS) if point.in_host_step else None
        word = "ran" if RESTART in writes(cluster) else "again"
        resumed = bastion.run("resume", *ANSWERS, *(("--host-step", word) if asked else ()))
        after = bastion.look()
        return Story(
            before, killed, left, book, asked, resumed, after, writes(cluster), drains(cluster)
        )


def recorded(where: Path) -> tuple[Change, ...]:
    """What the journal left behind says of the run's changes."""
    (path,) = where.rglob("*.ndjson")
    chronicle = read(path)
    return ledger(replay(chronicle.head.plan, chronicle.events))


def writes(cluster: SimulatedCluster) -> dict[str, int]:
    """How often each write was called, at the servers' own count."""
    asked = cluster.control("GET", "/requests")
    calls = {
        name: count
        for backend in ("nomad", "aws", "control")
        for name, count in asked[backend]["requests"].items()
    }
    return {name: count for name, count in calls.items() if not name.startswith(("GET", "Desc"))}


def drains(cluster: SimulatedCluster) -> int:
    node = cluster.nomad("GET", f"/v1/node/{cluster.control('GET', f'/agents/{NODE}')['id']}")
    return [event["Message"] for event in node["Events"]].count("Node drain strategy set")


def changed(before: World, after: World) -> set[str]:
    """The difference in the ledger's words; where work is cannot be told from outside."""
    was, now = before.agents[NODE], after.agents[NODE]
    words = set()
    if was["eligibility"] != now["eligibility"]:
        words.add(f"was {was['eligibility']}, is {now['eligibility']}")
    if was["version"] != now["version"]:
        words.add("version")
    words |= {
        f"{group} {target}:80 left the balancer"
        for group, states in before.targets.items()
        for target in states
        if after.targets.get(group, {}).get(target, "draining") == "draining"
    }
    return words


def in_words(change: Change | dict[str, Any]) -> str:
    text = change.change if isinstance(change, Change) else str(change["change"])
    return "version" if "become" in text or "became" in text else text


@pytest.fixture(scope="module")
def stories(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[Point, Future[Story]]]:
    """Of each point that is selected, on a cluster of its own."""
    points = [
        point
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.path == request.path
        for point in item.callspec.params.values()
        if isinstance(point, Point)
    ]
    where = tmp_path_factory.mktemp("killed")
    with ThreadPoolExecutor(AT_WORK) as threads:
        yield {
            point: threads.submit(story, point, where / f"{number}")
            for number, point in enumerate(points)
        }


@pytest.mark.parametrize(
    "point",
    [*POINTS, *(pytest.param(point, marks=pytest.mark.long) for point in LATER)],
    ids=str,
)
def test_killed_and_resumed(
    stories: dict[Point, Future[Story]],
    point: Point,
    record_property: Callable[[str, object], None],
) -> None:
    found = stories[point].result()
    assert found.killed.code == -SIGKILL, found.killed.end
    the_ledger_is_true(found)
    if found.asked is not None:
        held_with_the_evidence(found.asked)
    assert found.resumed.code == 0, found.resumed
    assert found.resumed.end["outcome"] == "done"
    assert found.after.agents[NODE] == {**found.before.agents[NODE], "version": NEW}
    assert found.after.targets == found.before.targets
    assert found.after.services == found.before.services
    left = {in_words(change) for change in found.resumed.end["changed"]}
    assert left == {"work was moved to other nodes", "version"}
    assert found.drains == 1
    assert found.writes == {
        "POST /v1/node/:id/eligibility": 2,
        "POST /v1/node/:id/drain": 1,
        "DeregisterTargets": 2,
        "RegisterTargets": 2,
        RESTART: 1,
    }
    record_property(
        f"figure: killed at {point}",
        f"0 calls made twice, 1 drain, ledger true, simulator at speed {SPEED}",
    )


def the_ledger_is_true(found: Story) -> None:
    """All it is sure of is so, and all that is so is in it."""
    real = changed(found.before, found.left)
    moved = {"work was moved to other nodes"}
    sure = {in_words(change) for change in found.ledger if change.sure} - moved
    told = {in_words(change) for change in found.ledger} - moved
    assert sure <= real <= told, found.ledger
    for name, agent in found.before.agents.items():
        assert name == NODE or found.left.agents[name] == agent


def held_with_the_evidence(asked: Ended) -> None:
    assert asked.code == 1, asked
    assert asked.end["outcome"] == "held"
    assert "no answer is known to: " in asked.end["reason"]
    assert f"restart {NODE} {NEW}" in asked.end["reason"]
    assert not [line for line in asked.lines if line["event"] in {"Intended", "HostStarted"}]
