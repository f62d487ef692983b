"""A guided upgrade as an operator types it: nothing but keys, nothing but the screen to go by."""

import re

from tests.support.terminal import Terminal

DEAF_S = 1.1  # a gate drops what is typed in its first second
CODE = re.compile(r"^║ c (\S\S) confirm", re.MULTILINE)
TITLE = re.compile(r"Gate: (.*?) *║$", re.MULTILINE)
OVER = "the run is over"
STOPPED = re.compile(r"HELD|FROZEN|Stopped")
PROBED = "HELD: requests failed"
STEP_S = 60.0


def open_plan(terminal: Terminal, *names: str) -> None:
    """Find each node by the filter, mark it, ask for the plan."""
    for name in names:
        if name != names[0]:
            terminal.until(" keeps ")
            terminal.press("\x1b")
            terminal.until(lambda text: " keeps " not in text)
        terminal.enter("/", name)
        terminal.until(rf"▌ {name} ")
        terminal.press(" ")
        terminal.until(rf"▌\*{name} ")
    terminal.press("u")
    terminal.until("Plan of an upgrade")


def begin(terminal: Terminal, name: str) -> None:
    """Begin what the plan shows; type the node's name where findings ask for it."""
    terminal.until(
        r"nothing stands against it|warnings?: read|to accept: beginning asks for a node's name"
    )
    terminal.press("b")
    terminal.until(rf"UPGRADE [0-9a-f]{{8}} |type {name} to accept")
    if "UPGRADE" not in terminal.text:
        terminal.press(name, "\r")
        terminal.until(r"UPGRADE [0-9a-f]{8} ")


def gate(terminal: Terminal) -> tuple[str, str]:
    """Code and title of the gate that is open now."""
    code, title = CODE.search(terminal.text), TITLE.search(terminal.text)
    assert code is not None, terminal.text
    assert title is not None, terminal.text
    return code[1], title[1]


def confirm(terminal: Terminal) -> str:
    """Answer the gate that is open now; its title."""
    code, title = gate(terminal)
    terminal.look(DEAF_S)
    terminal.press("c")
    terminal.until(f"type {re.escape(code)} to confirm")
    terminal.press(*code)
    terminal.until(lambda text: f"c {code} confirm" not in text and f"type {code} " not in text)
    return title


def guide(terminal: Terminal, screens: list[str] | None = None) -> list[str]:
    """Answer every gate until the run is over; the titles of the gates, and what was seen.

    Where the probe of a badly set service held the run, it is let go on.
    """
    titles: list[str] = []

    def turn(text: str) -> bool:
        if screens is not None and (not screens or screens[-1] != text):
            screens.append(text)
        return bool(CODE.search(text) or OVER in text or STOPPED.search(text))

    while True:
        terminal.until(turn, STEP_S)
        if PROBED in terminal.text:
            terminal.press("g")
            terminal.look(0.5)
            continue
        if not CODE.search(terminal.text):
            assert OVER in terminal.text, terminal.text
            return titles
        titles.append(confirm(terminal))
