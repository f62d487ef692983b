"""A terminal that is lost in the middle of a drain: the drain ends, the journal says so."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from nomad_console.operations.journal import read
from nomad_console.upgrade.commands import CancelDrain
from nomad_console.upgrade.events import Answered, HungUp
from nomad_console.upgrade.resume import replay
from tests.support.demos import demo
from tests.support.guiding import CODE, begin, confirm, open_plan
from tests.support.terminal import Terminal

NODE = "c4"


def close(terminal: Terminal) -> None:
    """As sshd does when the line drops: the kernel hangs up."""
    terminal.child.ptyproc.fileobj.close()


def terminate(terminal: Terminal) -> None:
    os.kill(terminal.child.pid, signal.SIGTERM)
    terminal.ended()


@pytest.mark.parametrize(
    ("lose", "code"), [(close, 129), pytest.param(terminate, 143, marks=pytest.mark.long)]
)
def test_our_drain_is_ended_within_three_seconds_and_the_console_is_gone(
    tmp_path: Path, lose: Callable[[Terminal], None], code: int
) -> None:
    with demo(tmp_path, columns=100, rows=30, speed=5) as (terminal, _):
        open_plan(terminal, NODE)
        begin(terminal, NODE)
        for _gate in range(3):
            terminal.until(CODE.pattern, 60)
            confirm(terminal)
        lose(terminal)
        assert terminal.child.wait() == code
    (path,) = (tmp_path / "XDG_STATE_HOME").rglob("*.ndjson")
    chronicle = read(path)
    run = replay(chronicle.head.plan, chronicle.events)
    (lost,) = (one for one in chronicle.events if isinstance(one, HungUp))
    answers = [one for one in chronicle.events if isinstance(one, Answered) and one.at >= lost.at]
    assert answers, "nobody answered the end of the drain"
    assert (answers[-1].at - lost.at).total_seconds() < 3
    assert run.hung_up_at == lost.at
    assert not any(isinstance(one.write, CancelDrain) for one in run.upgrade.pending)
