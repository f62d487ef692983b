"""A run told line by line: NDJSON on stdout, words on stderr where somebody looks."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from nomad_console.cli.arguments import DONE, RESTORED, SOME
from nomad_console.domain.plan import Plan
from nomad_console.domain.text import duration, printable
from nomad_console.operations.calls import undoing
from nomad_console.operations.counts import Counted
from nomad_console.operations.narration import record, words
from nomad_console.operations.report import as_data, probed, where, why
from nomad_console.upgrade.events import Event, HostEnded
from nomad_console.upgrade.ledger import ledger
from nomad_console.upgrade.run import Outcome, Run

_OUTPUT_LINES = 20


class Conducted(Protocol):
    """What is told of a conductor at the end."""

    @property
    def run(self) -> Run: ...

    @property
    def trouble(self) -> str: ...

    @property
    def journal_path(self) -> str: ...

    @property
    def output(self) -> Mapping[str, Sequence[str]]: ...

    @property
    def counting(self) -> "Tallied": ...


class Tallied(Protocol):
    @property
    def counted(self) -> Counted: ...


class Narrator:
    """A reader that went away is no reason to stop a run: from then on nothing is written.

    `restored`: the exit code of a run that was put back. Not `quiet`, a run that is left held says
    so on stderr whether somebody looks or not.
    """

    def __init__(self, *, words: bool, quiet: bool = False, restored: int = RESTORED) -> None:
        self._words = words
        self._quiet = quiet
        self._codes = {Outcome.DONE: DONE, Outcome.RESTORED: restored, Outcome.STOPPED: SOME}
        self._read = True

    def planned(self, plan: Plan) -> None:
        """What is about to be begun, as it is now."""
        findings = [
            {"id": one.id, "level": one.level, "evidence": one.evidence} for one in plan.findings
        ]
        names = [node.name for node in plan.nodes]
        detail = {
            "nodes": names,
            "target_version": plan.target_version,
            "forecast_s": round(plan.seconds, 1),
            "findings": findings,
        }
        self._put(_line(plan, "Planned", plan.made_at.isoformat(timespec="milliseconds"), detail))
        expected = duration(plan.seconds)
        self._say(f"run {plan.run_id}: {', '.join(names)} to {plan.target_version}, {expected}")
        for one in plan.findings:
            self._say(f"{one.level} {one.id}: {one.evidence}")

    def happened(self, event: Event, before: Run, conductor: Conducted) -> None:
        after = conductor.run
        line = record(event, before, after)
        if isinstance(event, HostEnded):
            node = event.command.partition("/")[0]
            line["detail"]["output"] = list(conductor.output[node])[-_OUTPUT_LINES:]
        self._put(line)
        said = words(event, before, after)
        if said:
            self._say(f"{event.at:%H:%M:%S} {said}")

    def ended(self, conductor: Conducted, at: str, signalled: int | None = None) -> int:
        """The last line, with what is left changed and how it is put back; the exit code.

        `signalled`: the code where a signal ended the command before the run was over.
        """
        run = conductor.run
        outcome = str(run.outcome) if run.outcome else "held"
        code = self._codes[run.outcome] if run.outcome else signalled or SOME
        reason = conductor.trouble or why(run)
        undo = undoing(run) if run.active else ()
        detail = {
            "outcome": outcome,
            "reason": reason,
            "exit_code": code,
            "journal": conductor.journal_path,
            "changed": [
                {"node": one.name, "change": one.change, "undo": one.inverse, "sure": one.sure}
                for one in ledger(run)
            ],
            "commands": undo,
            "probe": as_data(conductor.counting.counted),
        }
        self._put(_line(run.plan, "Ended", at, detail))
        ended = f": {reason}" if reason and not run.active else ""
        self._say(f"{outcome}{ended}; journal {conductor.journal_path}")
        for line in probed(conductor.counting.counted):
            if line:
                self._say(line)
        for line in undo:
            self._say(f"  to put back: {line}")
        if run.active and not self._quiet:
            self._write(closing(run, reason))
        return code

    def _put(self, line: dict[str, Any]) -> None:
        if not self._read:
            return
        try:
            print(json.dumps(line), flush=True)
        except OSError:
            self._read = False
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            self._say("nobody reads the events any more; the run goes on, its journal is whole")

    def _say(self, text: str) -> None:
        if self._words:
            self._write(text)

    def _write(self, text: str) -> None:
        try:
            print(printable(text), file=sys.stderr, flush=True)
        except OSError:  # the terminal is gone: what it would have shown is in the journal
            self._words, self._quiet = False, True
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def closing(run: Run, reason: str) -> str:
    """Where a run was left that is not over, why, and what can be done next."""
    run_id, asked = run.plan.run_id, run.host_question
    left = "held" if run.hold is not None else "left"
    said = f"run {run_id} is {left} {where(run)}: {reason or 'the command was ended'}"
    if run.restoring is not None:
        ways = f"restore {run_id} goes on all the same, runs {run_id} --close gives it up"
    else:
        lost = asked is not None and asked.host_trouble is not None and asked.host_trouble.lost
        ways = f"resume {run_id}{' --host-step ran|again' if lost else ''}, or restore {run_id}"
    return f"nomad-console: {said}; next: {ways}"


def _line(plan: Plan, event: str, time: str, detail: dict[str, Any]) -> dict[str, Any]:
    start = {"time": time, "run": plan.run_id, "node": None, "step": None}
    return {**start, "event": event, "detail": detail}
