"""One event's way through a run: the state as it becomes, the commands as they gather."""

from datetime import datetime
from typing import Any

import msgspec

from nomad_console.upgrade.commands import Command, OpenGate, WakeAt, Write
from nomad_console.upgrade.gates import Gate
from nomad_console.upgrade.run import GateState, NodeUpgrade, Pending, Run, Wait


class Turn:
    """Lives for one call of `advance`; what it makes of the run is frozen again."""

    def __init__(self, run: Run, at: datetime, elapsed: float) -> None:
        self.run = run
        self.at = at
        self.elapsed = elapsed
        self.commands: list[Command] = []

    def change_run(self, **fields: Any) -> None:
        self.run = msgspec.structs.replace(self.run, **fields)

    def put(self, upgrade: NodeUpgrade, **fields: Any) -> None:
        """Change one node's state."""
        changed = msgspec.structs.replace(upgrade, **fields)
        self.change_run(
            upgrades=tuple(
                changed if one.node == upgrade.node else one for one in self.run.upgrades
            )
        )

    def change(self, **fields: Any) -> None:
        """Change the state of the node at work."""
        self.put(self.run.upgrade, **fields)

    def issue(self, kind: type[Write], node: str, **fields: Any) -> None:
        """Ask for a call, under an id of its own."""
        number = self.run.issued + 1
        step = "restore" if self.run.restoring is not None else self.run.upgrade.step or "start"
        write = kind(id=f"{node}/{step}/{number}", node=node, **fields)
        upgrade = self.run.of_node(node)
        assert upgrade is not None  # noqa: S101 — calls are only made for nodes of the plan
        self.change_run(issued=number)
        self.put(upgrade, pending=(*upgrade.pending, Pending(write)))
        self.commands.append(write)

    def wake(self, seconds: float, why: str = "") -> None:
        """Let the present step, or a part of its way back, wait so long."""
        step = self.run.upgrade.step
        assert step is not None  # noqa: S101 — an untouched node waits for nothing
        due = self.elapsed + seconds
        self.change(wait=Wait(step, seconds, due, began_at=self.at, why=why))
        self.wake_at(due)

    def wake_at(self, due: float) -> None:
        self.commands.append(WakeAt(due))

    def ask(self, gate: Gate) -> None:
        self.change(gate=GateState(gate))
        self.commands.append(OpenGate(self.run.upgrade.node, gate))

    def forget_proofs(self, upgrade: NodeUpgrade, **fields: Any) -> None:
        """After a write: what was seen before it proves nothing any more."""
        self.put(upgrade, proofs=(), gate=None, **fields)
        self.change_run(writes=self.run.writes + 1)
