"""Commands without a screen as a host gives them, and the clusters' own word on what came of it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.balancer import target_states
from tests.support.demos import homeless
from tests.support.simulator import SimulatedCluster

PATIENCE_S = 60.0
ALL = ("--approve", "all", "--accept", "all")


class Ended(NamedTuple):
    """A command that is over, with each line of its stdout as JSON."""

    code: int
    lines: list[dict[str, Any]]
    words: str

    @property
    def end(self) -> dict[str, Any]:
        detail: dict[str, Any] = self.lines[-1]["detail"]
        return detail


class World(NamedTuple):
    """The clusters' own word on what a command may change."""

    agents: dict[str, dict[str, object]]
    targets: dict[str, dict[str, str]]
    services: dict[str, int]


def ended(process: "subprocess.Popen[str]", lines: list[dict[str, Any]]) -> Ended:
    """How it ended after these lines; one that does not end fails with what it said last."""
    try:
        out, err = process.communicate(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(
            f"{process.args!r} does not end: {out[-2000:]} {err[-2000:]}"
        ) from None
    lines += [json.loads(line) for line in out.splitlines()]
    return Ended(process.returncode, lines, err)


class Bastion:
    """A host with a state folder of its own, from which commands are given."""

    def __init__(self, cluster: SimulatedCluster, where: Path) -> None:
        self.cluster = cluster
        where.mkdir()
        self.env = cluster.environ | homeless(where)

    def command(self, *words: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "nomad_console", *words],
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str) -> Ended:
        with self.command(*words) as process:
            return ended(process, [])

    def signalled(self, number: int, event: str, step: str | None, *words: str) -> Ended:
        """Send the signal at the first such event of such a step."""
        lines = []
        with self.command(*words) as process:
            for text in process.stdout or ():
                lines.append(json.loads(text))
                if (lines[-1]["event"], lines[-1]["step"]) == (event, step):
                    process.send_signal(number)
                    break
            return ended(process, lines)

    def look(self) -> World:
        _, services = self.cluster.call("CONSUL_HTTP_ADDR", "GET", "/v1/internal/ui/services")
        nodes = [node["Name"] for node in self.cluster.nomad("GET", "/v1/nodes")]
        return World(
            {name: self.cluster.control("GET", f"/agents/{name}") for name in nodes},
            target_states(self.cluster),
            {one["Name"]: one["ChecksPassing"] for one in services},
        )

    def restart(self, version: str) -> str:
        """A host command that brings the agent back with this version, whatever was wanted."""
        control = self.cluster.env["NOMAD_CONSOLE_CONTROL"]
        program = f"{sys.executable} -m nomad_console simulate --control {control}"
        return f"{program} restart {{name}} {version}"
