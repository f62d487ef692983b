"""The command line, parsed without importing anything heavy."""

import argparse
import gc
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from io import TextIOWrapper
from traceback import print_exception
from types import ModuleType
from typing import Any, NoReturn, cast

from nomad_console.cli import run_arguments, values

DONE, SOME, USAGE, UNREACHABLE, RESTORED, BLOCKED, BUG = 0, 1, 2, 3, 4, 5, 70
INTERRUPTED, UNREAD = 130, 141  # as shells say for SIGINT and SIGPIPE

_ENVIRONMENT = """\
The environment of the nomad, consul and aws command lines works here as it does there
(NOMAD_ADDR, NOMAD_TOKEN, CONSUL_HTTP_ADDR, AWS_REGION, ...). NOMAD_CONSOLE_CONFIG names a
cluster file; else clusters.toml in the platform's configuration folder is read.

exit codes: 0 done, 1 held or findings, 2 bad usage or input, 3 a backend unreachable,
4 aborted and restored, 5 blocked, 70 a bug of ours"""


class Stopped(Exception):
    """A command cannot go on: why, in words, and the exit code."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code


class _Parser(argparse.ArgumentParser):
    """Bad usage ends with 2 and says what would be right."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"nomad-console: {message}\n")


class _Version(argparse.Action):
    """Reads the installed version only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import version

        print(f"nomad-console {version('nomad-console')}")
        parser.exit(DONE)


def parser() -> argparse.ArgumentParser:
    root = _Parser(
        prog="nomad-console",
        description="A full-screen operations console for HashiCorp Nomad.",
        epilog=_ENVIRONMENT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    root.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    _backends(root)
    commands = root.add_subparsers(
        dest="command", metavar="COMMAND", title="commands (none: the console)"
    )
    watch = commands.add_parser(
        "watch", help="the console, read-only by construction: nothing typed here can write"
    )
    _backends(watch)
    demo = commands.add_parser("demo", help="a cluster in a box, and the console on it")
    _world(demo)
    simulate = commands.add_parser(
        "simulate",
        help="only the cluster in a box; prints the environment that points to it",
        epilog="Prints `export NAME=value` lines, then `# READY`, and stays: write them to a file "
        "(simulate > world) and read that in another terminal (. ./world).",
    )
    _world(simulate)
    _simulation(simulate)
    status = commands.add_parser("status", help="one look at the cluster, for scripts")
    _backends(status)
    status.add_argument("--json", action="store_true", help="as one JSON object")
    status.add_argument(
        "--timeout",
        type=values.positive,
        default=20.0,
        metavar="S",
        help="seconds to wait for the data (20)",
    )
    run_arguments.add(commands, _backends)
    return root


def _backends(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("where")
    text: dict[str, Any] = {"default": argparse.SUPPRESS}
    group.add_argument("--cluster", metavar="NAME", help="a cluster of the cluster file", **text)
    group.add_argument("--nomad-address", metavar="URL", help="instead of NOMAD_ADDR", **text)
    group.add_argument("--namespace", metavar="NS", help="instead of NOMAD_NAMESPACE", **text)
    group.add_argument("--region", help="instead of NOMAD_REGION", **text)
    group.add_argument("--consul-address", metavar="URL", help="CONSUL_HTTP_ADDR's", **text)
    group.add_argument("--aws-region", metavar="REGION", help="instead of AWS_REGION", **text)
    group.add_argument(
        "--read-only", action="store_true", help="refuse every write in the transport", **text
    )


def _world(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("the simulated cluster")
    group.add_argument("--scenario", default="article", help="its world (article)")
    group.add_argument("--nodes", type=values.count, default=0, metavar="N", help="so many clients")
    group.add_argument(
        "--allocs", type=values.count, default=0, metavar="M", help="so many allocations"
    )
    group.add_argument(
        "--speed",
        type=values.positive,
        default=1.0,
        metavar="X",
        help="divide every configured duration by X (1)",
    )
    group.add_argument("--seed", type=int, default=1, metavar="K", help="the world's chance (1)")


def _simulation(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--ports",
        type=values.ports,
        default={},
        metavar="LIST",
        help="nomad=4646,consul=8500,aws=…,front=…,control=… (free ones)",
    )
    parser.add_argument(
        "--rate",
        type=values.positive,
        default=50.0,
        metavar="R",
        help="requests a second in all (50)",
    )
    parser.add_argument(
        "--tls",
        default="",
        metavar="FOLDER",
        help="mutual TLS with what the folder holds: ca.pem, server.pem, agent.pem, client.pem "
        "and their NAME-key.pem",
    )
    parser.add_argument("--with-parent", action="store_true", help="end when standard input ends")
    parser.add_argument("--control", default="", metavar="URL", help="speak to a running one:")
    parser.add_argument(
        "words", nargs="*", metavar="WORD", help="restart NODE VERSION | fault KIND … | traffic"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code. Every failure nobody expected ends here, with 70."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # names come that a C locale cannot write
    options = parser().parse_args(argv)
    if options.command == "simulate" and options.words and not options.control:
        parser().error(f'"{" ".join(options.words)}" needs --control URL of a running simulation')
    command = {None: "console", "watch": "console"}.get(options.command, options.command)
    try:
        module = imported(f"nomad_console.cli.{command}")
        code = cast("Callable[[argparse.Namespace], int]", module.run)(options)
        sys.stdout.flush()
    except Stopped as stop:
        print(f"nomad-console: {stop}", file=sys.stderr)
        return stop.code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing is left to flush
        return UNREAD
    except Exception as error:  # noqa: BLE001 — a bug of ours: told whole, and the only place
        return _bug(error)
    return code


def imported(name: str) -> ModuleType:
    """The module; no garbage is looked for in what an import makes, for all of it stays."""
    gc.disable()
    try:
        return import_module(name)
    finally:
        gc.freeze()
        gc.enable()


def program() -> NoReturn:
    """The installed program.

    Its daemon threads may be inside a C library; the interpreter's own teardown under them was seen
    to end with signal 11 after everything had been said, so that is left out.
    """
    import threading

    code = main()
    if threading.active_count() > 1:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    raise SystemExit(code)


def _bug(error: Exception) -> int:
    """Bad settings are the user's to mend; anything else is ours."""
    from nomad_console.settings.errors import SettingsError

    if isinstance(error, SettingsError):
        print(f"nomad-console: {error}", file=sys.stderr)
        return USAGE
    print_exception(error)
    print("nomad-console: this is a bug of ours; the above says where", file=sys.stderr)
    return BUG
