"""`demo`: a simulated cluster in a process of its own, and the ordinary console on it."""

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from nomad_console.cli.arguments import BUG, USAGE, parser

_BACKENDS = ("NOMAD_", "CONSUL_", "AWS_")
_PATIENCE_S = 12


class BoxFailed(Exception):
    """The simulated cluster did not start; the text is what it said, the code how it ended."""

    def __init__(self, said: str, code: int) -> None:
        super().__init__(said or f"the simulated cluster ended with code {code}")
        self.code = code


def run(options: argparse.Namespace) -> int:
    from platformdirs import user_state_dir

    from nomad_console.cli.console import run as console
    from nomad_console.cli.console import terminal_lacking

    missing = terminal_lacking()
    if missing:
        print(f"nomad-console: {missing}", file=sys.stderr)
        return USAGE
    print("starting a simulated cluster on this machine…", flush=True)
    try:
        with cluster_in_a_box(options) as environment:
            for name in [name for name in os.environ if name.startswith(_BACKENDS)]:
                del os.environ[name]
            os.environ.update(environment)
            # The next demo is another cluster: what this one leaves unfinished is nobody's.
            os.environ["NOMAD_CONSOLE_STATE"] = user_state_dir(f"nomad-console/demo-{os.getpid()}")
            return console(parser().parse_args([]))
    except BoxFailed as failure:
        print(failure, file=sys.stderr)
        return failure.code or BUG


@contextmanager
def cluster_in_a_box(options: argparse.Namespace) -> Iterator[dict[str, str]]:
    """Start `simulate`, give the environment that points to it, and end it afterwards."""
    command = [sys.executable, "-m", "nomad_console", "simulate", "--with-parent"]
    for name in ("scenario", "nodes", "allocs", "speed", "seed"):
        if value := getattr(options, name):
            command += [f"--{name}", str(value)]
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(  # noqa: S603 — our own program
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        try:
            yield _environment(process, errors)
        finally:
            if process.stdin:
                process.stdin.close()
            try:
                process.wait(_PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _environment(process: "subprocess.Popen[str]", errors: IO[bytes]) -> dict[str, str]:
    """What is exported before `# READY`; BoxFailed where it ends without that word."""
    environment: dict[str, str] = {}
    for line in process.stdout or ():
        if line == "# READY\n":
            return environment
        for word in shlex.split(line.removeprefix("export ")):
            name, _, environment[name] = word.partition("=")
    code = process.wait()
    errors.seek(0)
    raise BoxFailed(errors.read().decode("utf-8", "replace").strip(), code)
