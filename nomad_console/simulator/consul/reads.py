"""What Consul's read endpoints show: rows, the index they carry, what wakes their readers."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from nomad_console.simulator.consul.catalog import EXTINCTION, Catalog, Node, Service
from nomad_console.simulator.consul.filters import Predicate
from nomad_console.simulator.consul.records import Row, catalog_service_row
from nomad_console.simulator.consul.sessions import Sessions

# The fields a filter may name, as Consul derives them from its structs.
_SERVICE = (
    *("ID", "Service", "Tags", "Address", "Port", "EnableTagOverride", "Meta."),
    *("Weights.Passing", "Weights.Warning"),
)
_NODE = ("ID", "Node", "Address", "Datacenter", "Meta.", "TaggedAddresses.")
CHECK_SELECTORS = (
    *("Node", "CheckID", "Name", "Status", "Notes", "Output"),
    *("ServiceID", "ServiceName", "ServiceTags", "Type"),
)
NODE_SELECTORS = _NODE
INSTANCE_SELECTORS = (
    *(f"Node.{each}" for each in _NODE),
    *(f"Service.{each}" for each in _SERVICE),
    *(f"Checks.{each}" for each in CHECK_SELECTORS),
)
CATALOG_SERVICE_SELECTORS = (
    *("ID", "Node", "Address", "Datacenter", "NodeMeta.", "TaggedAddresses."),
    *("ServiceID", "ServiceName", "ServiceTags", "ServiceAddress", "ServicePort", "ServiceMeta."),
)
UI_NODE_SELECTORS = (
    *_NODE,
    *(f"Services.{each}" for each in _SERVICE),
    *(f"Checks.{each}" for each in CHECK_SELECTORS),
)


def everything(row: Row) -> bool:  # noqa: ARG001 — the predicate of no filter
    return True


@dataclass(frozen=True)
class Reading:
    """One readable thing. `empty` is what a token without rights is shown, with 200."""

    keys: tuple[str, ...]
    index: Callable[[], int]
    body: Callable[[Predicate], Any]
    empty: Any
    selectors: Collection[str] = ()
    consistency: bool = True  # whether X-Consul-Effective-Consistency is sent


def _tables(catalog: Catalog, *keys: str) -> Callable[[], int]:
    return lambda: catalog.raft.last(*keys)


def catalog_nodes(catalog: Catalog) -> Reading:
    def body(wanted: Predicate) -> list[Row]:
        return [node.row for _, node in sorted(catalog.nodes.items()) if wanted(node.row)]

    return Reading(("nodes",), _tables(catalog, "nodes"), body, [], NODE_SELECTORS)


def catalog_services(catalog: Catalog) -> Reading:
    """Names with their tags; a filter is not taken here in 1.8."""

    def body(_: Predicate) -> dict[str, list[str]]:
        return {
            name: sorted({tag for each in instances.values() for tag in each.row["Tags"]})
            for name, instances in sorted(catalog.by_service.items())
        }

    return Reading(("services",), _tables(catalog, "services"), body, {})


def catalog_service(catalog: Catalog, name: str, tags: list[str]) -> Reading:
    def body(wanted: Predicate) -> list[Row]:
        rows = (
            catalog_service_row(each.node.row, each.row)
            for each in catalog.instances(name)
            if set(tags) <= set(each.row["Tags"])
        )
        return [row for row in rows if wanted(row)]

    def index() -> int:
        return catalog.service_index(name, "nodes", "services")

    return Reading(catalog.service_keys(name), index, body, [], CATALOG_SERVICE_SELECTORS)


def catalog_node(catalog: Catalog, name: str, *, listed: bool) -> Reading:
    """`listed`: the services as a list, as node-services has them; else a map by id."""

    def index() -> int:
        return catalog.raft.last("nodes", "services") if name in catalog.nodes else 1

    def body(wanted: Predicate) -> Row | None:
        node = catalog.nodes.get(name)
        if node is None:
            return {"Node": None, "Services": None} if listed else None
        rows = [each.row for _, each in sorted(node.services.items()) if wanted(each.row)]
        return {"Node": node.row, "Services": rows if listed else {row["ID"]: row for row in rows}}

    nothing = {"Node": None, "Services": None} if listed else None
    return Reading(("nodes", "services"), index, body, nothing, _SERVICE)


def health_node(catalog: Catalog, name: str) -> Reading:
    def body(wanted: Predicate) -> list[Row]:
        node = catalog.nodes.get(name)
        return [row for row in _sorted_checks(node) if wanted(row)] if node else []

    return _checks(catalog, body)


def health_state(catalog: Catalog, state: str) -> Reading:
    def body(wanted: Predicate) -> list[Row]:
        return [
            row
            for _, node in sorted(catalog.nodes.items())
            for row in _sorted_checks(node)
            if state in ("any", row["Status"]) and wanted(row)
        ]

    return _checks(catalog, body)


def health_checks(catalog: Catalog, service: str) -> Reading:
    def body(wanted: Predicate) -> list[Row]:
        return [
            row
            for instance in catalog.instances(service)
            for row in instance.check_rows()
            if wanted(row)
        ]

    return _checks(catalog, body)


def _checks(catalog: Catalog, body: Callable[[Predicate], list[Row]]) -> Reading:
    keys = ("nodes", "checks")
    return Reading(keys, _tables(catalog, *keys), body, [], CHECK_SELECTORS)


def health_service(catalog: Catalog, name: str, tags: list[str], *, passing: bool) -> Reading:
    """`passing`: only instances none of whose checks is other than passing."""

    def body(wanted: Predicate) -> list[Row]:
        rows = (
            _entry(each)
            for each in catalog.instances(name)
            if set(tags) <= set(each.row["Tags"]) and (not passing or each.status() == "passing")
        )
        return [row for row in rows if wanted(row)]

    def index() -> int:
        return catalog.service_index(name, "nodes", "services", "checks")

    return Reading(catalog.service_keys(name), index, body, [], INSTANCE_SELECTORS)


def _entry(instance: Service) -> Row:
    """An instance passes only if its node does: serfHealth is among its checks."""
    return {
        "Node": instance.node.row,
        "Service": instance.row,
        "Checks": [*instance.node_check_rows(), *instance.check_rows()],
    }


def _sorted_checks(node: Node) -> list[Row]:
    return [row for _, row in sorted(node.checks.items())]


class UiServices:
    """/v1/internal/ui/services; a service is summed up again only when it changed."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._rows: dict[str, tuple[int, Row]] = {}

    def reading(self) -> Reading:
        keys = ("nodes", "services", "checks", EXTINCTION)
        index = _tables(self._catalog, *keys)
        return Reading(keys, index, self._body, [], INSTANCE_SELECTORS, consistency=False)

    def _body(self, wanted: Predicate) -> list[Row]:
        names = sorted(self._catalog.by_service)
        if wanted is everything:
            return [self._remembered(name) for name in names]
        chosen = {
            name: [each for each in self._catalog.instances(name) if wanted(_entry(each))]
            for name in names
        }
        return [_summary(name, instances) for name, instances in chosen.items() if instances]

    def _remembered(self, name: str) -> Row:
        """The service's own index covers its instances, their checks and their nodes' checks."""
        index = self._catalog.service_index(name)
        known = self._rows.get(name)
        if known is None or known[0] != index:
            known = self._rows[name] = (index, _summary(name, self._catalog.instances(name)))
        return known[1]


