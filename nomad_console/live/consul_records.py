"""What Consul said: services, failing checks, and sums over instances, cell by cell."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from nomad_console.domain.service import CheckStatus, HealthCheck, NodeHealth, ServiceSummary
from nomad_console.domain.snapshot import ConsulSums, Reading
from nomad_console.live.table import Table

_WORSE: Mapping[str, int] = {CheckStatus.WARNING: 1, CheckStatus.CRITICAL: 2}


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
    critical = min(
        instances, sum(weight == _WORSE[CheckStatus.CRITICAL] for weight in worst.values())
    )
    warning = min(
        instances - critical,
        sum(weight == _WORSE[CheckStatus.WARNING] for weight in worst.values()),
    )
    if machine == _WORSE[CheckStatus.CRITICAL]:
        return ConsulSums(0, 0, instances)
    if machine == _WORSE[CheckStatus.WARNING]:
        return ConsulSums(0, instances - critical, critical)
    return ConsulSums(instances - critical - warning, warning, critical)


def _plus(left: ConsulSums, right: ConsulSums) -> ConsulSums:
    return ConsulSums(*(a + b for a, b in zip(left, right, strict=True)))


def _minus(left: ConsulSums, right: ConsulSums) -> ConsulSums:
    return ConsulSums(*(a - b for a, b in zip(left, right, strict=True)))


class ConsulRecords:
    """A cell is one service on one machine; sums are kept by service and by machine."""

    def __init__(self, touched: Callable[[], None]) -> None:
        self.services = Table[str, ServiceSummary]()
        self.service_sums = Table[str, ConsulSums]()
        self.consul_sums = Table[str, ConsulSums]()
        self.problems = Table[str, tuple[HealthCheck, ...]]()
        self.node_health = Table[str, NodeHealth]()
        self.health_read = Table[str, Reading]()
        self._touched = touched
        self._checks: dict[str, dict[str, tuple[HealthCheck, ...]]] = {}  # status -> node -> checks
        self._cells: dict[str, dict[str, tuple[int, ConsulSums]]] = {}  # node -> service -> cell

    def put_services(self, services: Iterable[ServiceSummary]) -> None:
        """The whole overview."""
        rows = {service.name: service for service in services}
        old = {name: self.services.get(name) for name in self.services.rows}
        for name in self.services.replace(rows):
            before, after = old.get(name), rows.get(name)
            machines = Counter(after.nodes if after else ())
            for node in {*machines, *(before.nodes if before else ())}:
                self._fill(node, name, machines[node])
            if after is None:
                self.service_sums.drop(name)
            elif name not in self.service_sums.rows:
                self.service_sums.put(name, ConsulSums())
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
        services = self.services.freeze() | self.service_sums.freeze()
        machines = self.consul_sums.freeze() | self.problems.freeze() | self.node_health.freeze()
        self.health_read.freeze()
        return services, machines

    def _recheck(self, node: str) -> None:
        found = tuple(
            check for status in sorted(self._checks) for check in self._checks[status].get(node, ())
        )
        if found:
            self.problems.put(node, found)
        else:
            self.problems.drop(node)
        for service, (instances, _) in list(self._cells.get(node, {}).items()):
            self._fill(node, service, instances)

    def _fill(self, node: str, service: str, instances: int) -> None:
        cells = self._cells.setdefault(node, {})
        _, old = cells.get(service, (0, ConsulSums()))
        new = cell_sums(instances, service, self.problems.get(node) or ())
        if instances:
            cells[service] = instances, new
        else:
            cells.pop(service, None)
        if new != old:
            self._shift(self.service_sums, service, old, new)
            self._shift(self.consul_sums, node, old, new)
        if not cells:
            self.consul_sums.drop(node)
            del self._cells[node]

    @staticmethod
    def _shift(table: Table[str, ConsulSums], key: str, old: ConsulSums, new: ConsulSums) -> None:
        table.put(key, _plus(_minus(table.get(key) or ConsulSums(), old), new))
