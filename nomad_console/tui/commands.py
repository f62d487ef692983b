"""The command line behind `:`."""

from typing import NamedTuple

PANES = ("nodes", "allocations", "services", "targets")
_NAMES = {
    **{name: name for name in PANES},
    "allocs": "allocations",
    "sort": "sort",
    "filter": "filter",
    "unmark": "unmark",
    "disagreements": "disagreements",
    "keys": "keys",
    "help": "keys",
    "quit": "quit",
    "q": "quit",
}


class CommandError(ValueError):
    """What is wrong with a command, in words for the person typing it."""


class Command(NamedTuple):
    name: str
    argument: str = ""


def parse(text: str) -> Command | None:
    """The command, by its name or a beginning that only one has; None for an empty line."""
    word, _, argument = text.strip().partition(" ")
    if not word:
        return None
    found = {_NAMES[word]} if word in _NAMES else set()
    found = found or {name for known, name in _NAMES.items() if known.startswith(word)}
    if len(found) != 1:
        known = " ".join(sorted(set(_NAMES.values())))
        raise CommandError(f"no command {word}; there are {known}")
    return Command(found.pop(), argument.strip())
