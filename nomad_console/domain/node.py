"""Nomad client nodes."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

_SAME = timedelta(seconds=2)  # of a write: its event, and its time cut to seconds


class NodeStatus(StrEnum):
    """The values known today; a record keeps what the server said, verbatim."""

    INITIALIZING = "initializing"
    READY = "ready"
    DOWN = "down"
    DISCONNECTED = "disconnected"


class Eligibility(StrEnum):
    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"


class LastDrain(msgspec.Struct, frozen=True):
    """The newest drain: `status` is draining, complete or canceled; times are cut to seconds."""

    status: str
    started_at: datetime | None
    updated_at: datetime | None
    accessor_id: str
    meta: Mapping[str, str]


class DrainStrategy(msgspec.Struct, frozen=True):
    """A drain under way. `force_deadline` None: no deadline."""

    ignore_system_jobs: bool
    deadline_s: float
    started_at: datetime | None
    force_deadline: datetime | None


class NodeEvent(msgspec.Struct, frozen=True):
    subsystem: str
    message: str
    at: datetime | None
    details: Mapping[str, str]

    @property
    def about_scheduling(self) -> bool:
        """A drain or a change of eligibility: these too move `StatusUpdatedAt`."""
        return self.subsystem == "Drain" or self.message.startswith("Node marked as ")


class Node(msgspec.Struct, frozen=True):
    """A row of /v1/nodes; the same fields are taken from an event's whole node."""

    id: str
    name: str
    address: str  # the host part of HTTPAddr
    datacenter: str
    pool: str
    node_class: str
    version: str
    status: str
    eligibility: str
    draining: bool
    last_drain: LastDrain | None
    create_index: int
    modify_index: int

    @property
    def ready(self) -> bool:
        return self.status == NodeStatus.READY

    @property
    def lost(self) -> bool:
        """Its heartbeats are missed: its tasks may run on, but nothing reaches them."""
        return self.status in {NodeStatus.DOWN, NodeStatus.DISCONNECTED}

    @property
    def eligible(self) -> bool:
        return self.eligibility == Eligibility.ELIGIBLE


class NodeDetail(msgspec.Struct, frozen=True):
    """What only /v1/node/:id and events tell. Resources in MHz and MB."""

    id: str
    http_address: str
    status_updated_at: datetime | None
    drain: DrainStrategy | None
    events: tuple[NodeEvent, ...]
    drivers: Mapping[str, bool]  # name -> healthy, detected ones only
    meta: Mapping[str, str]
    instance_id: str  # "" outside EC2
    zone: str
    ip_address: str
    consul_name: str
    cpu_mhz: int
    memory_mb: int
    modify_index: int
    attributes: Mapping[str, str]
    reserved_cpu_mhz: int = 0  # of `cpu_mhz`: kept from allocations
    reserved_memory_mb: int = 0
    reserved_ports: str = ""  # as configured: 22,80,8500-8600

    def status_since(self, status: str) -> datetime | None:
        """When the node's status became what it is; None where that is not known.

        Nomad moves `StatusUpdatedAt` with every drain and change of eligibility too
        (state_store.go: updateNodeDrainImpl, updateNodeEligibilityImpl). The events kept then tell
        the last change of status: a registration, or a missed heartbeat that a return ended untold.
        """
        updated = self.status_updated_at
        told = [(event.at, event) for event in self.events if event.at is not None]
        if updated is None or not any(
            event.about_scheduling and abs(updated - at) <= _SAME for at, event in told
        ):
            return updated
        changes = [
            (at, event.message)
            for at, event in told
            if event.subsystem == "Cluster" and not event.about_scheduling
        ]
        at, message = max(changes, default=(None, ""))
        back = message == "Node heartbeat missed" and status == NodeStatus.READY
        return None if back else at
