"""`watch` behind a recording proxy: whatever is typed, only reads pass, and it lives on."""

import random
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from nomad_console.tui import keys
from nomad_console.tui.commands import _NAMES as COMMANDS
from tests.support.demos import WHOLE, homeless
from tests.support.proxy import Recorder, recording
from tests.support.simulator import Simulator
from tests.support.terminal import ESCAPE, Terminal, console

READS = {
    "nomad": r"GET /v1/\S+",
    "consul": r"GET /v1/\S+",
    "aws": r"Describe((LoadBalancer|TargetGroup)(s|Attributes)|TargetHealth|Tags)",
}
ADDRESSES = {"nomad": "NOMAD_ADDR", "consul": "CONSUL_HTTP_ADDR", "aws": "AWS_ENDPOINT_URL"}
KNOWN = (
    *keys.TABLE,
    *keys.DASHBOARD,
    *keys.DETAIL,
    *keys.RUN,
    *keys.LEAVE,
    keys.BEGIN,
    *(key for key in keys.APP if key.action != "leave"),
)
SEQUENCES = {
    "down": "\x1b[B",
    "up": "\x1b[A",
    "left": "\x1b[D",
    "right": "\x1b[C",
    "pagedown": "\x1b[6~",
    "pageup": "\x1b[5~",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "enter": "\r",
    "space": " ",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "escape": ESCAPE,
    "backspace": "\x7f",
    "slash": "/",
    "colon": ":",
    "exclamation_mark": "!",
    "question_mark": "?",
}
LEADING = {"slash", "colon", "enter", "exclamation_mark", "question_mark"}  # to other places
PAGES = {"1\r", "?"}
KEY_S = 0.004
PROMPT = r"^ ?:( |$)"
TRY_S = 0.5
TRIES = 20
DEEP = 8  # documents upon documents
DEADLY = {"ctrl+q"}  # Textual's own way out
CONTROLS = [chr(code) for code in range(1, 27) if f"ctrl+{chr(code + 96)}" not in DEADLY]
PRINTABLE = [chr(code) for code in range(0x20, 0x7F) if chr(code) != "q"]


class Stage(NamedTuple):
    terminal: Terminal
    simulator: Simulator
    recorders: dict[str, Recorder]

    def prompt(self) -> None:
        """Open the line for commands, from wherever the keys have led: all before is then done."""
        for _ in range(TRIES):  # what a key opens may open after the keys that follow it
            self.terminal.press(*[ESCAPE] * DEEP)
            self.terminal.until(lambda text: not re.search(PROMPT, text, re.MULTILINE))
            self.terminal.press(":")
            if self.terminal.shows(PROMPT, TRY_S):
                return
        raise AssertionError(self.terminal.text)

    def go(self, keys: str) -> None:
        """From wherever the keys have led to where these lead from the dashboard."""
        for _ in range(TRIES):
            self.prompt()
            self.terminal.press(ESCAPE, *keys)
            if keys not in PAGES or self.terminal.shows("esc back", TRY_S):
                return
        raise AssertionError(self.terminal.text)

    def home(self) -> None:
        """Back to the dashboard, moving, nothing being typed, nothing filtered or enlarged."""
        self.prompt()
        self.terminal.press(*[ESCAPE] * DEEP, "1", *[ESCAPE] * DEEP, *[SEQUENCES["left"]] * DEEP)
        self.terminal.until(r"1 Nodes 6( ·|─| )")
        if "PAUSED" in self.terminal.text:
            self.terminal.press("p")
        self.terminal.until(lambda text: "PAUSED" not in text)
        self.terminal.until(WHOLE)
        self.terminal.until(r"WATCH")


def sequence(name: str) -> str:
    if name.startswith("ctrl+"):
        return chr(ord(name[-1]) - 96)
    return SEQUENCES.get(name, name)


@pytest.fixture(scope="module")
def stage(simulator: Simulator, where: Path) -> Iterator[Stage]:
    with ExitStack() as stack:
        env = {**simulator.env, **homeless(where)}
        recorders = {}
        for name, variable in ADDRESSES.items():
            env[variable], recorders[name] = stack.enter_context(recording(env[variable]))
        terminal = stack.enter_context(console("watch", columns=200, rows=50, env=env))
        terminal.until(r"▌ c1 .* 2 ok ")
        terminal.until(WHOLE)
        yield Stage(terminal, simulator, recorders)


@pytest.mark.parametrize(
    "ahead", ["1", "2", *(pytest.param(one, marks=pytest.mark.long) for one in "34"), "1\r", "?"]
)
def test_every_known_key(stage: Stage, ahead: str) -> None:
    """In each pane, on a detail and on the page of keys."""
    stage.go(ahead)
    for name in (name for key in KNOWN for name in key.keys.split(",")):
        stage.terminal.press(sequence(name))
        if name in LEADING:
            stage.go(ahead)
        stage.terminal.look(KEY_S)


def test_an_upgrade_is_refused_in_words(stage: Stage) -> None:
    stage.home()
    stage.terminal.press("u")
    stage.terminal.until(re.escape(keys.READ_ONLY))
    stage.terminal.press("b", ":")
    assert "UPGRADE" not in stage.terminal.until(PROMPT)


def test_every_command(stage: Stage) -> None:
    stage.home()
    for command in sorted(set(COMMANDS) - {"q", "quit"}):
        for argument in ("", " name", " -edge"):
            stage.prompt()
            stage.terminal.press(f"{command}{argument}\r")
    stage.home()


def test_anything_else(stage: Stage) -> None:
    """Keys, control keys, mouse and pastes at random; the seed says which."""
    chance = random.Random(3)
    for _ in range(400):
        column, row = chance.randint(1, 200), chance.randint(1, 50)
        button = chance.choice((0, 1, 2, 64, 65))
        typed = chance.choice(
            (
                chance.choice(PRINTABLE),
                chance.choice(CONTROLS),
                chance.choice(["\x1b", *SEQUENCES.values()]),
                f"\x1b[<{button};{column};{row}M\x1b[<{button};{column};{row}m",
                f"\x1b[200~{''.join(chance.choices(PRINTABLE, k=9))}\x1b[201~",
            )
        )
        stage.terminal.press(typed)
        stage.terminal.look(KEY_S)
    stage.home()


def test_only_reads_have_passed_and_the_screen_lives(stage: Stage) -> None:
    stage.home()
    stage.simulator.control("POST", "/agents/c1/restart", {"version": "2.0.5"})
    stage.terminal.until(r"[ *]c1 +2\.0\.5 ")
    stage.terminal.enter(":", "quit")
    assert stage.terminal.ended() == 0
    asked = stage.simulator.control("GET", "/requests")
    for name, recorder in stage.recorders.items():
        assert recorder.seen
        assert [one for one in recorder.seen if not re.fullmatch(READS[name], one)] == []
        around = sum(asked[name]["requests"].values()) - len(recorder.seen)
        assert around <= 0, f"{around} requests to {name} went around the proxy"
