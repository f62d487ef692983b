"""The command line."""

import pytest

from nomad_console.tui.commands import Command, CommandError, parse


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("nodes", Command("nodes")),
        ("allocs", Command("allocations")),
        ("tar", Command("targets")),
        (" sort name desc ", Command("sort", "name desc")),
        ("filter a b", Command("filter", "a b")),
        ("q", Command("quit")),
        ("h", Command("keys")),
        ("", None),
    ],
)
def test_commands(text: str, command: Command | None) -> None:
    assert parse(text) == command


@pytest.mark.parametrize("text", ["frobnicate", "s"])
def test_unknown_and_ambiguous(text: str) -> None:
    with pytest.raises(CommandError, match="there are"):
        parse(text)
