"""The store: one index a write, rows replaced, events buffered, readers woken."""

import pytest

from nomad_console.simulator.nomad.state import EVENT_BUFFER_SIZE, Event, Row, State


def _node(index: int, node_id: str = "n1", **fields: object) -> Row:
    return {"ID": node_id, "ModifyIndex": index, **fields}


def _allocation(index: int, alloc_id: str = "a1") -> Row:
    job = {"JobID": "web", "Namespace": "default", "DeploymentID": "d1"}
    return {"ID": alloc_id, "NodeID": "n1", "ModifyIndex": index, **job}


def _write(state: State, type_: str, *puts: tuple[str, Row]) -> int:
    change = state.change(type_)
    for table, row in puts:
        change.put(table, row)  # type: ignore[arg-type]  # the tests' own table names
    return state.write(change)


def test_a_write_gives_one_line_of_events_with_their_keys() -> None:
    state = State()
    lines: list[tuple[int, list[Event]]] = []
    end = state.broker.subscribe(lambda index, events: lines.append((index, events)))
    index = _write(state, "AllocationUpdated", ("allocations", _allocation(2)), ("nodes", _node(1)))
    end()
    _write(state, "NodeDrain", ("nodes", _node(3)))
    assert [at for at, _ in lines] == [index] == [2]
    allocation, node = lines[0][1]
    assert allocation["Topic"] == "Allocation"
    assert (allocation["Key"], allocation["FilterKeys"]) == ("a1", ["web", "d1"])
    assert (allocation["Namespace"], node["Namespace"]) == ("default", "")
    assert allocation["Payload"]["Allocation"] is state.allocations["a1"]
    assert {event["Type"] for event in lines[0][1]} == {"AllocationUpdated"}


def test_the_buffer_keeps_the_last_transactions_only() -> None:
    state = State()
    for index in range(2, EVENT_BUFFER_SIZE + 10):
        _write(state, "NodeRegistration", ("nodes", _node(index)))
    assert len(state.broker.buffer) == EVENT_BUFFER_SIZE
    assert state.broker.buffer[-1][0] == state.index


def test_an_allocation_report_touches_the_nodes_but_not_its_node() -> None:
    state = State()
    touched: list[frozenset[str]] = []
    state.watch(lambda _, names: touched.append(names))
    _write(state, "NodeRegistration", ("nodes", _node(2)))
    report = ("nodes", _node(2, LastAllocUpdateIndex=3))
    _write(state, "AllocationUpdated", ("allocations", _allocation(3)), report)
    assert "node:n1" in touched[0]
    assert touched[1] >= {"nodes", "allocations", "node-allocs:n1", "job-allocs:default/web"}
    assert "node:n1" not in touched[1]
    assert state.table_index["nodes"] == 3
    assert state.table_index["evaluations"] == 1


def test_indexes_of_tables_follow_puts_and_removals() -> None:
    state = State()
    seen: list[tuple[Row | None, Row | None]] = []
    state.observers["allocations"].append(lambda old, new: seen.append((old, new)))
    _write(state, "PlanResult", ("allocations", _allocation(2)))
    assert state.allocs_by_node["n1"] == state.allocs_by_job["default", "web"] == {"a1"}
    change = state.change("GarbageCollected")
    change.quiet = True
    change.remove("allocations", "a1")
    before = len(state.broker.buffer)
    state.write(change)
    assert state.allocs_by_node["n1"] == set()
    assert state.allocations == {}
    assert len(state.broker.buffer) == before
    assert [(old is None, new is None) for old, new in seen] == [(True, False), (False, True)]


def test_a_removed_service_is_published() -> None:
    state = State()
    service = {"ID": "s1", "JobID": "web", "Namespace": "default", "ServiceName": "web"}
    _write(state, "ServiceRegistration", ("services", service))
    change = state.change("ServiceDeregistration")
    change.remove("services", "s1")
    state.write(change)
    event = state.broker.buffer[-1][1][0]
    assert (event["Type"], event["FilterKeys"]) == ("ServiceDeregistration", ["web", "web"])


def test_a_change_is_written_at_its_own_index() -> None:
    state = State()
    early, late = state.change("NodeDrain"), state.change("NodeDrain")
    early.put("nodes", _node(early.index))
    state.write(early)
    with pytest.raises(ValueError, match="made for index 2"):
        state.write(late)
