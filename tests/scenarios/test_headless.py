"""Runs without a screen, each in a process of its own, on simulated clusters over real HTTP."""

import json
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.bastion import ALL, PATIENCE_S, Bastion, Ended, World
from tests.support.simulator import SimulatedCluster, running_simulator

SPEED = 60
OLD, NEW = "2.0.4", "2.0.5"


class Done(NamedTuple):
    """A node upgraded with every gate answered, and what is refused before anything is begun."""

    before: World
    ended: Ended
    after: World
    refused: dict[str, Ended]


class Failed(NamedTuple):
    """A host command that fails and is restored by hand, then one that lies."""

    before: World
    failed: Ended
    held: World
    status: dict[str, Any]
    stopped: Ended
    restored: Ended
    back: World
    lied: Ended
    after: World


class Restored(NamedTuple):
    """A host command that never ends, put back by the run itself."""

    before: World
    ended: Ended
    after: World


class Resumed(NamedTuple):
    """A drain under way when the command is told to end, taken up again."""

    ended: Ended
    frozen: dict[str, Any]
    resumed: Ended
    after: World


def done(cluster: SimulatedCluster, where: Path) -> Done:
    bastion = Bastion(cluster, where)
    before = bastion.look()
    ended = bastion.run("upgrade", "c4", *ALL)
    after = bastion.look()
    refused = {
        "blocked": bastion.run("upgrade", "c1", *ALL, "--target-version", "2.9.0"),
        "no such node": bastion.run("upgrade", "c99", *ALL),
        "nothing to upgrade with": bastion.run("upgrade", "c1", *ALL, "--host-command", ""),
        "no cluster": bastion.run("upgrade", "c1", *ALL, "--nomad-address", "http://127.0.0.1:1"),
        "not accepted": bastion.run("upgrade", "c6", "--approve", "all"),
    }
    assert bastion.look() == after
    return Done(before, ended, after, refused)


def failed(cluster: SimulatedCluster, where: Path) -> Failed:
    bastion = Bastion(cluster, where)
    before = bastion.look()
    fails = bastion.run("upgrade", "c4", *ALL, "--host-command", "sh -c 'echo no disk; exit 7'")
    held = bastion.look()
    with bastion.command("status", "--json") as process:
        status = json.loads(process.communicate(timeout=PATIENCE_S)[0])
    stopped = bastion.run("upgrade", "c5", *ALL)
    restored = bastion.run("restore")
    back = bastion.look()
    lied = bastion.run("upgrade", "c5", *ALL, "--host-command", bastion.restart(OLD))
    return Failed(before, fails, held, status, stopped, restored, back, lied, bastion.look())


def restored(cluster: SimulatedCluster, where: Path) -> Restored:
    bastion = Bastion(cluster, where)
    config = Path(cluster.env["NOMAD_CONSOLE_CONFIG"]).read_text(encoding="utf-8")
    limited = where / "clusters.toml"
    limited.write_text(
        config.replace("[clusters.demo.host]\n", "[clusters.demo.host]\ntime_limit_s = 1.0\n")
    )
    bastion.env["NOMAD_CONSOLE_CONFIG"] = str(limited)
    before = bastion.look()
    words = ("--host-command", "sleep 600", "--on-failure", "restore")
    return Restored(before, bastion.run("upgrade", "c4", *ALL, *words), bastion.look())


def resumed(cluster: SimulatedCluster, where: Path) -> Resumed:
    bastion = Bastion(cluster, where)
    ended = bastion.signalled(signal.SIGTERM, "Answered", "drain", "upgrade", "c4", *ALL)
    node = cluster.control("GET", "/agents/c4")["id"]
    frozen = cluster.nomad("GET", f"/v1/node/{node}")
    return Resumed(ended, frozen, bastion.run("resume", *ALL), bastion.look())


Story = Callable[[SimulatedCluster, Path], Any]
STORIES: tuple[Story, ...] = (done, failed, restored, resumed)


def told(story: Story, where: Path) -> Any:
    with running_simulator(speed=SPEED, rate=5) as cluster:
        return story(cluster, where / story.__name__)


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Story, Any]]:
    """All at the same time, each on a cluster of its own: they mostly wait."""
    where = tmp_path_factory.mktemp("headless")
    with ThreadPoolExecutor(len(STORIES)) as threads:
        asked = {story: threads.submit(told, story, where) for story in STORIES}
        yield {story: one.result() for story, one in asked.items()}


def untouched(before: World, after: World, *nodes: str) -> None:
    """Every agent but these is as it was, and so is every target of theirs."""
    own: set[object] = set()
    for name, agent in before.agents.items():
        if name not in nodes:
            assert after.agents[name] == agent
            own.add(agent["instance_id"])
    for group, states in before.targets.items():
        here = {target: state for target, state in states.items() if target in own}
        assert here.items() <= after.targets[group].items()


