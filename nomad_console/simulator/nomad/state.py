"""The state store: tables of rows, one raft index per write, and the events of each write."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

Row = dict[str, Any]
Key = str | tuple[str, str]
Table = Literal[
    "nodes",
    "allocations",
    "jobs",
    "evaluations",
    "deployments",
    "services",
    "namespaces",
    "node_pools",
]
Event = dict[str, Any]
Published = Callable[[int, list[Event]], None]
Written = Callable[[int, frozenset[str]], None]
RowObserver = Callable[[Row | None, Row | None], None]

EVENT_BUFFER_SIZE = 100  # Nomad's default event_buffer_size, in raft transactions

_TOPICS: dict[Table, str] = {  # namespaces have none: nobody is told of them
    "nodes": "Node",
    "allocations": "Allocation",
    "jobs": "Job",
    "evaluations": "Evaluation",
    "deployments": "Deployment",
    "services": "Service",
    "node_pools": "NodePool",
}


def job_key(row: Row) -> tuple[str, str]:
    """(namespace, job id) of a job or of whatever belongs to one."""
    return row["Namespace"], row["JobID"]


def key_of(table: Table, row: Row) -> Key:
    if table == "jobs":
        return row["Namespace"], row["ID"]
    if table in {"namespaces", "node_pools"}:
        name: str = row["Name"]
        return name
    key: str = row["ID"]
    return key


def _filter_keys(table: Table, row: Row) -> list[str] | None:
    """What besides its key a subscriber may name an event by (nomad/state/events.go)."""
    match table:
        case "allocations" | "evaluations":
            return [row["JobID"], row.get("DeploymentID") or ""]
        case "services":
            return [row["JobID"], row["ServiceName"]]
        case "deployments":
            return [row["JobID"]]
    return None


@dataclass
class Change:
    """One raft transaction: what it puts and removes, at which index, and its events' Type."""

    index: int
    type: str
    puts: list[tuple[Table, Row]] = field(default_factory=list)
    removals: list[tuple[Table, Key]] = field(default_factory=list)
    quiet: bool = False  # publishes nothing, as garbage collection does

    def put(self, table: Table, row: Row) -> None:
        self.puts.append((table, row))

    def remove(self, table: Table, key: Key) -> None:
        self.removals.append((table, key))


class Broker:
    """Hands each write's events on, and keeps the last ones for those who come late."""

    def __init__(self) -> None:
        self.buffer: deque[tuple[int, list[Event]]] = deque(maxlen=EVENT_BUFFER_SIZE)
        self._subscribers: list[Published] = []

    def subscribe(self, callback: Published) -> Callable[[], None]:
        """`callback(index, events)` after each write; call what is returned to end it."""
        self._subscribers.append(callback)
        return lambda: self._subscribers.remove(callback)

    def publish(self, index: int, events: list[Event]) -> None:
        self.buffer.append((index, events))
        for callback in tuple(self._subscribers):
            callback(index, events)


