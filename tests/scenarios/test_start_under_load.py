"""A start while the cluster is written to 200 times a second: one listing, and nothing missed."""

import asyncio
from collections.abc import Mapping
from math import ceil
from typing import Any

import pytest

from nomad_console.cli.wiring import connected, until
from nomad_console.domain.snapshot import ClusterSnapshot, SourceState
from nomad_console.settings.load import load
from tests.support.simulator import Simulator, running_simulator

NODES, ALLOCATIONS = 500, 5_000
RATE = 200
PAGE = 1_000
PATIENCE_S = 20.0
LISTED = ("nodes", "allocations")


def lists(simulator: Simulator) -> dict[str, int]:
    """Pages of each list that were asked for so far."""
    asked: dict[str, int] = simulator.control("GET", "/requests")["nomad"]["requests"]
    return {name: asked.get(f"GET /v1/{name}", 0) for name in LISTED}


def world(simulator: Simulator) -> dict[str, tuple[int, Any, Any]]:
    """Each node and allocation by the index of its last write, and what the write changed."""
    nodes = simulator.nomad("GET", "/v1/nodes")
    rows = simulator.nomad("GET", "/v1/allocations?namespace=*")
    return {
        **{one["ID"]: (one["ModifyIndex"], one["SchedulingEligibility"], None) for one in nodes},
        **{one["ID"]: (one["ModifyIndex"], one["ClientStatus"], _restarts(one)) for one in rows},
    }


def _restarts(row: Mapping[str, Any]) -> int:
    return sum(task["Restarts"] for task in row["TaskStates"].values())


def held(snapshot: ClusterSnapshot, truth: Mapping[str, tuple[int, Any, Any]]) -> dict[str, Any]:
    """The same of the snapshot; restarts, which lists leave out, where a stream told them."""
    return {
        **{one.id: (one.modify_index, one.eligibility, None) for one in snapshot.nodes.values()},
        **{
            one.id: (
                one.modify_index,
                one.client,
                truth[one.id][2] if one.restarts is None else one.restarts,
            )
            for one in snapshot.allocations.values()
        },
    }


def write(simulator: Simulator, index: int) -> None:
    """Another hand that makes a node ineligible meanwhile."""
    node = simulator.control("GET", f"/agents/c{index}")["id"]
    simulator.nomad("PUT", f"/v1/node/{node}/eligibility", {"Eligibility": "ineligible"})


async def test_one_listing_and_nothing_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_simulator("one-service", nodes=NODES, allocs=ALLOCATIONS) as simulator:
        for name, value in simulator.env.items():
            monkeypatch.setenv(name, value)
        simulator.fault("add-load", events=RATE)
        before = await asyncio.to_thread(world, simulator)
        asked = lists(simulator)
        async with (
            connected(load(simulator.environ), read_only=True) as connections,
            asyncio.TaskGroup() as tasks,
        ):
            feeds = tasks.create_task(connections.feeds.run())
            for node in range(1, 40):
                await asyncio.to_thread(write, simulator, node)
            whole = await until(
                connections,
                lambda one: (
                    one.source("nomad").state is SourceState.LIVE
                    and one.watched_since is not None
                    and len(one.allocations) == ALLOCATIONS
                ),
                PATIENCE_S,
            )
            assert whole
            for node in range(40, 80):
                await asyncio.to_thread(write, simulator, node)
            await asyncio.to_thread(simulator.fault, "add-load", events=0)
            cost = {name: count - asked[name] for name, count in lists(simulator).items()}
            truth = await asyncio.to_thread(world, simulator)
            last = max(index for index, *_ in truth.values())
            assert await until(connections, lambda one: one.nomad_index >= last, PATIENCE_S)
            latest = connections.store.latest
            feeds.cancel()
    assert len({key for key in truth if truth[key] != before[key]}) > RATE
    assert held(latest, truth) == truth
    assert cost == {"nodes": ceil(NODES / PAGE), "allocations": ceil(ALLOCATIONS / PAGE)}
    assert "missed" not in latest.source("nomad").reason
