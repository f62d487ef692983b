"""Readings that only a detail screen needs; the only way from a screen to an API."""

from typing import Protocol

from nomad_console.domain.allocation import Allocation


class LookupFailed(Exception):
    """What could not be read, and why, in words."""


class Lookups(Protocol):
    async def allocation(self, allocation_id: str) -> Allocation:
        """The allocation with its tasks' events; raises LookupFailed."""
        ...