def _summary(name: str, instances: list[Service]) -> Row:
    """Checks of the node count once for each instance on it, as Consul 1.8 counts them."""
    counts = {"passing": 0, "warning": 0, "critical": 0}
    tags: set[str] = set()
    sources: set[str] = set()
    for instance in instances:
        tags.update(instance.row["Tags"])
        if source := instance.row["Meta"].get("external-source"):
            sources.add(source)
        for row in (*instance.node_check_rows(), *instance.check_rows()):
            counts[row["Status"]] += 1
    return {
        "Name": name,
        "Tags": sorted(tags) or None,
        "Nodes": [instance.node.name for instance in instances],
        "InstanceCount": len(instances),
        "ChecksPassing": counts["passing"],
        "ChecksWarning": counts["warning"],
        "ChecksCritical": counts["critical"],
        "ExternalSources": sorted(sources) or None,
        "GatewayConfig": {},
    }


def ui_nodes(catalog: Catalog, name: str | None = None) -> Reading:
    """Every node with its services and checks; with a name that one alone, null if unknown."""

    def body(wanted: Predicate) -> Any:
        if name is not None:
            return _ui_node(catalog.nodes[name]) if name in catalog.nodes else None
        rows = (_ui_node(node) for _, node in sorted(catalog.nodes.items()))
        return [row for row in rows if wanted(row)]

    keys = ("nodes", "services", "checks")
    empty: list[Row] | None = [] if name is None else None
    return Reading(keys, _tables(catalog, *keys), body, empty, UI_NODE_SELECTORS, consistency=False)


def _ui_node(node: Node) -> Row:
    """Here alone an instance without tags has null for them."""
    services = [each.row | {"Tags": each.row["Tags"] or None} for each in node.services.values()]
    checks = [row | {"ServiceTags": row["ServiceTags"] or None} for row in _sorted_checks(node)]
    shown = {key: node.row[key] for key in ("ID", "Node", "Address", "TaggedAddresses", "Meta")}
    return {**shown, "Services": sorted(services, key=lambda row: row["ID"]), "Checks": checks}


def session_list(sessions: Sessions, node: str | None = None) -> Reading:
    return _sessions(sessions, lambda: sessions.listed(node))


def session_info(sessions: Sessions, session_id: str) -> Reading:
    def rows() -> list[Row]:
        session = sessions.get(session_id)
        return [session.row] if session else []

    return _sessions(sessions, rows)


def _sessions(sessions: Sessions, rows: Callable[[], list[Row]]) -> Reading:
    keys = ("sessions",)
    return Reading(keys, lambda: sessions.raft.last(*keys), lambda _: rows(), [], consistency=False)
