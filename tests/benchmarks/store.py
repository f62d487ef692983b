"""What the store costs: `python -m tests.benchmarks.store`, by hand.

5,000 nodes and 50,000 allocations; then 2,000 events a second, published ten times a second.
"""

import gc
from collections.abc import Callable
from time import perf_counter, process_time

from nomad_console.domain.snapshot import Reading
from nomad_console.live.store import ClusterStore
from tests.support.manual_clock import ManualClock
from tests.support.records import (
    a_check,
    a_detail,
    a_node,
    a_service,
    a_target,
    a_target_group,
    an_allocation,
)

NODES = 5_000
ALLOCATIONS = 50_000
TARGETS = 5_000
SECONDS = 10
EVENTS = 2_000
PAGE = 1_000


def timed(name: str, work: Callable[[], object]) -> None:
    begun = perf_counter()
    work()
    print(f"{name:<52} {(perf_counter() - begun) * 1000:9.2f} ms")


def load(store: ClusterStore, clock: ManualClock) -> None:
    nodes = [a_node(f"n{number}") for number in range(NODES)]
    details = [a_detail(f"n{number}") for number in range(NODES)]
    rows = [an_allocation(f"a{number}", f"n{number % NODES}") for number in range(ALLOCATIONS)]
    timed("a page of 1,000 nodes", lambda: store.put_nodes(nodes[:PAGE]))
    timed("a page of 1,000 allocations", lambda: store.put_allocations(rows[:PAGE]))
    timed("the other nodes", lambda: store.put_nodes(nodes[PAGE:]))
    timed("the other allocations", lambda: store.put_allocations(rows[PAGE:]))
    timed("the same 50,000 allocations again", lambda: store.put_allocations(rows))
    timed("5,000 details", lambda: store.put_details(details))
    store.nomad.keep_allocations({row.id for row in rows}, 100)
    services = [
        a_service(f"s{number}", tuple(f"c{one % NODES}" for one in range(number, number + 500)))
        for number in range(100)
    ]
    timed("an overview of 100 services, 50,000 instances", lambda: store.put_services(services))
    timed("the same overview again", lambda: store.put_services(services))
    checks = [
        a_check("critical", f"c{number}", service=f"s{number % 100}") for number in range(500)
    ]
    timed("500 critical checks", lambda: store.put_checks("critical", checks))
    store.put_groups([a_target_group(f"g{number}") for number in range(5)])
    for number in range(5):
        targets = [
            a_target(f"i-n{one}", f"g{number}")
            for one in range(number * TARGETS // 5, (number + 1) * TARGETS // 5)
        ]
        store.put_targets(f"g{number}", targets, Reading(clock.now()))
    timed("the first publication", store.publish)


def stream(store: ClusterStore, clock: ManualClock) -> None:
    index, longest = 100, 0.0
    begun = process_time()
    for tick in range(SECONDS * 10):
        events = [
            an_allocation(
                f"a{(tick * 7919 + number * 104_729) % ALLOCATIONS}",
                f"n{(tick * 7919 + number * 104_729) % ALLOCATIONS % NODES}",
                client=("running", "failed", "pending")[(tick + number) % 3],
                modify_index=index + number,
            )
            for number in range(EVENTS // 10)
        ]
        index += len(events)
        made = process_time()
        for event in events:
            store.put_allocations((event,))
            store.reached(event.modify_index)
        clock.jump(0.1)
        store.publish()
        longest = max(longest, process_time() - made)
    cost = (process_time() - begun) / SECONDS
    print(f"{'CPU at 2,000 events/s, records made included':<52} {cost * 100:9.2f} % of a core")
    print(f"{'the longest of 100 rounds of 200 events':<52} {longest * 1000:9.2f} ms")


def main() -> None:
    clock = ManualClock()
    store = ClusterStore(clock)
    load(store, clock)
    gc.freeze()
    timed("a publication with nothing new", store.publish)
    store.put_nodes([a_node("n1", version="x", modify_index=99)])
    timed("a publication with one node", store.publish)
    store.put_details([a_detail("n1", instance_id="i-other", modify_index=99)])
    timed("a publication with one tie", store.publish)
    stream(store, clock)


if __name__ == "__main__":
    main()
