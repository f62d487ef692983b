"""What libraries say beside the screen: kept while it is up, told when it is gone."""

import logging
import sys
import threading
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from nomad_console.domain.text import printable

_DISTINCT = 50
_FORM = logging.Formatter("%(name)s: %(message)s")


class Asides(logging.Handler):
    """Taken from any thread, each text once with its count."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._guard = threading.RLock()  # a destructor may speak while another text is taken
        self._told: Counter[str] = Counter()
        self._beyond = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.take(_FORM.format(record))

    def take(self, text: str) -> None:
        with self._guard:
            if text in self._told or len(self._told) < _DISTINCT:
                self._told[text] += 1
            else:
                self._beyond += 1

    def tell(self, file: TextIO) -> None:
        for text, times in self._told.items():
            first, *others = text.rstrip().splitlines() or [""]
            often = f" ({times:,} times)" if times > 1 else ""
            print(f"nomad-console: {printable(first)}{often}", file=file)
            for line in others:
                print(f"  {printable(line)}", file=file)
        if self._beyond:
            print(f"nomad-console: {self._beyond:,} more warnings", file=file)

    def warned(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,  # noqa: ARG002 — Python hands it over; nothing is written
        line: str | None = None,  # noqa: ARG002 — likewise
    ) -> None:
        self.take(f"{category.__name__}: {message} ({filename}:{lineno})")

    def failed(self, of: threading.ExceptHookArgs) -> None:
        """A thread ended by an error that nobody waits for."""
        if of.exc_type is not SystemExit:
            name = of.thread.name if of.thread else "a thread"
            said = traceback.format_exception(of.exc_type, of.exc_value, of.exc_traceback)
            self.take(f"{name}: {''.join(said)}")

    def unraised(self, of: "sys.UnraisableHookArgs") -> None:
        """An error where nothing could take it: in a destructor, at the end of a thread."""
        said = traceback.format_exception(of.exc_type, of.exc_value, of.exc_traceback)
        self.take(f"{of.err_msg or 'ignored'}: {''.join(said)}")


@contextmanager
def kept_aside() -> Iterator[None]:
    """Until its end no warning, log record or thread's error is written on the terminal."""
    asides, root = Asides(), logging.getLogger()
    before = warnings.showwarning, threading.excepthook, sys.unraisablehook
    warnings.showwarning = asides.warned
    threading.excepthook, sys.unraisablehook = asides.failed, asides.unraised
    root.addHandler(asides)
    try:
        yield
    finally:
        root.removeHandler(asides)
        warnings.showwarning, threading.excepthook, sys.unraisablehook = before
        asides.tell(sys.stderr)
