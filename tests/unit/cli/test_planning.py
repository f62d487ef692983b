import asyncio
from typing import Any

import msgspec
import pytest

from nomad_console.cli.arguments import Stopped, parser
from nomad_console.cli.patience import Patience
from nomad_console.cli.planning import asked, code_of, found, planned
from nomad_console.domain.backend import Backend
from nomad_console.domain.finding import Finding, Level
from nomad_console.domain.plan import Plan, PlanOptions, SystemJobs
from nomad_console.domain.snapshot import ClusterSnapshot, SourceState
from nomad_console.operations.planner import Planner
from tests.support.commands import SETTINGS, SmallWorld, connections, stopped
from tests.support.plans import a_plan
from tests.support.snapshots import node_id, with_detail, with_source
from tests.support.upgrading import Agents

USUAL = PlanOptions(run_id="7f3a0000", host_command=("true",), bake_s=3)


def test_flags_say_what_the_settings_do_not() -> None:
    words = "plan c1 --target-version 2.0.5 --system stop --deadline 20m"
    options = parser().parse_args([*words.split(), "--host-command", "ssh {name} 'up {version}'"])
    wanted = asked(options, USUAL)
    assert wanted == msgspec.structs.replace(
        USUAL,
        target_version="2.0.5",
        system=SystemJobs.STOP,
        deadline_s=1200,
        host_command=("ssh", "{name}", "up {version}"),
    )
    assert asked(parser().parse_args(["plan", "c1"]), USUAL) == USUAL


@pytest.mark.parametrize(
    ("command", "words"),
    [("ssh 'c1", "No closing quotation"), ("ssh {nmae}", "{nmae} is unknown"), ("", "is empty")],
)
def test_a_host_command_that_cannot_be_run_is_bad_usage(command: str, words: str) -> None:
    options = parser().parse_args(["plan", "c1", "--host-command", command])
    code, said = stopped(lambda: asked(options, USUAL))
    assert code == 2
    assert words in said


def test_the_worst_finding_gives_the_code() -> None:
    plan = msgspec.structs.replace(a_plan(1), findings=())
    warned = Finding("w", Level.WARN, "x", "seen", "mend it")
    assert code_of(plan) == 0
    assert code_of(msgspec.structs.replace(plan, findings=(warned,))) == 1
    blocked = msgspec.structs.replace(warned, level=Level.BLOCK)
    assert code_of(msgspec.structs.replace(plan, findings=(warned, blocked))) == 5


async def find(world: SmallWorld, seconds: float, *words: str) -> tuple[str, ...]:
    seen = connections(world.cluster)
    return await found(seen, [*words], Patience(seen, seconds))


async def plan_c2(world: SmallWorld, planner: Planner, seconds: float) -> Plan:
    seen = connections(world.cluster)
    return await planned(seen, planner, (node_id(2),), USUAL, Patience(seen, seconds))


async def refusal(world: SmallWorld, *words: str) -> tuple[int, str]:
    with pytest.raises(Stopped) as stop:
        await find(world, 0.05, *words)
    return stop.value.code, str(stop.value)


async def test_nodes_are_found_in_their_order() -> None:
    world = SmallWorld()
    assert await find(world, 1, "c3", "c1", "c3") == (
        node_id(3),
        node_id(1),
    )


async def test_a_word_that_names_no_node_is_bad_input() -> None:
    code, said = await refusal(SmallWorld(), "c1", "c9")
    assert code == 2
    assert 'no node "c9"' in said


async def test_meta_waits_until_every_node_is_read() -> None:
    world = SmallWorld()
    world.change(lambda now: with_detail(now, 2, meta={"rack": "r1"}))
    assert await find(world, 1, "meta.rack=r1") == (node_id(2),)
    world.change(lambda now: msgspec.structs.replace(now, details={}))
    code, said = await refusal(world, "meta.rack=r1")
    assert (code, said) == (2, "meta.rack of 6 nodes is not read yet")


