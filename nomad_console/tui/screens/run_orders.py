"""What the operator orders a run besides answering its gates."""

import re
from collections.abc import Iterable, Sequence

from nomad_console.domain.plan import BatchChoice, Step
from nomad_console.domain.survey import batch_work
from nomad_console.domain.text import duration
from nomad_console.operations.conductor import Conductor
from nomad_console.tui import keys
from nomad_console.tui.keys import Key
from nomad_console.tui.offers import Offers
from nomad_console.tui.rendering.restoring import way_back
from nomad_console.tui.rendering.rights import refusals
from nomad_console.tui.rendering.text import columns_of, fit
from nomad_console.tui.screens.answering import Answering, Question, typable
from nomad_console.tui.screens.base import Shared
from nomad_console.upgrade.run import Run

_LENGTH = re.compile(r"(\d+)\s*([smhd]?)")
_SECONDS = {"": 60, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_BY = "by the operator"
_NAME = 20  # columns of a node's name in a key's word


class RunOrders(Answering):
    """Each goes to the conductor as an event; what cannot be taken back asks for a name first."""

    def __init__(self, shared: Shared, conductor: Conductor) -> None:
        super().__init__(shared)
        self.conductor = conductor
        self._offers = Offers()

    def orders(self) -> list[Key]:
        """Those that the engine would take now, and our token may."""
        if self.conductor.trouble or not self.conductor.run.active:
            return []
        run = self.conductor.run
        found = batch_work(self.conductor.snapshot, run.upgrade.node)
        self._offers.ask(run, tuple(one.id for one in found))
        lacking = refusals(self.conductor.snapshot)
        out = [self._called(node) for node in self._offers.skippable]
        return [
            _worded(key, run, out)
            for key in keys.ORDERS
            if self._may(key.action) and key.action not in lacking
        ]

    def _may(self, action: str) -> bool:
        return action in self._offers

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key that is not shown does nothing; one that our token may not says so."""
        if super().check_action(action, parameters) is False:
            return False
        if any(key.action == action for key in keys.ORDERS):
            return any(key.action == action for key in self.orders())
        return True

    def action_hold(self) -> None:
        self.conductor.hold(_BY)

    def action_freeze(self) -> None:
        self.conductor.freeze(_BY)

    def action_go_on(self) -> None:
        self.conductor.release()

    def action_stop_after(self) -> None:
        if self.conductor.run.stopping:
            self.conductor.go_on_after_this()
        else:
            self.conductor.stop_after_this()

    def action_batch_wait(self) -> None:
        self.conductor.choose_batch(self._node, BatchChoice.WAIT)

    def action_batch_stop(self) -> None:
        node = self._node
        self.ask_for_name(
            "stop its batch work",
            [self._called(node)],
            lambda _: self.conductor.choose_batch(node, BatchChoice.STOP),
        )

    def action_extend(self) -> None:
        plan, node = self.conductor.run.plan, self._node
        usual = plan.deadline_s

        def take(answer: str) -> None:
            seconds = seconds_of(answer) if answer else usual
            if seconds is None:
                self.say(f'"{answer}" is no time: 90s, 20m or 2h', bad=True)
            else:
                self.conductor.extend(node, seconds)

        ask = f"deadline from now, as 20m or 2h; enter alone {duration(usual)}"
        self.ask(Question(ask, take))

    def action_skip(self) -> None:
        nodes = {self._called(node): node for node in self._offers.skippable}
        self.ask_for_name(
            "leave it as it is" if self._stays(nodes.values()) else "leave it out",
            nodes,
            lambda name: self.conductor.skip(nodes[name]),
        )

    def _stays(self, nodes: Iterable[str]) -> bool:
        """Only the node at work can be meant, and it is past its drain."""
        return list(nodes) == [self._node] and _is_late(self.conductor.run)

    def action_restore(self) -> None:
        run = self.conductor.run
        lines = way_back(run, self.conductor.moment()["at"])
        self.ask_for_name(
            "restore", [self._called(self._node)], lambda _: self.conductor.restore(_BY), *lines
        )

    def action_host_ran(self) -> None:
        self._answer_host("take its host command for done", ran=True)

    def action_host_again(self) -> None:
        self._answer_host("run its host command again", ran=False)

    def _answer_host(self, deed: str, *, ran: bool) -> None:
        asked = self.conductor.run.host_question or self.conductor.run.host_repeatable
        if asked is not None:
            names: Iterable[str] = [self._called(asked.node)]
            self.ask_for_name(deed, names, lambda _: self.conductor.answer_host(ran=ran))

    @property
    def _node(self) -> str:
        """The node at work."""
        return self.conductor.run.upgrade.node

    def _called(self, node_id: str) -> str:
        return typable(self.conductor.run.plan.node(node_id))


def seconds_of(text: str) -> float | None:
    """`90s`, `20m`, `2h`; a bare number is minutes. None: no time, or none ahead."""
    found = _LENGTH.fullmatch(text.strip().lower())
    seconds = int(found[1]) * _SECONDS[found[2]] if found else 0
    return float(seconds) if seconds else None


def _worded(key: Key, run: Run, out: Sequence[str]) -> Key:
    """The toggle says what its next press does, and skipping which node it leaves out."""
    if key.action == "stop_after" and run.stopping:
        return key._replace(short="do not stop")
    if key.action != "skip":
        return key
    if len(out) != 1:
        return key._replace(short="leave a node out")
    name = fit(out[0], min(columns_of(out[0]), _NAME))
    late = out == [typable(run.plan.node(run.upgrade.node))] and _is_late(run)
    return key._replace(short=f"leave {name} {'as it is' if late else 'out'}")


def _is_late(run: Run) -> bool:
    """The node at work is beyond the steps before which it could be left out."""
    return run.restoring is not None or run.upgrade.step not in {None, Step.CORDON}
