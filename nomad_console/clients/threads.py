"""Daemon threads for the libraries that block."""

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Threads:
    """A few daemon threads: the program's end never waits for them.

    A call whose caller is cancelled before a thread took it up is never made.
    """

    def __init__(self, count: int = 8) -> None:
        self._count = count
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._started = 0
        self._idle = threading.Semaphore(0)
        self._writes: dict[asyncio.Future[Any], str] = {}
        self._closed = False

    async def call(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        return await self._submitted(function, *args, **kwargs)

    async def write(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run to its end whatever happens to the caller.

        A cancellation meanwhile strikes at the caller's next await: the answer comes first.
        """
        future = self._submitted(function, *args, **kwargs)
        name = getattr(function, "__name__", "a write").strip("_").replace("_", " ")
        self._writes[future] = name
        struck = 0
        try:
            while not future.done():
                try:
                    await asyncio.wait({future})
                except asyncio.CancelledError:
                    struck += 1
        finally:
            self._writes.pop(future, None)
        if struck and (task := asyncio.current_task()):
            for _ in range(struck):
                task.uncancel()
                task.cancel()
        return future.result()

    @property
    def writing(self) -> tuple[str, ...]:
        """The writes under way, by name."""
        return tuple(name for future, name in self._writes.items() if not future.done())

    async def close(self, wait_s: float = 0.0) -> tuple[str, ...]:
        """Take no more calls, wait so long for writes under way, and name those still running.

        Those are given up: whoever waits for their answer is cancelled.
        """
        self._closed = True
        if self._writes and wait_s > 0:
            await asyncio.wait(set(self._writes), timeout=wait_s)
        for _ in range(self._started):
            self._calls.put(None)
        left = self.writing
        for future in self._writes:
            future.cancel()
        return left

    def _submitted(
        self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs
    ) -> asyncio.Future[R]:
        if self._closed:
            raise RuntimeError("these threads are closed")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[R] = loop.create_future()

        def run() -> None:
            if future.cancelled():
                return
            try:
                result = function(*args, **kwargs)
            except BaseException as error:  # noqa: BLE001 — whatever it is belongs to the caller
                _tell(loop, _fail, future, error)
            else:
                _tell(loop, _answer, future, result)

        self._calls.put(run)
        if not self._idle.acquire(blocking=False) and self._started < self._count:
            self._started += 1
            threading.Thread(target=self._work, name=f"call-{self._started}", daemon=True).start()
        return future

    def _work(self) -> None:
        while (run := self._calls.get()) is not None:
            run()
            self._idle.release()


def _tell(
    loop: asyncio.AbstractEventLoop, settle: Callable[..., None], future: object, value: object
) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(settle, future, value)


def _answer(future: asyncio.Future[R], result: R) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[R], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)