async def test_without_nomad_there_are_no_nodes(capsys: pytest.CaptureFixture[str]) -> None:
    world = SmallWorld()
    silent = with_source(ClusterSnapshot(), "nomad", SourceState.STALE, "connection refused")
    world.cluster.latest = silent
    code, said = await refusal(world, "c1")
    assert (code, said) == (3, "Nomad gave no list of its nodes")
    err = capsys.readouterr().err.splitlines()  # nobody waited for the others
    assert err[0] == "nomad: stale: connection refused"
    assert set(err[1:]) <= {"consul: not asked yet", "alb: not asked yet"}


async def test_a_plan_waits_for_what_it_rests_on() -> None:
    world = SmallWorld()
    whole = world.cluster.latest
    seen = connections(world.cluster)
    planner = Planner(SETTINGS, Agents(), world.cluster)
    world.change(lambda now: msgspec.structs.replace(now, groups_complete=False))
    early = await planned(seen, planner, (node_id(2),), USUAL, Patience(seen, 0.05))
    assert early.blocked
    async with asyncio.TaskGroup() as tasks:
        planning = tasks.create_task(
            planned(seen, planner, (node_id(2),), USUAL, Patience(seen, 30))
        )
        await asyncio.wait([planning], timeout=0.05)
        assert not planning.done()
        world.cluster.publish(whole)
    assert not planning.result().blocked


@pytest.mark.parametrize("state", [SourceState.STALE, SourceState.CONNECTING])
async def test_no_plan_is_made_without_a_backend_that_is_configured(
    state: SourceState, capsys: pytest.CaptureFixture[str]
) -> None:
    world = SmallWorld()
    world.cluster.latest = with_source(world.cluster.latest, "consul", state, "no answer")
    word = world.cluster.latest.source("consul").word
    planner = Planner(SETTINGS, Agents(), world.cluster)
    with pytest.raises(Stopped) as stop:
        await plan_c2(world, planner, 0.05)
    assert stop.value.code == 3
    assert f"consul: {word}: no answer" in capsys.readouterr().err


async def test_a_backend_that_refuses_our_token_blocks_with_a_finding(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = SmallWorld()
    refused = with_source(world.cluster.latest, "consul", SourceState.REFUSED, "no right")
    world.cluster.latest = refused
    planner = Planner(SETTINGS, Agents(), world.cluster)
    plan = await plan_c2(world, planner, 0.05)
    assert (code_of(plan), plan.findings[0].id) == (5, "source:consul")
    assert "consul: refused: no right" in capsys.readouterr().err


@pytest.mark.parametrize(
    "awaited",
    [
        {"backends": {"nomad": Backend(pending=True)}},
        {"server_versions": (), "surveyed": False},
        {"every_namespace": None},
    ],
)
async def test_a_plan_waits_for_what_is_said_of_the_servers(awaited: dict[str, object]) -> None:
    world = SmallWorld()
    whole = msgspec.structs.replace(world.cluster.latest, surveyed=True)
    noted = with_source(whole, "nomad", SourceState.LIVE, "this Nomad has no event stream")
    world.cluster.latest = msgspec.structs.replace(noted, **awaited)
    planner = Planner(SETTINGS, Agents(), world.cluster)
    async with asyncio.TaskGroup() as tasks:
        made = plan_c2(world, planner, 30)
        planning = tasks.create_task(made)
        await asyncio.wait([planning], timeout=0.05)
        assert not planning.done()
        world.cluster.publish(noted)
    assert not planning.result().blocked


@pytest.mark.parametrize("name", ["consul", "alb"])
async def test_what_refuses_is_not_waited_for(name: str) -> None:
    world = SmallWorld()
    refused = with_source(world.cluster.latest, name, SourceState.REFUSED, "ACL not found")
    unread: dict[str, Any] = {"node_health": {}} if name == "consul" else {"groups_complete": False}
    world.cluster.latest = msgspec.structs.replace(refused, surveyed=True, **unread)
    planner = Planner(SETTINGS, Agents(), world.cluster)
    async with asyncio.timeout(5):
        plan = await plan_c2(world, planner, 60)
    assert (code_of(plan), plan.findings[0].id) == (5, f"source:{name}")
