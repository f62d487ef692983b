"""Scripts for the engine: what happens, and what must be asked for."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from nomad_console.domain.plan import Step
from nomad_console.upgrade.commands import Command, Rejected
from nomad_console.upgrade.events import (
    Accepted,
    Answered,
    Event,
    GateConfirmed,
    GateOpened,
    HostEnded,
    HostStarted,
    Intended,
    Observed,
    Released,
    Started,
    TimeReached,
)
from nomad_console.upgrade.gates import (
    Gate,
    NodeProofs,
    Observation,
    Proof,
    ProofName,
    Truth,
)
from nomad_console.upgrade.machine import advance
from nomad_console.upgrade.run import NodeUpgrade, Run
from tests.support.manual_clock import EPOCH
from tests.support.plans import a_plan

HOST = ("restart", "{name}", "{version}")


class Play:
    """A run under way: every event moves it, and leaves its commands in `asked`."""

    def __init__(self, run: Run, elapsed: float = 100.0) -> None:
        self.run = run
        self.elapsed = elapsed
        self.asked: tuple[Command, ...] = ()
        self.journal: list[Event] = []

    @property
    def now(self) -> NodeUpgrade:
        return self.run.upgrade

    def do(self, kind: Callable[..., Event], *args: Any, **fields: Any) -> tuple[Command, ...]:
        """Let it happen a tenth of a second later."""
        self.elapsed += 0.1
        at = EPOCH + timedelta(seconds=self.elapsed)
        return self.send(kind(*args, at=at, elapsed=self.elapsed, **fields))

    def send(self, event: Event) -> tuple[Command, ...]:
        before = self.run
        self.run, self.asked = advance(self.run, event)
        if self.run is not before:
            self.journal.append(event)
        return self.asked

    def take_up(self) -> None:
        """Accept what the plan found, and begin."""
        if self.run.unaccepted:
            self.do(Accepted, self.run.unaccepted)
        self.do(Started)

    def refused(self) -> str:
        """Why the last event was rejected; "" where it was not."""
        return self.asked[0].reason if self.asked and isinstance(self.asked[0], Rejected) else ""

    def see(
        self, *broken: ProofName, truth: Truth = Truth.FALSE, mark: str = ""
    ) -> tuple[Command, ...]:
        """Every proof that the nodes in play need holds, except the broken ones, so marked."""
        nodes = tuple(
            NodeProofs(
                upgrade.node,
                upgrade.step,
                tuple(
                    Proof(name, truth, "broken", "nomad", mark=mark)
                    if name in broken
                    else Proof(name, Truth.TRUE, "seen", "nomad")
                    for name in self.run.means(upgrade)
                    if name != ProofName.REGISTERED_AGAIN or name in broken
                ),
                self.run.undo,
            )
            for upgrade in self.run.in_play
        )
        return self.do(Observed, Observation(self.run.writes, nodes))

    def answer(self, index: int = 2000) -> tuple[Command, ...]:
        """Answer every call that is asked for, the host command as a conductor does."""
        asked: list[Command] = []
        for upgrade in self.run.upgrades:
            for pending in upgrade.pending:
                call = pending.write.id
                if pending.write.kind == "once":
                    self.do(Intended, call)
                if hasattr(pending.write, "argv"):
                    self.do(HostStarted, call)
                    asked += self.do(HostEnded, call, 0)
                else:
                    asked += self.do(Answered, call, index)
        self.asked = tuple(asked)
        return self.asked

    def wait(self) -> tuple[Command, ...]:
        """Let the time of the present wait come."""
        wait = self.now.wait
        assert wait is not None
        self.elapsed = wait.due
        return self.do(TimeReached)

    def do_code(self, code: str) -> None:
        """Show the gate that was asked for."""
        asked = self.now.gate
        assert asked is not None, "no gate was asked for"
        self.do(GateOpened, self.now.node, asked.gate, code)

    def confirm(self, code: str = "7f", index: int = 3000) -> tuple[Command, ...]:
        """Open the gate that was asked for, and answer it."""
        asked = self.now.gate
        assert asked is not None, "no gate was asked for"
        if not asked.code:
            self.do(GateOpened, self.now.node, asked.gate, code)
        return self.do(GateConfirmed, self.now.node, asked.gate, asked.code or code, index)

    def finish_step(self) -> Gate | None:
        """Answer, prove and wait, up to the next gate; None: the run is over."""
        assert not self.run.unaccepted, "no gate opens before everything is accepted"
        step = self.now.step
        self.answer()
        self.see()
        if self.now.step == step and self.now.wait is not None and not self.now.wait.over:
            self.wait()
        gate = self.now.gate
        return gate.gate if gate else None

    def reach(self, step: Step, node: str = "") -> None:
        """Go through the chain until this step (of this node, else of any) has just begun."""
        while self.now.step != step or node not in {"", self.now.node}:
            if self.finish_step() is not None:
                self.confirm()

    def go_back(self) -> None:
        """The world answers well until the way back is over."""
        for _ in range(60):
            if self.run.ended_at is not None:
                return
            if self.run.hold is not None:
                self.do(Released)
            self.answer()
            self.see()
            if self.now.wait is not None and not self.now.wait.over:
                self.wait()
        raise AssertionError(f"no end in sight: {self.run.restoring}")

    def finish(self) -> None:
        """Go on to the end, confirming every gate."""
        while self.run.ended_at is None:
            if self.finish_step() is not None:
                self.confirm()


def started(*numbers: int, **options: Any) -> Play:
    """A run for some of the article's nodes, taken up."""
    play = Play(Run.of(a_plan(*numbers, **options)))
    play.take_up()
    return play


def at_step(step: Step, *numbers: int, **options: Any) -> Play:
    """A run, of c1 alone unless told, whose step has just begun."""
    play = started(*(numbers or (1,)), **options)
    play.reach(step)
    return play


def replayed(run: Run, journal: list[Event]) -> Run:
    for event in journal:
        run, _ = advance(run, event)
    return run
