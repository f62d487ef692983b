"""Requests over real sockets, counted as they are answered."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from nomad_console.clock import SystemClock
from nomad_console.simulator.servers import bind
from nomad_console.simulator.timeline import Timeline
from nomad_console.simulator.traffic.front_door import Answer, Respond
from nomad_console.simulator.traffic.listener import FrontListener
from nomad_console.simulator.traffic.requester import Requester


class Door:
    """Answers at once: `web` well, `api` refused, `mute` never."""

    def request(self, service: str, respond: Respond) -> None:
        if service == "web":
            respond(Answer(200, "", "c1", "web-1"))
        elif service == "api":
            respond(Answer(502, "app refused", "c1"))


@asynccontextmanager
async def traffic(rate: float, *services: str) -> AsyncIterator[tuple[Requester, FrontListener]]:
    timeline = Timeline(SystemClock())
    listener = FrontListener(Door(), bind("127.0.0.1"))
    await listener.start()
    requester = Requester(timeline, random.Random(1), services, rate)
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(timeline.run()),
            tasks.create_task(requester.run(listener.address, listener.port)),
        ]
        yield requester, listener
        for task in running:
            task.cancel()
    listener.stop()


async def until_sent(requester: Requester, service: str, count: int) -> None:
    clock = SystemClock()
    async with asyncio.timeout(5):
        while requester.tally.services[service].sent < count:
            await clock.sleep(0.005)


async def test_each_service_has_its_share_and_its_own_count() -> None:
    async with traffic(400, "web", "api") as (requester, _):
        await until_sent(requester, "api", 20)
        report = requester.report()
        web, api = requester.tally.services["web"], requester.tally.services["api"]
        assert abs(web.sent - api.sent) <= 2
        assert web.ok >= web.sent - 1
        assert api.reasons["502 app refused"] >= api.sent - 1
        first = api.report()["first_failure"]
        assert isinstance(first, dict)
        assert first["reason"] == "502 app refused"
        assert first["node"] == "c1"
        assert report["rate"] == 400


async def test_a_reset_counts_from_now() -> None:
    async with traffic(400, "web", "api") as (requester, _):
        await until_sent(requester, "api", 5)
        requester.reset()
        assert requester.report()["sent"] == 0
        await until_sent(requester, "api", 5)


async def test_a_front_door_that_closes_is_a_failure_by_name() -> None:
    async with traffic(400, "web", "mute") as (requester, listener):
        await until_sent(requester, "mute", 5)
        listener.stop()
        sent = requester.tally.services["mute"].sent
        await until_sent(requester, "mute", sent + 3)
        reasons = requester.tally.services["mute"].reasons
        assert reasons["connection lost"] >= 5
        assert reasons["front door refused"] >= 1