class State:
    """Tables hold rows as Nomad's full structs; a row is replaced, never changed in place."""

    def __init__(self, first_index: int = 1) -> None:
        self.index = first_index
        self.nodes: dict[str, Row] = {}
        self.allocations: dict[str, Row] = {}
        self.jobs: dict[tuple[str, str], Row] = {}
        self.evaluations: dict[str, Row] = {}
        self.deployments: dict[str, Row] = {}
        self.namespaces: dict[str, Row] = {}
        self.node_pools: dict[str, Row] = {}
        self.services: dict[str, Row] = {}
        self.table_index: dict[str, int] = dict.fromkeys([*_TOPICS, "namespaces"], first_index)
        self.allocs_by_node: defaultdict[str, set[str]] = defaultdict(set)
        self.allocs_by_job: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self.evaluations_by_job: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self.deployments_by_job: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        self.job_versions: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
        self.allocation_jobs: dict[str, Row] = {}  # the job, in its version, each allocation runs
        self.broker = Broker()
        self.observers: defaultdict[str, list[RowObserver]] = defaultdict(list)
        self._watchers: list[Written] = []

    def table(self, name: Table) -> dict[Any, Row]:
        tables: dict[Any, Row] = getattr(self, name)
        return tables

    def change(self, type_: str) -> Change:
        """A transaction at the next index; write it before another is begun."""
        return Change(self.index + 1, type_)

    def watch(self, callback: Written) -> Callable[[], None]:
        """`callback(index, touched)` after each write: tables and rows such as `nodes`,
        `node:<id>` (not for its allocations' reports), `node-allocs:<id>`, `allocation:<id>`,
        `job:<namespace>/<id>`, `job-allocs:<namespace>/<id>`, `evaluation:<id>`,
        `deployment:<id>`."""
        self._watchers.append(callback)
        return lambda: self._watchers.remove(callback)

    def write(self, change: Change) -> int:
        """Apply one transaction; rows already carry its index.

        Observers come last, once everybody has been told: they may write again.
        """
        if change.index != self.index + 1:
            raise ValueError(f"change made for index {change.index}, but it is {self.index}")
        self.index = change.index
        puts = [(table, self._put(table, row), row) for table, row in change.puts]
        gone = [(table, self._remove(table, key), key) for table, key in change.removals]
        touched: set[str] = set()
        for table, row in [*change.puts, *((table, row) for table, row, _ in gone)]:
            touched.update(_touches(table, row, change.index))
        touched.update(f"node:{key}" for table, _, key in gone if table == "nodes")
        for name in touched & self.table_index.keys():
            self.table_index[name] = change.index
        events = _events(change, [(table, row) for table, row, _ in gone])
        if events:
            self.broker.publish(change.index, events)
        for callback in tuple(self._watchers):
            callback(change.index, frozenset(touched))
        before = [*puts, *((table, row, None) for table, row, _ in gone)]
        for table, old, new in before:
            for observer in self.observers[table]:
                observer(old, new)
        return change.index

    def _put(self, table: Table, row: Row) -> Row | None:
        key = key_of(table, row)
        rows = self.table(table)
        old = rows.get(key)
        if old is None:
            self._index(table, key, row)
        rows[key] = row
        return old

    def _index(self, table: Table, key: Any, row: Row) -> None:
        match table:
            case "allocations":
                self.allocs_by_node[row["NodeID"]].add(key)
                self.allocs_by_job[job_key(row)].add(key)
            case "evaluations":
                self.evaluations_by_job[job_key(row)].add(key)
            case "deployments":
                self.deployments_by_job[job_key(row)].append(key)

    def _remove(self, table: Table, key: Any) -> Row:
        row = self.table(table).pop(key)
        match table:
            case "allocations":
                self.allocs_by_node[row["NodeID"]].discard(key)
                self.allocs_by_job[job_key(row)].discard(key)
                self.allocation_jobs.pop(key, None)
            case "evaluations":
                self.evaluations_by_job[job_key(row)].discard(key)
            case "deployments":
                self.deployments_by_job[job_key(row)].remove(key)
            case "jobs":
                self.job_versions.pop(key, None)
        return row


def _touches(table: Table, row: Row, index: int) -> Iterator[str]:
    """Names a blocked reader may sleep on; a node that keeps its ModifyIndex wakes only lists."""
    yield table
    match table:
        case "nodes":
            if row["ModifyIndex"] == index:
                yield f"node:{row['ID']}"
        case "allocations":
            yield f"allocation:{row['ID']}"
            yield f"node-allocs:{row['NodeID']}"
            yield f"job-allocs:{row['Namespace']}/{row['JobID']}"
        case "jobs":
            yield f"job:{row['Namespace']}/{row['ID']}"
        case "evaluations":
            yield f"evaluation:{row['ID']}"
            yield f"job-evaluations:{row['Namespace']}/{row['JobID']}"
        case "deployments":
            yield f"deployment:{row['ID']}"
            yield f"job-deployments:{row['Namespace']}/{row['JobID']}"
        case "services":
            yield f"service:{row['Namespace']}/{row['ServiceName']}"


def _events(change: Change, gone: list[tuple[Table, Row]]) -> list[Event]:
    """One of every row put or removed that has a topic."""
    if change.quiet:
        return []
    rows = (*change.puts, *gone)
    return [_event(change, table, row) for table, row in rows if table in _TOPICS]


def _event(change: Change, table: Table, row: Row) -> Event:
    key = key_of(table, row)
    topic = _TOPICS[table]
    return {
        "Topic": topic,
        "Type": change.type,
        "Key": key[1] if isinstance(key, tuple) else key,
        "Namespace": "" if table in {"nodes", "node_pools"} else row["Namespace"],
        "FilterKeys": _filter_keys(table, row),
        "Index": change.index,
        "Payload": {topic: row},
    }
