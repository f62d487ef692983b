"""The arguments of everything about a run: plan, preflight, upgrade, resume, restore, runs."""

import argparse
from collections.abc import Callable
from typing import Any

from nomad_console.cli import values

_NODES = """\
NODE is a name, an id prefix (4 characters or more), or field=value: class, pool, datacenter,
version, meta.KEY. The order given is the order of the run."""

_CODES = """\
Exit code 0: nothing was found, or only what explains (INFO); 1: a WARN, or an ACK that upgrade
asks for a word on; 5: a BLOCK, with which nothing can be begun."""

_Backends = Callable[[argparse.ArgumentParser], None]


def add(commands: "argparse._SubParsersAction[Any]", backends: _Backends) -> None:
    """Put the commands into the parser; `backends` gives each the flags that say where."""

    def command(name: str, words: str, epilog: str = _NODES) -> argparse.ArgumentParser:
        raw = argparse.RawDescriptionHelpFormatter
        parser: argparse.ArgumentParser = commands.add_parser(
            name, help=words, description=words, epilog=epilog, formatter_class=raw
        )
        backends(parser)
        return parser

    both = f"{_NODES}\n\n{_CODES}"
    _plan(command("plan", "what upgrading nodes would do, how long it takes, what it risks", both))
    _preflight(command("preflight", "what stands against upgrading nodes", both))
    _upgrade(command("upgrade", "upgrade nodes without a screen; events as NDJSON"))
    _resume(command("resume", "go on with a run that is not over; events as NDJSON", ""))
    _restore(command("restore", "put back what a run that is not over changed", ""))
    _runs(command("runs", "what was done, by whom, when; the report of a run", ""))


def _plan(parser: argparse.ArgumentParser) -> None:
    _nodes(parser, "+")
    _shape(parser)
    parser.add_argument("--out", default="", metavar="FILE", help="keep it for upgrade --plan")
    parser.add_argument("--json", action="store_true", help="the plan as JSON")


def _preflight(parser: argparse.ArgumentParser) -> None:
    _nodes(parser, "+")
    _shape(parser)
    parser.add_argument("--json", action="store_true", help="the findings as JSON")


def _upgrade(parser: argparse.ArgumentParser) -> None:
    _nodes(parser, "*")
    _shape(parser)
    parser.add_argument(
        "--plan", default="", metavar="FILE", help="take up this plan, if it still fits"
    )
    _answers(parser)
    _quiet(parser)


def _resume(parser: argparse.ArgumentParser) -> None:
    _run_left(parser)
    _answers(parser)
    parser.add_argument(
        "--host-step",
        choices=("ran", "again"),
        help="whether the host command did its work, where nobody saw its end",
    )
    _quiet(parser)


def _restore(parser: argparse.ArgumentParser) -> None:
    _run_left(parser)
    _probe(
        parser,
        "request it meanwhile, besides those of the settings; what fails is told and counted, "
        "and holds nothing: a restore goes on",
    )
    _quiet(parser)


def _runs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", nargs="?", default="", metavar="ID", help="a run, or its beginning")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true", help="for a ticket")
    form.add_argument("--json", action="store_true", help="as JSON")
    form.add_argument(
        "--close",
        action="store_true",
        help="give a run up that cannot be gone on with: nothing is put back, what is found now is "
        "written into its journal, its lock is freed",
    )


def _run_left(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "id", nargs="?", default="", metavar="ID", help="the run, if more than one is not over"
    )
    _timeout(parser)


def _answers(parser: argparse.ArgumentParser) -> None:
    """What nobody will be asked meanwhile."""
    group = parser.add_argument_group("answers")
    _choice(
        group, "--approve", "none all", "answer every gate whose proofs hold, or hold at the first"
    )
    group.add_argument(
        "--accept",
        type=values.ids,
        default=(),
        metavar="ID,…|all",
        help="findings marked ACK, by the ids that plan shows; a BLOCK cannot be accepted",
    )
    _choice(
        group, "--on-failure", "hold restore", "leave the run held, or put back what it changed"
    )
    _choice(
        group,
        "--on-hangup",
        "freeze continue",
        "when the terminal is lost: end our drain and leave, or go on without it; with continue "
        "SIGTERM leaves the drain as it is. The console with a screen always ends it: its gates "
        "need somebody to look",
    )
    _probe(group, "request it during the run, besides those of the settings")
    group.add_argument(
        "--probe-budget",
        type=values.budget,
        default=0,
        metavar="N",
        help="so many of its requests may fail before the run is held (0)",
    )


def _choice(group: argparse._ActionsContainer, name: str, words: str, said: str) -> None:
    """One of these words; the first is the default."""
    choices = words.split()
    default = choices[0]
    group.add_argument(name, choices=choices, default=default, help=f"{said} ({default})")


def _probe(group: argparse._ActionsContainer, words: str) -> None:
    group.add_argument(
        "--probe", type=values.url, action="append", default=[], metavar="URL", help=words
    )


def _quiet(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--takeover", action="store_true", help="although another run was left behind"
    )
    parser.add_argument("--json", action="store_true", help="no words on stderr, only NDJSON")


def _nodes(parser: argparse.ArgumentParser, many: str) -> None:
    parser.add_argument("nodes", nargs=many, metavar="NODE", help="see below")
    _timeout(parser)


def _timeout(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--timeout",
        type=values.positive,
        default=60.0,
        metavar="S",
        help="seconds to wait for the data (60)",
    )


def _shape(parser: argparse.ArgumentParser) -> None:
    """What makes one plan differ from another; None: as the settings have it."""
    group = parser.add_argument_group("the run")
    group.add_argument(
        "--target-version", metavar="V", help="of the agents (the oldest of the servers')"
    )
    group.add_argument(
        "--host-command",
        metavar="CMD",
        help="upgrades one host; {name} {address} {instance_id} {version}, no shell",
    )
    group.add_argument(
        "--system",
        choices=("keep", "stop"),
        help="keep system jobs running, or stop them for a reboot (keep)",
    )
    group.add_argument(
        "--deadline",
        type=values.seconds,
        metavar="D",
        help="of a drain (twice the forecast, 10m at least)",
    )
    group.add_argument("--bake", type=values.seconds, metavar="D", help="watch so long (30s)")
    group.add_argument(
        "--batch",
        choices=("wait", "stop", "skip"),
        help="batch work: wait for its end, stop it, or leave its node out (wait)",
    )