def test_approved_it_ends_with_0_and_the_node_is_upgraded(stories: dict[Story, Any]) -> None:
    found: Done = stories[done]
    assert (found.ended.code, found.ended.words) == (0, "")
    assert found.before.agents["c4"]["version"] == OLD
    assert found.after.agents["c4"] == {**found.before.agents["c4"], "version": NEW}
    assert found.after.targets == found.before.targets
    assert found.after.services == found.before.services
    untouched(found.before, found.after, "c4")
    lines = found.ended.lines
    assert [lines[0]["event"], lines[-1]["event"]] == ["Planned", "Ended"]
    assert found.ended.end["outcome"] == "done"
    for line in lines:
        assert {"time", "run", "node", "step", "event", "detail"} == set(line)
    steps = [line["step"] for line in lines if line["event"] == "GateConfirmed"]
    assert steps == ["cordon", "detach", "drain", "upgrade", "rejoin", "attach"]


@pytest.mark.parametrize(
    ("case", "code", "words"),
    [
        ("blocked", 5, "version:servers"),
        ("no such node", 2, 'no node "c99"; there are c1, c2'),
        ("nothing to upgrade with", 2, "--host-command is empty"),
        ("no cluster", 3, "Nomad gave no list of its nodes"),
        ("not accepted", 1, "--accept count-one:default/solo/solo"),
    ],
)
def test_what_cannot_be_begun_has_its_code_and_touches_nothing(
    stories: dict[Story, Any], case: str, code: int, words: str
) -> None:
    found: Ended = stories[done].refused[case]
    assert found.code == code, found
    assert words in found.words
    assert "Started" not in [line["event"] for line in found.lines]


def test_a_host_command_that_fails_holds_the_run(stories: dict[Story, Any]) -> None:
    found: Failed = stories[failed]
    assert found.failed.code == 1
    assert found.failed.end["outcome"] == "held"
    (line,) = found.failed.words.splitlines()
    assert " is held at upgrade of c4: " in line
    assert f"; next: resume {found.failed.lines[0]['run']}, or restore " in line
    assert "ended with 7" in found.failed.end["reason"]
    (host,) = [line for line in found.failed.lines if line["event"] == "HostEnded"]
    assert host["detail"]["output"] == ["no disk"]
    assert found.held.agents["c4"] == {**found.before.agents["c4"], "eligibility": "ineligible"}
    untouched(found.before, found.held, "c4")
    assert [one["undo"] for one in found.failed.end["changed"][:3]] == [
        "eligible again",
        "register it again",
        "register it again",
    ]


def test_what_it_left_is_said_first_and_bars_the_next_run(stories: dict[Story, Any]) -> None:
    found: Failed = stories[failed]
    run = found.failed.lines[0]["run"]
    assert next(iter(found.status)) == "abandoned"
    (left,) = found.status["abandoned"]
    assert (left["id"], left["node"], left["step"]) == (run, "c4", "upgrade")
    assert found.stopped.code == 5
    assert f"left behind on this host: run {run}" in found.stopped.words


def test_restore_puts_back_what_it_changed(stories: dict[Story, Any]) -> None:
    found: Failed = stories[failed]
    assert found.restored.code == 0
    assert found.restored.end["outcome"] == "restored"
    assert found.back.agents == found.before.agents
    assert found.back.targets == found.before.targets


def test_an_agent_that_comes_back_with_another_version_is_held(stories: dict[Story, Any]) -> None:
    found: Failed = stories[failed]
    assert found.lied.code == 1
    assert "version as wanted: 2.0.4, wanted 2.0.5" in found.lied.end["reason"]
    assert found.after.agents["c5"] == {**found.back.agents["c5"], "eligibility": "ineligible"}
    untouched(found.back, found.after, "c5")
    assert "GateOpened rejoin" not in [
        f"{line['event']} {line['step']}" for line in found.lied.lines
    ]


def test_a_host_command_that_hangs_is_stopped_and_the_run_restored(
    stories: dict[Story, Any],
) -> None:
    found: Restored = stories[restored]
    assert found.ended.code == 4
    assert found.ended.end["outcome"] == "restored"
    (host,) = [line["detail"] for line in found.ended.lines if line["event"] == "HostEnded"]
    assert host["exit_code"] is None
    assert "not done within 1 s" in host["reason"]
    assert found.after.agents == found.before.agents
    assert found.after.targets == found.before.targets


def test_told_to_end_it_ends_our_drain_first_and_is_taken_up_again(
    stories: dict[Story, Any],
) -> None:
    found: Resumed = stories[resumed]
    assert found.ended.code == 128 + signal.SIGTERM
    assert "HungUp" in [line["event"] for line in found.ended.lines]
    assert found.frozen["DrainStrategy"] is None
    assert found.frozen["SchedulingEligibility"] == "ineligible"
    assert found.resumed.code == 0, found.resumed
    assert found.resumed.end["outcome"] == "done"
    assert found.after.agents["c4"]["version"] == NEW
    assert found.after.agents["c4"]["eligibility"] == "eligible"
