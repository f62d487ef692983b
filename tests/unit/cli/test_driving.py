import asyncio
import json
import os
import signal
from typing import Any

import pytest

from nomad_console.cli.driving import drive
from nomad_console.cli.narrating import Narrator
from nomad_console.cli.wiring import upgrades_on
from nomad_console.operations.approval import Orders
from nomad_console.operations.upgrades import Upgrades
from tests.support.commands import SmallWorld, connections
from tests.support.plans import a_plan

ALL = Orders(approve=True)


async def begun(world: SmallWorld) -> tuple[Upgrades, Any]:
    """A run of c2 by hand, which waits for its upgrade for ever."""
    seen = connections(world.cluster, read_only=False)
    upgrades = upgrades_on(seen)
    conductor = await upgrades.begin(a_plan(2, snapshot=world.cluster.latest))
    conductor.start()
    return upgrades, seen


async def driven(number: int, orders: Orders) -> int:
    """Drive it, and send the signal at the first event."""
    world = SmallWorld()
    upgrades, seen = await begun(world)
    conductor = upgrades.current
    assert conductor is not None
    sent: list[int] = []

    def send(_event: object, _before: object) -> None:
        if not sent:
            sent.append(number)
            os.kill(os.getpid(), number)

    conductor.listen(send)
    async with asyncio.timeout(10):
        return await drive(seen, upgrades, Narrator(words=False), orders)


def ended(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGHUP, 129), (signal.SIGTERM, 143), (signal.SIGINT, 130)]
)
async def test_a_signal_freezes_and_ends_with_its_code(
    capsys: pytest.CaptureFixture[str], number: int, code: int
) -> None:
    assert await driven(number, ALL) == code
    lines = ended(capsys)
    assert "HungUp" in [line["event"] for line in lines]
    assert lines[-1]["detail"]["exit_code"] == code
    assert signal.getsignal(number) in {signal.SIG_DFL, signal.default_int_handler}


async def test_a_lost_terminal_may_mean_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert await driven(signal.SIGHUP, Orders(freeze=False)) == 1
    lines = ended(capsys)
    assert "HungUp" not in [line["event"] for line in lines]
    assert "nobody approves" in lines[-1]["detail"]["reason"]


async def test_sigterm_ends_it_without_a_freeze_where_drains_may_go_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert await driven(signal.SIGTERM, Orders(approve=True, freeze=False)) == 143
    assert "HungUp" not in [line["event"] for line in ended(capsys)]
