"""`demo` in a terminal, and the way to the world behind it."""

import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.support.simulator import SimulatedCluster
from tests.support.terminal import Terminal, console

WHOLE = r"nomad \S+ ● \d+s +consul ● \d+s +alb ● \d+s"  # the header of a console that sees all


def homeless(where: Path) -> dict[str, str]:
    """Folders of its own, so that no cache, journal or cluster file of the machine is used."""
    names = ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "TMPDIR")
    for name in names:
        (where / name).mkdir(exist_ok=True)
    return {name: str(where / name) for name in names}


@contextmanager
def demo(
    where: Path, *, columns: int, rows: int, speed: float, seed: int = 1
) -> Iterator[tuple[Terminal, SimulatedCluster]]:
    """The demo console when its dashboard has every node, and the world in its box."""
    env = homeless(where)
    words = ("demo", "--speed", f"{speed:g}", "--seed", f"{seed}")
    with console(*words, columns=columns, rows=rows, env=env) as terminal:
        terminal.until(r"▌ c1 .* 2 ok ")
        (found,) = Path(env["TMPDIR"]).glob("nomad-console-*/clusters.toml")
        tables = tomllib.loads(found.read_text(encoding="utf-8"))["clusters"]["demo"]
        yield terminal, SimulatedCluster(_environment(tables))


def _environment(tables: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    command = tables["host"]["command"]
    return {
        "NOMAD_ADDR": tables["nomad"]["address"],
        "CONSUL_HTTP_ADDR": tables["consul"]["address"],
        "AWS_ENDPOINT_URL": tables["aws"]["endpoint_url"],
        "AWS_REGION": tables["aws"]["region"],
        "NOMAD_CONSOLE_CONTROL": command[command.index("--control") + 1],
    }
