"""The simulator as a program: opens the ports, says where everything is, runs until told to end."""

import asyncio
import gc
import os
import shlex
import signal
import ssl
import stat
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nomad_console.clock import SystemClock
from nomad_console.simulator.cluster_file import cluster_file, environment
from nomad_console.simulator.running import PortTaken, Running
from nomad_console.simulator.scenario import Scenario, ScenarioError, load, scaled
from nomad_console.simulator.tls import Certificates

BAD_USAGE = 2
NO_PORT = 3
_WANTED = "server.pem, agent.pem and client.pem with NAME-key.pem each, issued by ca.pem"


@dataclass(frozen=True)
class Options:
    """What the command line asked for; nodes and allocs 0: as the scenario says."""

    scenario: str = "article"
    nodes: int = 0
    allocs: int = 0
    speed: float = 1.0
    seed: int = 1
    ports: Mapping[str, int] = field(default_factory=dict)  # nomad consul aws edge control front
    rate: float = 50.0  # requests a second, over all services
    tls: str = ""  # a folder with certificates: Nomad and Consul then ask for one in return
    parent_pipe: bool = False  # end when standard input ends


def run(options: Options) -> int:
    """Print `export NAME=value` lines, then `# READY`, and stay.

    Exit code 0 after SIGINT, SIGTERM or the parent's end.
    """
    try:
        scenario = scaled(load(options.scenario), options.nodes, options.allocs)
    except ScenarioError as error:
        print(error, file=sys.stderr)
        return BAD_USAGE
    missing = Certificates(Path(options.tls)).missing() if options.tls else []
    if missing:
        print(f"{options.tls} lacks {', '.join(missing)}; wanted are {_WANTED}", file=sys.stderr)
        return BAD_USAGE
    try:
        asyncio.run(_serve(scenario, options))
    except ssl.SSLError as error:
        print(f"{options.tls}: {error}", file=sys.stderr)
        return BAD_USAGE
    except PortTaken as error:
        print(error, file=sys.stderr)
        return NO_PORT
    return 0


async def _serve(scenario: Scenario, options: Options) -> None:
    gc.disable()  # a large world is a million objects that stay: not looked at again and again
    tls = Certificates(Path(options.tls)) if options.tls else None
    running = Running(
        scenario,
        speed=options.speed,
        seed=options.seed,
        ports=options.ports,
        rate=options.rate,
        tls=tls,
    )
    gc.freeze()
    gc.enable()
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    async with running.serving():
        with tempfile.TemporaryDirectory(prefix="nomad-console-") as folder:
            config = Path(folder) / "clusters.toml"
            config.write_text(_cluster_file(running, options.speed), encoding="utf-8")
            if options.parent_pipe:
                await _watch_parent(ended)
            region = running.world.balancer.arns.region
            lines = environment(
                running.addresses,
                region=region,
                config=str(config),
                token=running.world.tokens.first,
                consul_token=running.world.consul_tokens.first,
            ) | (tls.environment() if tls else {})
            told = (f"export {name}={shlex.quote(value)}" for name, value in lines.items())
            print(*told, "# READY", sep="\n", flush=True)
            await SystemClock().wait(ended, None)


def _cluster_file(running: Running, speed: float) -> str:
    world = running.world
    return cluster_file(
        running.addresses,
        region=world.balancer.arns.region,
        edge_job=world.scenario.balancer.edge,
        services=world.well_set,
        speed=speed,
    )


class _Parent(asyncio.Protocol):
    """Standard input; its end is the parent's."""

    def __init__(self, ended: asyncio.Event) -> None:
        self._ended = ended

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 — asyncio's signature
        self._ended.set()


async def _watch_parent(ended: asyncio.Event) -> None:
    """A pipe, socket or terminal can be waited for; anything else has nothing more to say."""
    mode = os.fstat(sys.stdin.fileno()).st_mode
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or sys.stdin.isatty()):
        ended.set()
        return
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: _Parent(ended), sys.stdin)
