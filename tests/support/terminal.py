"""The console on a real pty, its screen read as a terminal would show it."""

import os
import re
import select
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import pexpect
import pyte

PATIENCE_S = 30.0
ESCAPE = "\x1b[27u"  # of a terminal that tells the key from the start of a sequence: no pause after


class Terminal:
    """A program in a terminal of a fixed size."""

    def __init__(
        self, child: pexpect.spawn, columns: int, rows: int, begun_at: float = 0.0
    ) -> None:
        self.child = child
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._lines = [""] * rows
        self.received = 0
        self.begun_at = begun_at  # `perf_counter`, as all that follows
        self.received_at = 0.0  # when the last bytes came

    @property
    def lines(self) -> list[str]:
        """Only what was written to is put together again: pyte's own way costs milliseconds."""
        while self._screen.dirty:
            number = self._screen.dirty.pop()
            self._lines[number] = self.row(number)
        return list(self._lines)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def row(self, number: int) -> str:
        cells = self._screen.buffer[number]
        return "".join(cells[x].data for x in range(self._screen.columns)).rstrip()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.child.send(key)

    def enter(self, sign: str, text: str) -> None:
        """Open the line at the bottom by its sign, `/` or `:`, and type this into it."""
        self.press(sign)
        self.until(rf"^ ?{sign}( |$)")
        self.press(text, "\r")

    def until(self, wanted: str | Callable[[str], object], seconds: float = PATIENCE_S) -> str:
        """Read until the screen shows it: a regex or a condition. Else AssertionError."""
        if not self.shows(wanted, seconds):
            raise AssertionError(f"never seen: {getattr(wanted, '__name__', wanted)}\n{self.text}")
        return self.text

    def shows(self, wanted: str | Callable[[str], object], seconds: float) -> bool:
        """Whether the screen comes to show it within so long."""
        met = wanted if callable(wanted) else re.compile(wanted, re.MULTILINE).search
        end = time.monotonic() + seconds
        while not met(self.text):
            left = end - time.monotonic()
            if left <= 0 or not self.read(left):
                return False
        return True

    def read(self, seconds: float) -> bool:
        """Take what comes within so long; False when the program is gone."""
        ready, _, _ = select.select([self.child.fileno()], [], [], seconds)
        if ready:
            try:
                data = os.read(self.child.fileno(), 65536)
            except OSError:  # the other end of a pty that closed
                return False
            self.received_at = time.perf_counter()
            self.received += len(data)
            self._stream.feed(data)
            return bool(data)
        return True

    def look(self, seconds: float) -> str:
        """Read for so long, as somebody does who thinks before the next key."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and self.read(left):
            pass
        return self.text

    def quiet(self, seconds: float = 0.3, at_most: float = PATIENCE_S) -> None:
        """Read until nothing has come for so long."""
        end = time.monotonic() + at_most
        while time.monotonic() < end:
            before = self.received
            self.read(seconds)
            if self.received == before:
                return

    def ended(self, seconds: float = PATIENCE_S) -> int:
        """Read to the program's end and give its exit code."""
        end = time.monotonic() + seconds
        while self.read(max(0.0, end - time.monotonic())) and time.monotonic() < end:
            pass
        self.child.wait()
        assert self.child.exitstatus is not None, f"killed by {self.child.signalstatus}"
        return int(self.child.exitstatus)


@contextmanager
def console(*arguments: str, columns: int, rows: int, env: Mapping[str, str]) -> Iterator[Terminal]:
    """`nomad-console ARGUMENTS` in a terminal; killed at the end if it still runs."""
    words = ("-m", "nomad_console", *arguments)
    with python(*words, columns=columns, rows=rows, env=env) as terminal:
        yield terminal


@contextmanager
def python(*words: str, columns: int, rows: int, env: Mapping[str, str]) -> Iterator[Terminal]:
    """This interpreter with these words, in a terminal; killed at the end if it still runs."""
    begun_at = time.perf_counter()
    child = pexpect.spawn(
        sys.executable,
        list(words),
        dimensions=(rows, columns),
        env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **env},
        timeout=PATIENCE_S,
    )
    child.delaybeforesend = None  # 50 ms before each key otherwise
    try:
        yield Terminal(child, columns, rows, begun_at)
    finally:
        child.close(force=True)
