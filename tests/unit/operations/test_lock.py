import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from nomad_console.clients.errors import Refused, Unreachable
from nomad_console.operations.lock import Lock, NotLocked, key_of
from nomad_console.operations.lock_file import Holder
from nomad_console.settings.values import Missing
from tests.support.manual_clock import EPOCH, ManualClock
from tests.support.small_consul import SmallConsul

OURS = Holder("aaaa0000", "me@here", 1, EPOCH)
THEIRS = Holder("bbbb0000", "you@there", 2, EPOCH)
KEY = "nomad-console/global/run"
DOWN = Unreachable("consul", "PUT /v1/session/renew/x", None, "connection refused")


class Hosts:
    """Two hosts, `here` and `there`, and one Consul."""

    def __init__(self, where: Path) -> None:
        self.where = where
        self.clock = ManualClock()
        self.consul = SmallConsul(self.clock)

        self.made: list[Lock] = []

    def lock(
        self,
        host: str = "here",
        *,
        cluster: str = "demo",
        region: str = "global",
        missing: Missing | None = None,
    ) -> Lock:
        made = Lock(self.where / host, cluster, region, missing or self.consul, self.clock)
        self.made.append(made)
        return made


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Hosts]:
    found = Hosts(tmp_path)
    yield found
    for lock in found.made:
        lock.leave()


@asynccontextmanager
async def kept(lock: Lock) -> AsyncIterator[list[str]]:
    said: list[str] = []
    async with asyncio.TaskGroup() as tasks:
        keeping = tasks.create_task(lock.keep(said.append))
        yield said
        keeping.cancel()


async def test_one_run_at_a_time_and_the_other_hears_whose(hosts: Hosts) -> None:
    ours = hosts.lock()
    await ours.take(OURS)
    assert ours.word == f"locked in Consul: {KEY}"
    for takeover in (False, True):
        with pytest.raises(NotLocked) as caught:
            await hosts.lock("there").take(THEIRS, takeover=takeover)
        assert "run aaaa0000 of me@here (process 1), since 22:00:00 UTC" in str(caught.value)
        assert "60 s of silence" in str(caught.value)
        assert not caught.value.takeover
    with pytest.raises(NotLocked, match="held on this host by run aaaa0000"):
        await hosts.lock().take(THEIRS)
    await hosts.lock("there", region="eu").take(THEIRS)
    assert len(hosts.consul.world.sessions.rows) == 2  # refused ones left none behind


async def test_it_is_kept_while_it_is_renewed(hosts: Hosts) -> None:
    ours = hosts.lock()
    await ours.take(OURS)
    async with kept(ours) as said:
        await hosts.clock.advance(300)
        assert said == []
        with pytest.raises(NotLocked):
            await hosts.lock("there").take(THEIRS, takeover=True)


async def test_over_it_leaves_nothing_behind(hosts: Hosts) -> None:
    ours = hosts.lock()
    await ours.take(OURS)
    assert await ours.free() == ""
    assert hosts.consul.world.sessions.rows == {}
    await hosts.lock("there").take(THEIRS)


async def test_the_same_host_goes_on_at_once_with_a_dead_holders_session(hosts: Hosts) -> None:
    dead = hosts.lock()
    await dead.take(OURS)
    dead.leave()  # as the kernel does
    again = hosts.lock()
    await again.take(msgspec.structs.replace(OURS, pid=9))
    assert len(hosts.consul.world.sessions.rows) == 1
    assert b'"pid":9' in hosts.consul.world.store.entries[KEY].value  # type: ignore[operator]  # it has one


async def test_the_same_host_goes_on_when_the_session_has_ended(hosts: Hosts) -> None:
    dead = hosts.lock()
    await dead.take(OURS)
    dead.leave()
    await hosts.clock.advance(61)
    again = hosts.lock()
    await again.take(OURS)
    assert again.fresh


async def test_elsewhere_it_is_taken_over_after_twice_the_ttl_and_when_asked_for(
    hosts: Hosts,
) -> None:
    dead = hosts.lock()
    await dead.take(OURS)
    dead.leave()
    await hosts.clock.advance(59)
    with pytest.raises(NotLocked) as early:
        await hosts.lock("there").take(THEIRS, takeover=True)
    assert not early.value.takeover
    await hosts.clock.advance(2)
    with pytest.raises(NotLocked, match="left behind: run aaaa0000 of me@here") as asks:
        await hosts.lock("there").take(THEIRS)
    assert asks.value.takeover
    await hosts.lock("there").take(THEIRS, takeover=True)


