"""The simulator as tests use it: a process of its own, real HTTP, ended with its test."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from tempfile import TemporaryFile
from typing import IO, Any
from urllib.parse import urlsplit

PATIENCE = 20.0  # s for the process to end


class SimulatorFailed(Exception):
    """It ended before it was ready; the text is what it said."""


@dataclass(frozen=True)
class SimulatedCluster:
    """What can be said to a running simulator; `env` leads to it."""

    env: dict[str, str]

    @property
    def environ(self) -> dict[str, str]:
        """The environment for a program that is to see this cluster and nothing else."""
        backends = ("NOMAD_", "CONSUL_", "AWS_")
        kept = {key: text for key, text in os.environ.items() if not key.startswith(backends)}
        return kept | self.env

    def control(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """The JSON answer of the control port; SimulatorFailed where it refuses."""
        status, answer = self.call("NOMAD_CONSOLE_CONTROL", method, path, body)
        if status != 200:
            raise SimulatorFailed(f"{method} {path}: {status} {answer}")
        return answer

    def call(
        self, address: str, method: str, path: str, body: dict[str, Any] | None = None
    ) -> tuple[int, Any]:
        """Status and JSON answer of the API whose address `env` has under this name."""
        where = urlsplit(self.env[address])
        connection = HTTPConnection(where.hostname or "", where.port, timeout=90)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            response = connection.getresponse()
            raw = response.read()
        finally:
            connection.close()
        return response.status, json.loads(raw) if raw else None

    def nomad(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        status, answer = self.call("NOMAD_ADDR", method, path, body)
        assert status == 200, f"{method} {path}: {status} {answer}"
        return answer

    def fault(self, kind: str, **arguments: str | float) -> str:
        return str(self.control("POST", f"/faults/{kind}", dict(arguments))["done"])

    def traffic(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.control("GET", "/traffic")
        return answer

    def reset_traffic(self) -> None:
        self.control("POST", "/traffic/reset")


@dataclass(frozen=True)
class Simulator(SimulatedCluster):
    """One that a test started; `env` is what it printed."""

    process: "subprocess.Popen[str]"


@contextmanager
def running_simulator(
    scenario: str = "article",
    *,
    nodes: int = 0,
    allocs: int = 0,
    speed: float = 1.0,
    seed: int = 1,
    rate: float = 50.0,
    arguments: tuple[str, ...] = (),
) -> Iterator[Simulator]:
    """Start it, give it when it is READY, end it; what it wrote to stderr fails the test."""
    command = [sys.executable, "-m", "nomad_console", "simulate", "--with-parent"]
    options = {
        "scenario": scenario,
        "nodes": nodes,
        "allocs": allocs,
        "speed": speed,
        "seed": seed,
        "rate": rate,
    }
    command += [
        word for key, value in options.items() if value for word in (f"--{key}", f"{value}")
    ]
    with (
        TemporaryFile("w+") as errors,
        subprocess.Popen(
            [*command, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        try:
            yield Simulator(_lines(process, errors), process)
        finally:
            if process.stdin:
                process.stdin.close()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
        if said := _said(errors):
            raise SimulatorFailed(said)


def _lines(process: "subprocess.Popen[str]", errors: IO[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in process.stdout or ():
        if line == "# READY\n":
            return found
        for word in shlex.split(line.removeprefix("export ")):
            name, _, found[name] = word.partition("=")
    process.wait()
    raise SimulatorFailed(_said(errors) or f"ended with {process.returncode}")


def _said(errors: IO[str]) -> str:
    errors.seek(0)
    return errors.read().strip()
