"""Services and checks, as Consul has them."""

import re
from enum import StrEnum

import msgspec


class CheckStatus(StrEnum):
    PASSING = "passing"
    WARNING = "warning"
    CRITICAL = "critical"


_NOMAD_TASK = re.compile(r"_nomad-task-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-")


def allocation_of(service_id: str) -> str:
    """The allocation that registered an instance; "" where it was not a Nomad task.

    The id's form is Nomad's own (command/agent/consul, `MakeAllocServiceID`).
    """
    found = _NOMAD_TASK.match(service_id)
    return found[1] if found else ""


class HealthCheck(msgspec.Struct, frozen=True):
    """`service_id` "" is a check of the machine itself, such as serfHealth."""

    node: str
    id: str
    name: str
    status: str
    output: str
    service_id: str
    service_name: str


class ServiceSummary(msgspec.Struct, frozen=True):
    """A row of Consul's overview. `nodes` names one machine for each instance."""

    name: str
    instances: int
    nodes: tuple[str, ...]
    tags: tuple[str, ...]


class ServiceInstance(msgspec.Struct, frozen=True):
    id: str
    name: str
    node: str
    address: str
    port: int


class NodeHealth(msgspec.Struct, frozen=True):
    """Everything Consul holds of one machine."""

    node: str
    instances: tuple[ServiceInstance, ...]
    checks: tuple[HealthCheck, ...]