async def test_another_run_of_this_host_that_was_left_is_asked_about(hosts: Hosts) -> None:
    dead = hosts.lock()
    await dead.take(OURS)
    dead.leave()
    other = msgspec.structs.replace(OURS, run_id="cccc0000")
    with pytest.raises(NotLocked, match="left behind on this host: run aaaa0000") as asks:
        await hosts.lock().take(other)
    assert asks.value.takeover
    await hosts.lock().take(other, takeover=True)


async def test_no_write_begins_later_than_a_third_of_the_ttl_after_a_renewal(hosts: Hosts) -> None:
    ours = hosts.lock()
    await ours.take(OURS)
    async with kept(ours) as said, asyncio.TaskGroup() as tasks:
        hosts.consul.failing = DOWN
        await hosts.clock.advance(10)
        assert ours.fresh
        assert said == []
        await hosts.clock.advance(1)
        assert not ours.fresh
        waiting = tasks.create_task(ours.ready())
        await hosts.clock.advance(9)
        assert not waiting.done()
        assert said[0] == f"the lock was last renewed 15 s ago: {DOWN}"
        hosts.consul.failing = None
        await hosts.clock.advance(5)
        assert waiting.done()
    assert ours.lost == ""


async def test_a_machine_that_slept_writes_nothing_before_it_renewed(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = hosts.lock()
    await ours.take(OURS)
    hosts.clock.jump(100)
    monkeypatch.setattr(hosts.clock, "elapsed", lambda: 0.0)
    assert not ours.fresh


async def test_lost_in_silence_it_is_taken_again_if_nobody_came(hosts: Hosts) -> None:
    ours = hosts.lock()
    await ours.take(OURS)
    hosts.clock.jump(70)
    async with kept(ours) as said:
        await hosts.clock.advance(5)
        assert said == ["the lock is lost: its session in Consul has ended"]
        assert not ours.fresh
        await hosts.clock.advance(5)
        assert ours.fresh
        assert len(said) == 1


async def test_lost_to_another_it_stays_lost_until_that_one_is_done(hosts: Hosts) -> None:
    ours, theirs = hosts.lock(), hosts.lock("there")
    await ours.take(OURS)
    hosts.clock.jump(70)
    await theirs.take(THEIRS, takeover=True)
    async with kept(ours) as said, kept(theirs) as heard:
        await hosts.clock.advance(20)
        assert heard == []
        assert "run bbbb0000 of you@there" in said[-1]
        assert not ours.fresh
        assert await theirs.free() == ""
        await hosts.clock.advance(10)
        assert ours.fresh


async def test_a_key_that_somebody_freed_is_noticed(hosts: Hosts) -> None:
    ours = hosts.lock()
    await ours.take(OURS)
    hosts.consul.world.store.write(lambda index: hosts.consul.world.store.delete(KEY, index))
    async with kept(ours) as said:
        await hosts.clock.advance(5)
        assert said == ["the lock is lost: nobody holds it"]


async def test_without_consul_this_host_alone_is_kept_off_and_that_is_said(hosts: Hosts) -> None:
    missing = Missing("Consul is not configured", "")
    alone = hosts.lock(missing=missing)
    await alone.take(OURS)
    assert alone.word == "locked on this host only: Consul is not configured"
    async with kept(alone):
        await hosts.clock.advance(1000)
    assert alone.fresh
    with pytest.raises(NotLocked, match="held on this host"):
        await hosts.lock(missing=missing).take(THEIRS)
    await hosts.lock(missing=missing, cluster="other").take(THEIRS)
    assert await alone.free() == ""


async def test_a_token_without_the_right_falls_back_and_says_so(hosts: Hosts) -> None:
    hosts.consul.failing = Refused("consul", "PUT /v1/session/create", 403, "Permission denied")
    lock = hosts.lock()
    await lock.take(OURS)
    assert lock.word.startswith("locked on this host only: ")
    assert "Permission denied" in lock.word


async def test_a_consul_that_cannot_be_asked_is_no_lock(hosts: Hosts) -> None:
    hosts.consul.failing = DOWN
    with pytest.raises(NotLocked, match="cannot tell who holds the lock"):
        await hosts.lock().take(OURS)
    hosts.consul.failing = None
    await hosts.lock().take(OURS)


async def test_what_cannot_be_freed_is_said(hosts: Hosts) -> None:
    ours = hosts.lock()
    await ours.take(OURS)
    hosts.consul.failing = DOWN
    assert "ends by itself within 60 s" in await ours.free()


async def test_a_folder_that_cannot_be_made_is_said(hosts: Hosts) -> None:
    (hosts.where / "here").write_text("a file")
    with pytest.raises(NotLocked, match="cannot lock"):
        await hosts.lock().take(OURS)


def test_a_region_is_one_part_of_the_key() -> None:
    assert key_of("eu/../x") == "nomad-console/eu%2F..%2Fx/run"
    assert key_of("") == KEY
