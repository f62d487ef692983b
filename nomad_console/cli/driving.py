"""A run driven without a screen, until it is over, held or hung up."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from nomad_console.cli.narrating import Narrator
from nomad_console.cli.wiring import Connections
from nomad_console.live.interest import Interest
from nomad_console.operations.approval import Attendant, Orders
from nomad_console.operations.conductor import Conductor
from nomad_console.operations.upgrades import Upgrades

_SHELL = 128  # a shell's code for a signal is so much more than its number


class _Leaving:
    """The signal that ends the command before the run does."""

    def __init__(self) -> None:
        self.number = 0
        self.asked = asyncio.Event()

    def ask(self, number: int) -> None:
        self.number = self.number or number
        self.asked.set()


async def drive(
    connections: Connections, upgrades: Upgrades, narrator: Narrator, orders: Orders
) -> int:
    """Drive the run taken up last to where nothing more happens; the exit code.

    A lost terminal, SIGTERM or Ctrl-C ends our drain first, unless the orders let it go on; a
    lost terminal alone then ends nothing.
    """
    conductor = upgrades.current
    assert conductor is not None  # noqa: S101 — whoever calls has taken one up
    conductor.listen(lambda event, before: narrator.happened(event, before, conductor))
    connections.feeds.look_at(Interest.of_run(conductor.run.plan))
    attendant = Attendant(conductor, connections.clock, orders)
    with _signals(hangup=orders.freeze) as leaving:
        await _side_by_side(conductor, attendant, upgrades, leaving, freeze=orders.freeze)
    at = connections.clock.now().isoformat(timespec="milliseconds")
    return narrator.ended(conductor, at, _SHELL + leaving.number if leaving.number else None)


async def _side_by_side(
    conductor: Conductor,
    attendant: Attendant,
    upgrades: Upgrades,
    leaving: _Leaving,
    *,
    freeze: bool,
) -> None:
    async with asyncio.TaskGroup() as tasks:
        conducting = tasks.create_task(conductor.conduct())
        attending = tasks.create_task(attendant.attend())
        hearing = tasks.create_task(leaving.asked.wait())
        await asyncio.wait([attending, hearing], return_when=asyncio.FIRST_COMPLETED)
        if leaving.number and freeze:
            await upgrades.hang_up()
        attending.cancel()
        hearing.cancel()
        if conductor.run.ended_at is None:
            conducting.cancel()


@contextmanager
def _signals(*, hangup: bool) -> Iterator[_Leaving]:
    loop, leaving = asyncio.get_running_loop(), _Leaving()
    numbers = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)
    for number in numbers:
        if number is signal.SIGHUP and not hangup:
            loop.add_signal_handler(number, _go_on)
        else:
            loop.add_signal_handler(number, leaving.ask, number)
    try:
        yield leaving
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


def _go_on() -> None:
    """A lost terminal changes nothing."""
