"""One request on its way through balancer, edge and app."""

import random
from collections.abc import Callable, Mapping

import pytest

from nomad_console.simulator.edge.proxies import Edges, Server
from nomad_console.simulator.pace import Pace
from nomad_console.simulator.services import App, Machine
from nomad_console.simulator.timeline import Timeline
from nomad_console.simulator.traffic.front_door import Answer, FrontDoor, Target
from tests.support.manual_clock import ManualClock
from tests.support.stepping import step

WEB: Server = ("127.77.2.1", 20001)


class Catalog:
    """Knows `web`."""

    def __init__(self) -> None:
        self.routes: Mapping[str, tuple[Server, ...]] = {"web": (WEB,)}

    def routed(self) -> Mapping[str, tuple[Server, ...]]:
        return self.routes

    def subscribe(self, callback: Callable[[], None]) -> None:
        """Nothing ever changes."""


class Street:
    """One edge on c1, one app on c2, one group with one target."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.timeline = Timeline(self.clock)
        self.edge = App("edge-1", "default", "edge", "edge", "c1", "127.77.1.1", {"http": 80}, {})
        self.app = App("web-1", "default", "web", "web", "c2", WEB[0], {"http": WEB[1]}, {})
        self.machines = {
            "c1": Machine("c1", "n1", "127.77.1.1", "i-1", "a"),
            "c2": Machine("c2", "n2", WEB[0], "i-2", "b"),
        }
        self.target: Target | None = Target("web-public", "127.77.1.1", 80)
        self.catalog = Catalog()
        edges = Edges(self.timeline, Pace(), random.Random(1), self.catalog)
        edges.of(self.edge, settled=True)
        self.door = FrontDoor(self.timeline, Pace(), self, edges, self, self.machines)
        self.answers: list[Answer] = []

    def at(self, address: str, port: int) -> App | None:
        for app in (self.edge, self.app):
            if app.listening and (address, port) == (app.address, *app.ports.values()):
                return app
        return None

    def group_of(self, service: str) -> str | None:
        return "web-public" if service == "web" else None

    def choose(self, group: str) -> Target | None:
        return self.target if group == "web-public" else None

    def on_drained(self, callback: Callable[[Target], None]) -> None:
        self.drain = callback

    def ask(self, service: str = "web", after: float = 1.0) -> Answer:
        self.door.request(service, self.answers.append)
        step(self.clock, self.timeline, after)
        return self.answers[-1]


@pytest.fixture
def street() -> Street:
    return Street()


def test_an_answer_takes_the_app_s_time(street: Street) -> None:
    street.door.request("web", street.answers.append)
    assert (len(street.edge.held), len(street.app.held)) == (1, 1)
    step(street.clock, street.timeline, 0.04)
    assert not street.answers
    step(street.clock, street.timeline, 0.02)
    assert street.answers == [Answer(200, "", "c1", "web-1")]
    assert (len(street.edge.held), len(street.app.held)) == (0, 0)


def test_without_a_rule_404_without_a_target_503(street: Street) -> None:
    assert street.ask("nope").status == 404
    street.target = None
    assert street.ask() == Answer(503, "no target")


def test_an_edge_that_is_gone_refuses(street: Street) -> None:
    street.edge.listening = False
    assert street.ask() == Answer(502, "edge refused", "c1")


def test_an_app_that_is_gone_refuses(street: Street) -> None:
    street.app.listening = False
    assert street.ask() == Answer(502, "app refused", "c1")


def test_a_service_unknown_to_the_edge_is_404(street: Street) -> None:
    street.catalog.routes = {}
    edges = Edges(street.timeline, Pace(), random.Random(1), street.catalog)
    edges.of(street.edge, settled=True)
    street.door = FrontDoor(street.timeline, Pace(), street, edges, street, street.machines)
    assert street.ask() == Answer(404, "no route", "c1")


@pytest.mark.parametrize(("who", "reason"), [("edge", "cut by edge"), ("app", "cut by app")])
def test_who_dies_with_a_request_in_flight_cuts_it_then(
    street: Street, who: str, reason: str
) -> None:
    street.door.request("web", street.answers.append)
    dying: App = getattr(street, who)
    dying.end()
    cut = Answer(502, reason, "c1", "web-1")
    assert street.answers == [cut]
    step(street.clock, street.timeline, 1)
    assert street.answers == [cut]


@pytest.mark.parametrize(("who", "machine"), [("edge", "c1"), ("app", "c2")])
def test_a_machine_that_dies_with_a_request_says_nothing(
    street: Street, who: str, machine: str
) -> None:
    street.door.request("web", street.answers.append)
    street.machines[machine].up = False
    dying: App = getattr(street, who)
    dying.end()
    step(street.clock, street.timeline, 59)
    assert not street.answers
    step(street.clock, street.timeline, 2)
    assert street.answers == [Answer(504, "fell silent", "c1", "web-1")]


def test_an_app_that_only_stops_listening_ends_what_it_has(street: Street) -> None:
    street.door.request("web", street.answers.append)
    street.app.listening = False
    step(street.clock, street.timeline, 0.1)
    assert street.answers[-1].status == 200


def test_a_silent_machine_costs_the_caller_s_patience(street: Street) -> None:
    street.machines["c1"].up = False
    street.door.request("web", street.answers.append)
    step(street.clock, street.timeline, 9.9)
    assert not street.answers
    step(street.clock, street.timeline, 0.2)
    assert street.answers == [Answer(504, "target silent", "c1")]


def test_a_silent_machine_behind_the_edge_is_a_timeout_too(street: Street) -> None:
    street.machines["c2"].up = False
    assert street.ask(after=31.0) == Answer(504, "app silent", "c1")


def test_a_broken_app_answers_what_it_answers(street: Street) -> None:
    street.app.status = 500
    assert street.ask() == Answer(500, "app", "c1", "web-1")


def test_a_delay_that_passes_cuts_what_its_target_still_serves_then(street: Street) -> None:
    street.app.latency = 10.0
    street.door.request("web", street.answers.append)
    assert street.target is not None
    street.drain(street.target)
    assert street.answers == [Answer(502, "cut by balancer", "c1", "web-1")]
    street.door.request("web", street.answers.append)
    step(street.clock, street.timeline, 11)
    assert [answer.reason for answer in street.answers] == ["cut by balancer", ""]
