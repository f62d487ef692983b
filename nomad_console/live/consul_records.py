"""What Consul said: services, failing checks, and sums over instances, cell by cell."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from functools import lru_cache

from nomad_console.domain.service import CheckStatus, HealthCheck, NodeHealth, ServiceSummary
from nomad_console.domain.snapshot import ConsulSums, Reading
from nomad_console.live.table import Table

_WARNING, _CRITICAL = 1, 2
_WORSE: Mapping[str, int] = {CheckStatus.WARNING: _WARNING, CheckStatus.CRITICAL: _CRITICAL}
_NOTHING = ConsulSums()


def cell_sums(instances: int, service: str, problems: Iterable[HealthCheck]) -> ConsulSums:
    """A service's instances on one machine by the worst of their checks.

    A failing check of the machine itself counts for each of them.
    """
    machine = 0
    worst: dict[str, int] = {}
    for check in problems:
        weight = _WORSE.get(check.status, 0)
        if not check.service_id:
            machine = max(machine, weight)
        elif check.service_name == service:
            worst[check.service_id] = max(worst.get(check.service_id, 0), weight)
    weights = list(worst.values())
    critical = min(instances, weights.count(_CRITICAL))
    warning = min(instances - critical, weights.count(_WARNING))
    if machine == _CRITICAL:
        return ConsulSums(0, 0, instances)
    if machine == _WARNING:
        return ConsulSums(0, instances - critical, critical)
    return ConsulSums(instances - critical - warning, warning, critical)


@lru_cache(maxsize=1024)
def _cell(instances: int, sums: ConsulSums) -> tuple[int, ConsulSums]:
    """One object for all cells that say the same, as nearly all do."""
    return instances, sums


class _Totals:
    """Sums under keys, moved by differences; in their table only when they are asked for."""

    def __init__(self) -> None:
        self.table = Table[str, ConsulSums]()
        self._totals: dict[str, list[int]] = {}
        self._moved: set[str] = set()

    def open(self, key: str) -> None:
        """Have a sum under this key, be it of nothing."""
        self._totals.setdefault(key, [0, 0, 0])
        self._moved.add(key)

    def close(self, key: str) -> None:
        self._totals.pop(key, None)
        self._moved.add(key)

    def shift(self, key: str, old: ConsulSums, new: ConsulSums) -> None:
        total = self._totals.setdefault(key, [0, 0, 0])
        total[0] += new.passing - old.passing
        total[1] += new.warning - old.warning
        total[2] += new.critical - old.critical
        self._moved.add(key)

    def freeze(self) -> frozenset[str]:
        for key in self._moved:
            total = self._totals.get(key)
            if total is None:
                self.table.drop(key)
            else:
                self.table.put(key, ConsulSums(*total))
        self._moved.clear()
        return self.table.freeze()


class ConsulRecords:
    """A cell is one service on one machine; sums are kept by service and by machine."""

    def __init__(self, touched: Callable[[], None]) -> None:
        self.services = Table[str, ServiceSummary]()
        self.problems = Table[str, tuple[HealthCheck, ...]]()
        self.node_health = Table[str, NodeHealth]()
        self.health_read = Table[str, Reading]()
        self._touched = touched
        self._by_service = _Totals()
        self._by_machine = _Totals()
        self.service_sums = self._by_service.table
        self.consul_sums = self._by_machine.table
        self._checks: dict[str, dict[str, tuple[HealthCheck, ...]]] = {}  # status -> node -> checks
        self._cells: dict[str, dict[str, tuple[int, ConsulSums]]] = {}  # node -> service -> cell

    def put_services(self, services: Iterable[ServiceSummary]) -> None:
        for service in services:
            old = self.services.get(service.name)
            if self.services.put(service.name, service):
                self._by_service.open(service.name)
                self._spread(service.name, old, service)
        self._touched()

    def keep_services(self, names: AbstractSet[str]) -> None:
        """Forget what the whole overview does not name."""
        for name in self.services.rows.keys() - names:
            self._spread(name, self.services.drop(name), None)
            self._by_service.close(name)
        self._touched()

    def put_checks(self, status: str, checks: Iterable[HealthCheck]) -> None:
        """All checks of that status (critical or warning)."""
        by_node: dict[str, list[HealthCheck]] = {}
        for check in checks:
            by_node.setdefault(check.node, []).append(check)
        rows = {
            node: tuple(sorted(found, key=lambda check: (check.service_id, check.id)))
            for node, found in by_node.items()
        }
        before = self._checks.get(status, {})
        self._checks[status] = rows
        for node in rows.keys() | before.keys():
            if rows.get(node) != before.get(node):
                self._recheck(node)
        self._touched()

    def put_node_health(self, health: NodeHealth, reading: Reading) -> None:
        old = self.health_read.get(health.node)
        if old is None or old.begun_at <= reading.begun_at:
            self.node_health.put(health.node, health)
            self.health_read.put(health.node, reading)
            self._touched()

    def freeze(self) -> tuple[frozenset[str], frozenset[str]]:
        """Names of the services, and of the machines, that differ from the last freeze."""
        services = self.services.freeze() | self._by_service.freeze()
        machines = self._by_machine.freeze() | self.problems.freeze() | self.node_health.freeze()
        self.health_read.freeze()
        return services, machines

    def _recheck(self, node: str) -> None:
        old = self.problems.get(node) or ()
        new = tuple(
            check for status in sorted(self._checks) for check in self._checks[status].get(node, ())
        )
        if new:
            self.problems.put(node, new)
        else:
            self.problems.drop(node)
        cells = self._cells.get(node, {})
        failing = {check.service_name for check in (*old, *new)}
        everyone = "" in failing  # a check of the machine is one of all its services
        for service in list(cells if everyone else cells.keys() & failing):
            self._fill(node, service, cells[service][0])

    def _spread(self, name: str, old: ServiceSummary | None, new: ServiceSummary | None) -> None:
        """Fill the cells of a service whose instances moved."""
        before = Counter(old.nodes if old else ())
        after = Counter(new.nodes if new else ())
        for node in before.keys() | after.keys():
            if before[node] != after[node]:
                self._fill(node, name, after[node])

    def _fill(self, node: str, service: str, instances: int) -> None:
        cells = self._cells.setdefault(node, {})
        _, old = cells.get(service, (0, _NOTHING))
        problems = self.problems.get(node)
        new = cell_sums(instances, service, problems) if problems else ConsulSums(instances)
        if instances:
            cells[service] = _cell(instances, new)
        else:
            cells.pop(service, None)
        if new != old:
            self._by_service.shift(service, old, new)
            self._by_machine.shift(node, old, new)
        if not cells:
            self._by_machine.close(node)
            del self._cells[node]
