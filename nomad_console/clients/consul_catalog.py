"""The overview of services from catalog and checks, where Consul gives none."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from urllib.parse import quote

import msgspec

from nomad_console.clients.consul_wire import CheckWire
from nomad_console.clients.http import Answer
from nomad_console.clients.listing import Listing
from nomad_console.clients.wire import Name, decoded, go_name, rows_of, shared
from nomad_console.domain.service import ServiceSummary

_NAMES = "/v1/catalog/services"
_CHECKS = "/v1/health/state/any"

Get = Callable[[str, int, float], Awaitable[Answer]]


class PlaceWire(msgspec.Struct, rename=go_name, gc=False):
    """A row of /v1/catalog/service/NAME."""

    node: Name


async def services(get: Get, index: int, wait_s: float) -> Listing[ServiceSummary]:
    """Every service with the machines of its instances, one for each; raises ApiError.

    Instances are counted by their checks; a service that has none is asked for by its name.
    """
    answer = await get(_NAMES, index, wait_s)
    names = decoded("consul", f"GET {_NAMES}", answer.body, dict[Name, list[str] | None])
    checks = (await get(_CHECKS, 0, 0.0)).body
    checked = _instances(rows_of("consul", f"GET {_CHECKS}", checks, CheckWire))
    rows = []
    for name, tags in sorted(names.items()):
        nodes = checked.get(name) or await _places(get, name)
        rows.append(ServiceSummary(name, len(nodes), nodes, tuple(map(shared, tags or ()))))
    return Listing(tuple(rows), answer.index)


def _instances(checks: Sequence[CheckWire]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, set[tuple[str, str]]] = {}
    for check in checks:
        if check.service_id:
            found.setdefault(check.service_name or "", set()).add((check.node, check.service_id))
    return {name: tuple(shared(node) for node, _ in sorted(ids)) for name, ids in found.items()}


async def _places(get: Get, name: str) -> tuple[str, ...]:
    path = f"/v1/catalog/service/{quote(name, safe='')}"
    rows = rows_of("consul", f"GET {path}", (await get(path, 0, 0.0)).body, PlaceWire)
    return tuple(sorted(shared(row.node) for row in rows))
