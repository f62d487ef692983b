"""Edges route by what the catalog said when they last reloaded."""

import random
from collections.abc import Callable, Mapping

from nomad_console.simulator.edge.proxies import GROUPS, Edges, Server
from nomad_console.simulator.pace import Pace
from nomad_console.simulator.services import App
from nomad_console.simulator.timeline import Timeline
from tests.support.manual_clock import ManualClock
from tests.support.stepping import step


class Catalog:
    """A catalog of one value."""

    def __init__(self, routes: Mapping[str, tuple[Server, ...]]) -> None:
        self.routes = routes
        self._told: list[Callable[[], None]] = []

    def routed(self) -> Mapping[str, tuple[Server, ...]]:
        return self.routes

    def subscribe(self, callback: Callable[[], None]) -> None:
        self._told.append(callback)

    def change(self, routes: Mapping[str, tuple[Server, ...]]) -> None:
        self.routes = routes
        for callback in self._told:
            callback()


def edge_app(alloc_id: str) -> App:
    return App(alloc_id, "default", "edge", "edge", "c1", "127.77.1.1", {"http": 80}, {})


def world(speed: float = 1.0) -> tuple[ManualClock, Timeline, Catalog, Edges]:
    clock = ManualClock()
    timeline = Timeline(clock)
    catalog = Catalog({"web": (("10.0.0.1", 1), ("10.0.0.2", 2))})
    return clock, timeline, catalog, Edges(timeline, Pace(speed), random.Random(1), catalog)


def test_servers_take_turns() -> None:
    _, _, _, edges = world()
    edge = edges.of(edge_app("a"), settled=True)
    assert [edge.pick("web") for _ in range(3)] == [
        ("10.0.0.1", 1),
        ("10.0.0.2", 2),
        ("10.0.0.1", 1),
    ]


def test_a_new_edge_answers_before_it_has_routes() -> None:
    clock, timeline, _, edges = world()
    edge = edges.of(edge_app("a"))
    assert edge.pick("web") is None
    step(clock, timeline, 0.6)
    assert edge.pick("web") is not None


def test_a_change_reaches_every_edge_within_the_throttle_and_not_at_once() -> None:
    clock, timeline, catalog, edges = world()
    every = [edges.of(edge_app(f"a{number}"), settled=True) for number in range(4 * GROUPS)]
    step(clock, timeline, 1.0)
    catalog.change({"web": (("10.0.0.2", 2),)})
    assert all(len(edge.routes["web"]) == 2 for edge in every)
    step(clock, timeline, 0.8)
    late = sum(len(edge.routes["web"]) == 2 for edge in every)
    assert 0 < late < len(every)
    step(clock, timeline, 1.0)
    assert all(edge.routes["web"] == (("10.0.0.2", 2),) for edge in every)


def test_two_changes_are_at_least_the_throttle_apart_for_one_edge() -> None:
    clock, timeline, catalog, edges = world()
    edge = edges.of(edge_app("a"), settled=True)
    step(clock, timeline, 5.0)
    catalog.change({"web": (("10.0.0.2", 2),)})
    step(clock, timeline, 1.6)
    assert edge.routes["web"] == (("10.0.0.2", 2),)
    catalog.change({})
    step(clock, timeline, 0.6)
    assert "web" in edge.routes
    step(clock, timeline, 1.3)
    assert "web" not in edge.routes


def test_the_speed_divides_the_delays() -> None:
    clock, timeline, catalog, edges = world(speed=10)
    edge = edges.of(edge_app("a"), settled=True)
    step(clock, timeline, 1.0)
    catalog.change({})
    step(clock, timeline, 0.16)
    assert edge.pick("web") is None


def test_the_same_app_is_the_same_edge_until_it_is_forgotten() -> None:
    _, _, _, edges = world()
    app = edge_app("a")
    first = edges.of(app)
    assert edges.of(app) is first
    edges.forget("a")
    edges.forget("b")
    assert edges.of(app) is not first


def test_a_restarted_task_is_a_new_edge() -> None:
    _, _, _, edges = world()
    first = edges.of(edge_app("a"), settled=True)
    second = edges.of(edge_app("a"))
    assert second is not first
    assert second.pick("web") is None
