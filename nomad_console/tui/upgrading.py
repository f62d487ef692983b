"""The way from marked nodes, or a run left behind, to a run and its report, screen by screen."""

import asyncio

import msgspec

from nomad_console.domain.plan import Plan
from nomad_console.live.interest import Interest
from nomad_console.operations.archive import Kept
from nomad_console.operations.conductor import Conductor
from nomad_console.operations.upgrades import UpgradeRefused, Upgrades
from nomad_console.tui.left_runs import LeftRuns
from nomad_console.tui.messages import ResumeAsked
from nomad_console.tui.rendering.text import Cell, Line, Tone
from nomad_console.tui.screens.leave import LeaveScreen
from nomad_console.tui.screens.unfinished import UnfinishedScreen
from nomad_console.tui.screens.upgrade_plan import UpgradePlan
from nomad_console.tui.screens.upgrade_report import UpgradeReport
from nomad_console.tui.screens.upgrade_run import UpgradeRun
from nomad_console.tui.stage import Stage


class UpgradeScreens:
    """One run at a time; asked for while it is under way, its screen comes back."""

    def __init__(self, upgrades: Upgrades, others: LeftRuns | None = None) -> None:
        self._upgrades = upgrades
        self._others = others
        self._left: tuple[Kept, ...] = ()

    @property
    def unfinished(self) -> bool:
        """A run was left behind, and none is under way here."""
        return bool(self._left) and self._active() is None

    @property
    def word(self) -> Line:
        """What the dashboard says before anything else; () where no run wants to be seen."""
        current = self._active()
        if current is not None:
            return _under_way(current)
        if not self._left:
            return () if self._others is None else self._others.live_word
        kept, more = self._left[0], len(self._left) - 1
        others = f" and {more} more" if more else ""
        said = f" run {kept.id} of {kept.nodes}{others} was left unfinished by {kept.head.by}"
        return (Cell(f"{said}: U shows it", Tone.BAD),)

    def look_for_unfinished(self, stage: Stage) -> None:
        """Read the journals beside everything else."""
        stage.run_worker(self._look(stage), name="unfinished", group="unfinished")

    async def _look(self, stage: Stage) -> None:
        self._left = await asyncio.to_thread(self._upgrades.abandoned)
        stage.shared.frames.request()

    def in_play(self, seen: Interest) -> Interest:
        """What a screen looks at, and what the run under way lives on."""
        current = self._active()
        if current is None:
            return seen
        own = Interest.of_run(current.run.plan)
        return msgspec.structs.replace(
            own, visible=seen.visible, marked=seen.marked, jobs=seen.jobs | own.jobs
        )

    def start(self, stage: Stage, node_ids: tuple[str, ...]) -> None:
        """Show the plan for these nodes, or the run that is under way."""
        current = self._active()
        if current is not None:
            stage.push_screen(UpgradeRun(stage.shared, current))
            return
        planner = self._upgrades.planner
        stage.run_worker(planner.survey(node_ids), name="survey", group="survey")
        options = planner.options()
        stage.push_screen(
            UpgradePlan(stage.shared, node_ids, lambda: planner.plan(node_ids, options))
        )

    def begin(self, stage: Stage, plan: Plan, *, takeover: bool = False) -> None:
        """Lock and take up the plan; what keeps it from being taken up is said."""
        stage.run_worker(self._begin(stage, plan, takeover=takeover), name="begin", group="begin")

    async def _begin(self, stage: Stage, plan: Plan, *, takeover: bool) -> None:
        try:
            conductor = await self._upgrades.begin(plan, takeover=takeover)
        except UpgradeRefused as refusal:
            if refusal.takeover and isinstance(stage.screen, UpgradePlan):
                stage.screen.ask_takeover(str(refusal))
            else:
                _refuse(stage, str(refusal))
            return
        if plan.to_accept:  # its screen asked for a name before
            conductor.accept(*plan.to_accept)
        conductor.start()
        self._conduct(stage, conductor)

    def show_unfinished(self, stage: Stage) -> None:
        if self.unfinished:
            stage.push_screen(UnfinishedScreen(stage.shared, self._left[0]))
        else:
            stage.say("no run was left unfinished")

    def resume(self, stage: Stage, asked: ResumeAsked) -> None:
        """Take up a run that was left behind, to go on with it or to put back what it changed."""
        stage.run_worker(self._resume(stage, asked), name="resume", group="begin")

    async def _resume(self, stage: Stage, asked: ResumeAsked) -> None:
        take_up = self._upgrades.restore if asked.restore else self._upgrades.resume
        try:
            conductor = await take_up(asked.run_id, takeover=asked.takeover)
        except UpgradeRefused as refusal:
            if refusal.takeover and isinstance(stage.screen, UnfinishedScreen):
                stage.screen.ask_takeover(str(refusal), asked)
            else:
                _refuse(stage, str(refusal))
            return
        if not asked.restore:
            conductor.start()
        self._left = tuple(kept for kept in self._left if kept.id != asked.run_id)
        self._conduct(stage, conductor)

    def _conduct(self, stage: Stage, conductor: Conductor) -> None:
        conductor.watch(stage.shared.frames.request)
        stage.run_worker(conductor.conduct(), name="conductor", group="conductor")
        screen = UpgradeRun(stage.shared, conductor)
        if isinstance(stage.screen, UpgradePlan | UnfinishedScreen):
            stage.switch_screen(screen)
        else:  # the plan was left meanwhile
            stage.push_screen(screen)

    def report(self, stage: Stage) -> None:
        if self._upgrades.current is not None:
            stage.push_screen(UpgradeReport(stage.shared, self._upgrades.current))

    def leave(self, stage: Stage) -> bool:
        """Ask first where a run is under way; False: nothing stands against leaving."""
        current = self._active()
        if current is None:
            return False
        if isinstance(stage.screen, LeaveScreen):
            stage.say("F freezes and leaves, x leaves it as it is, esc stays", bad=True)
        else:
            stage.push_screen(LeaveScreen(stage.shared, current))
        return True

    def _active(self) -> Conductor | None:
        current = self._upgrades.current
        return current if current is not None and current.run.active else None


def _refuse(stage: Stage, why: str) -> None:
    if isinstance(stage.screen, UpgradePlan | UnfinishedScreen):
        stage.screen.refuse(why)
    else:  # left meanwhile
        stage.say(why, bad=True)


def _under_way(conductor: Conductor) -> Line:
    run = conductor.run
    name, gate = run.plan.node(run.upgrade.node).name, run.upgrade.gate
    if run.hold is not None:
        said, tone = f"is {'frozen' if run.hold.frozen else 'held'}: {run.hold.reason}", Tone.WARN
    elif gate is not None and gate.code:
        said, tone = f"asks at a gate: {gate.gate}", Tone.WARN
    else:
        said, tone = f"{run.undo or run.upgrade.step or 'begins'}", Tone.BUSY
    back = "restoring " if run.restoring is not None else ""
    return (Cell(f" run {run.plan.run_id}, {back}{name} {said} · u shows it", tone),)
