"""A page of rows with the index it was true at."""

from collections.abc import Callable
from functools import cached_property
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class Listing(msgspec.Struct, Generic[T], frozen=True):
    """`next_token` "" is the last page; `index` 0: this API tells none."""

    rows: tuple[T, ...]
    index: int = 0
    next_token: str = ""


class Page(Generic[T]):
    """A listing whose body is read when its rows are first asked for: that raises ApiError.

    Whoever turns pages can ask for the next one before.
    """

    def __init__(self, read: Callable[[], tuple[T, ...]], index: int, next_token: str) -> None:
        self.index = index
        self.next_token = next_token
        self._read = read

    @cached_property
    def rows(self) -> tuple[T, ...]:
        return self._read()
