"""A backend that fails: its pane says so and ages, the rest lives, it recovers without a key."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.demos import WHOLE, homeless
from tests.support.simulator import Simulator, running_simulator
from tests.support.terminal import Terminal, console

ASK_AGAIN_S = 60.0
LACKING = r"event stream refused|403: Permission denied"


class Stage(NamedTuple):
    terminal: Terminal
    simulator: Simulator

    def says(self, pattern: str) -> re.Match[str]:
        """The match once the screen shows it."""
        found = re.search(pattern, self.terminal.until(pattern), re.MULTILINE)
        assert found is not None
        return found

    def ages(self, pattern: str) -> None:
        """The age that the pattern's group shows grows by two seconds at least."""
        first = seconds(self.says(pattern)[1])

        def grown(text: str) -> bool:
            found = re.search(pattern, text, re.MULTILINE)
            return found is not None and seconds(found[1]) >= first + 2

        self.terminal.until(grown)

    @contextmanager
    def without(self, backend: str) -> Iterator[None]:
        """It refuses connections while the block lasts, and is well again on screen after it."""
        self.simulator.fault(f"stop-{backend}")
        try:
            yield
        finally:
            self.simulator.fault(f"start-{backend}")
        self.recovered()

    def recovered(self) -> None:
        self.terminal.until(WHOLE)
        self.terminal.until(lambda text: "STALE" not in text)

    def nomad_lives(self, name: str) -> None:
        """A change in Nomad is seen."""
        self.eligibility(name, "ineligible")
        self.says(rf"  {name} .* ineligible ")
        self.eligibility(name, "eligible")
        self.says(rf"  {name} .* ready ")

    def consul_lives(self) -> None:
        """A change in Consul is seen."""
        self.simulator.fault("break-app", job="legacy")
        self.says(r"  legacy +0 +0 +2 ")
        self.simulator.fault("heal-app", job="legacy")
        self.says(r"  legacy +2 +0 +0 ")

    def eligibility(self, name: str, word: str) -> None:
        node = self.simulator.control("GET", f"/agents/{name}")["id"]
        self.simulator.nomad("PUT", f"/v1/node/{node}/eligibility", {"Eligibility": word})


def seconds(age: str) -> int:
    """Of `7s` or `02:41`."""
    if age.endswith("s"):
        return int(age[:-1])
    minutes, rest = age.split(":")
    return int(minutes) * 60 + int(rest)


@contextmanager
def staged(where: Path) -> Iterator[Stage]:
    """A console and its world; its panes unlinked, and no key pressed after that."""
    with running_simulator(speed=5) as simulator:
        env = simulator.env | homeless(where)
        with console(columns=200, rows=50, env=env) as terminal:
            terminal.until(r"▌ c1 .* 2 ok ")
            terminal.press("L")
            terminal.until(r"3 Services 10 ")
            terminal.until(WHOLE)
            yield Stage(terminal, simulator)


@pytest.fixture(scope="module")
def stage(where: Path) -> Iterator[Stage]:
    with staged(where) as found:
        yield found


def test_consul_stopped(stage: Stage) -> None:
    with stage.without("consul"):
        stage.says(r"3 Services 10 · STALE \d+s: consul: GET /v1/\S+: ")
        stage.ages(r"consul ● STALE (\S+) ")
        stage.ages(r"3 Services 10 · STALE ([^ :]+)")
        stage.says(r"  legacy +2 +0 +0 ")  # what was known is still there
        stage.nomad_lives("c2")


def test_nomad_stopped(stage: Stage) -> None:
    with stage.without("nomad"):
        stage.says(r"1 Nodes 6 · STALE \d+s: nomad: GET /v1/\S+: ")
        stage.says(r"2 Allocations \d+ · STALE \d+s: nomad: GET /v1/\S+: ")
        stage.ages(r"nomad \S+ ● STALE (\S+) ")
        stage.ages(r"1 Nodes 6 · STALE ([^ :]+)")
        stage.says(r"▌ c1 .* ready ")
        stage.consul_lives()


def test_the_balancer_throttled(stage: Stage) -> None:
    stage.simulator.fault("throttle-aws", calls=200)
    try:
        stage.says(r"4 Targets 12 · STALE \d+s: alb: Describe\w+ 400: Throttling")
        stage.ages(r"alb ● STALE (\S+) ")
        stage.says(r" web-public .* healthy ")
        stage.nomad_lives("c3")
    finally:
        stage.simulator.fault("unthrottle-aws")
    stage.recovered()


@pytest.mark.long  # what was refused is asked for again every half minute
def test_a_namespace_forbidden(tmp_path: Path) -> None:
    with staged(tmp_path) as stage:
        stage.simulator.fault("forbid-namespace", namespace="prod")
        told = stage.terminal.until(rf"2 Allocations \d+ · .*({LACKING})")
        assert re.search(rf"1 Nodes 6 · .*({LACKING})", told)
        stage.nomad_lives("c4")
        stage.consul_lives()
        assert re.search(LACKING, stage.terminal.text)
        stage.simulator.fault("allow-namespace", namespace="prod")
        stage.terminal.until(lambda text: not re.search(LACKING, text), ASK_AGAIN_S)
        stage.recovered()
        stage.nomad_lives("c4")
        assert not re.search(LACKING, stage.terminal.text)
