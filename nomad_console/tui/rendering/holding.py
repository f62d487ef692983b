"""Why a run is held, in words, and what helps."""

from collections.abc import Mapping

from nomad_console.operations.calls import repairing
from nomad_console.tui.rendering.text import Cell, Line, Tone
from nomad_console.tui.rendering.upgrade_plan import call_line
from nomad_console.upgrade.run import Cause, Hold, Run

_WHO: Mapping[Cause, str] = {
    Cause.OPERATOR: "you held it",
    Cause.CALL: "a call was refused",
    Cause.GUARD: "it stopped by itself",
    Cause.DOWN: "Nomad hears nothing of the node",
    Cause.DISTURBED: "somebody else changed something",
    Cause.PROBE: "requests failed",
    Cause.HUNG_UP: "its terminal was lost",
    Cause.UNANSWERED: "a call has no known answer",
    Cause.SPENT: "our token has ended",
}
_HELP: Mapping[Cause, str] = {
    Cause.OPERATOR: "g goes on where it was",
    Cause.CALL: "cure what was refused, then g asks again; R restores",
    Cause.GUARD: "look at that replacement; g goes on all the same, R restores",
    Cause.DOWN: "bring its agent or its machine back, then g goes on; R restores when it is back",
    Cause.DISTURBED: "ask who it was; g goes on all the same, R restores",
    Cause.PROBE: "look at the first failure; g goes on all the same, R restores",
    Cause.HUNG_UP: "g takes it up again; R restores",
    Cause.UNANSWERED: "look at the host: D takes it for done, A runs it again",
    Cause.SPENT: "q, then x leaves it as it is; a console with a new token takes it up with U",
}
_QUESTION = "did the host command do its work? D takes it for done, A runs it again"


def hold_title(run: Run, hold: Hold) -> str:
    """Frozen is what our drain is; without one the run is held."""
    name = run.plan.node(run.upgrade.node).name
    frozen = hold.frozen and run.upgrade.cancelled
    return f"{name} {'FROZEN' if frozen else 'HELD'}: {_WHO[hold.cause]}"


def hold_lines(run: Run, hold: Hold) -> list[Line]:
    """Since when and why, what is still moving, what helps."""
    lines: list[Line] = [(Cell(f"since {hold.since:%H:%M:%S}: "), Cell(hold.reason))]
    if hold.frozen and run.upgrade.cancelled:
        still = "our drain is ended; what was marked still moves; the node stays ineligible"
        lines.append((Cell(still, Tone.DIM),))
    elif hold.frozen:
        still = "no drain of ours is under way: nothing moves, what is changed stays so"
        lines.append((Cell(still, Tone.DIM),))
    if run.hung_up_at is not None and hold.cause is not Cause.HUNG_UP:
        lost = f"the terminal was lost at {run.hung_up_at:%H:%M:%S}"
        lines.append((Cell(lost, Tone.WARN),))
    lines += [(Cell("g first ", Tone.DIM), *call_line(call)) for call in repairing(run)]
    asks = run.host_question is not None and hold.cause is not Cause.UNANSWERED
    helps = _QUESTION if asks else _HELP[hold.cause]
    if run.host_repeatable is not None:
        helps += "; A runs the host command again"
    lines.append((Cell("helps   ", Tone.DIM), Cell(helps)))
    return lines
