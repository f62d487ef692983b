"""A page of rows with the index it was true at."""

from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class Listing(msgspec.Struct, Generic[T], frozen=True):
    """`next_token` "" is the last page; `index` 0: this API tells none."""

    rows: tuple[T, ...]
    index: int = 0
    next_token: str = ""
