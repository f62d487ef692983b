import asyncio
import threading

import pytest

from nomad_console.clients.threads import Threads


async def test_a_call_answers_from_a_daemon_thread() -> None:
    threads = Threads(2)
    assert await threads.call(lambda: threading.current_thread().daemon)
    assert await threads.call(divmod, 7, 2) == (3, 1)
    await threads.close()


async def test_an_exception_reaches_the_caller() -> None:
    threads = Threads(1)
    with pytest.raises(ZeroDivisionError):
        await threads.call(divmod, 1, 0)
    await threads.close()


async def test_no_more_threads_than_asked_and_none_before_the_first_call() -> None:
    threads = Threads(3)
    assert threads._started == 0
    names = await asyncio.gather(
        *(threads.call(lambda: threading.current_thread().name) for _ in range(40))
    )
    assert len(set(names)) <= 3
    await threads.close()


async def test_idle_threads_are_used_again() -> None:
    threads = Threads(8)
    names = {await threads.call(lambda: threading.current_thread().name) for _ in range(5)}
    await threads.call(int)
    assert len(names) <= 2
    await threads.close()


async def test_a_call_cancelled_before_its_turn_is_never_made() -> None:
    threads = Threads(1)
    gate, made = threading.Event(), list[str]()
    first = asyncio.ensure_future(threads.call(gate.wait))  # noqa: TID251 — cancelled below
    second = asyncio.ensure_future(threads.call(made.append, "second"))  # noqa: TID251 — as above
    await asyncio.wait({first, second}, timeout=0)
    second.cancel()
    gate.set()
    assert await first
    await threads.call(made.append, "third")
    assert made == ["third"]
    await threads.close()


async def test_a_write_answers_before_its_cancellation_strikes() -> None:
    threads = Threads(1)
    gate, heard = threading.Event(), list[object]()

    def written() -> int:
        gate.wait()
        return 42

    async def caller() -> None:
        heard.append(await threads.write(written))
        await asyncio.wait_for(asyncio.Event().wait(), 5)
        heard.append("went on")

    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(caller())
        await asyncio.wait({task}, timeout=0.01)
        task.cancel()
        await asyncio.wait({task}, timeout=0.01)
        assert not task.done()
        gate.set()
    assert task.cancelled()
    assert heard == [42]
    await threads.close()


async def test_a_timeout_around_a_write_still_is_a_timeout() -> None:
    threads = Threads(1)
    gate, answers = threading.Event(), list[bool]()

    async def within() -> None:
        async with asyncio.timeout(0.01):
            asyncio.get_running_loop().call_later(0.03, gate.set)
            answers.append(await threads.write(gate.wait))
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        await within()
    assert answers == [True]
    await threads.close()


async def test_closing_names_the_writes_it_gave_up() -> None:
    threads = Threads(1)
    gate = threading.Event()

    def drain_node() -> bool:
        return gate.wait()

    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(threads.write(drain_node))
        await asyncio.wait({task}, timeout=0.01)
        assert threads.writing == ("drain node",)
        assert await threads.close(0.01) == ("drain node",)
        await asyncio.wait({task}, timeout=5)
        assert task.cancelled()  # though the thread is in it still: nobody waits any more
        gate.set()
    with pytest.raises(RuntimeError):
        await threads.call(int)
