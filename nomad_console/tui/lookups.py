"""Readings that only a detail screen needs, as far as screens know them."""

from typing import Protocol


class Lookups(Protocol):
    """What is read goes into the store too; each raises live's LookupFailed."""

    async def node(self, node_id: str) -> object: ...

    async def allocation(self, allocation_id: str) -> object: ...

    async def job(self, namespace: str, job_id: str) -> object: ...

    async def targets(self, arn: str) -> object: ...
