"""The way from marked nodes to a run and its report, screen by screen."""

import msgspec

from nomad_console.domain.plan import Plan
from nomad_console.live.interest import Interest
from nomad_console.operations.upgrades import UpgradeRefused, Upgrades
from nomad_console.tui.screens.leave import LeaveScreen
from nomad_console.tui.screens.upgrade_plan import UpgradePlan
from nomad_console.tui.screens.upgrade_report import UpgradeReport
from nomad_console.tui.screens.upgrade_run import UpgradeRun
from nomad_console.tui.stage import Stage


class UpgradeScreens:
    """One run at a time; asked for while it is under way, its screen comes back."""

    def __init__(self, upgrades: Upgrades) -> None:
        self._upgrades = upgrades

    def in_play(self, seen: Interest) -> Interest:
        """What a screen looks at, and what the run under way lives on."""
        current = self._upgrades.current
        if current is None or not current.run.active:
            return seen
        own = Interest.of_run(current.run.plan)
        return msgspec.structs.replace(seen, running=own.running, groups_in_play=own.groups_in_play)

    def start(self, stage: Stage, node_ids: tuple[str, ...]) -> None:
        """Show the plan for these nodes, or the run that is under way."""
        current = self._upgrades.current
        if current is not None and current.run.active:
            stage.push_screen(UpgradeRun(stage.shared, current))
            return
        planner = self._upgrades.planner
        stage.run_worker(planner.survey(node_ids), name="survey", group="survey")
        options = planner.options()
        stage.push_screen(
            UpgradePlan(stage.shared, node_ids, lambda: planner.plan(node_ids, options))
        )

    def begin(self, stage: Stage, plan: Plan) -> None:
        """Lock and take up the plan; what keeps it from being taken up is said."""
        stage.run_worker(self._begin(stage, plan), name="begin", group="begin")

    async def _begin(self, stage: Stage, plan: Plan) -> None:
        try:
            conductor = await self._upgrades.begin(plan)
        except UpgradeRefused as refusal:
            stage.say(str(refusal), bad=True)
            return
        conductor.watch(stage.shared.frames.request)
        conductor.start()
        stage.run_worker(conductor.conduct(), name="conductor", group="conductor")
        screen = UpgradeRun(stage.shared, conductor)
        if isinstance(stage.screen, UpgradePlan):
            stage.switch_screen(screen)
        else:  # the plan was left meanwhile
            stage.push_screen(screen)

    def report(self, stage: Stage) -> None:
        if self._upgrades.current is not None:
            stage.push_screen(UpgradeReport(stage.shared, self._upgrades.current))

    def leave(self, stage: Stage) -> bool:
        """Ask first where a run is under way; False: nothing stands against leaving."""
        current = self._upgrades.current
        if current is None or not current.run.active:
            return False
        if isinstance(stage.screen, LeaveScreen):
            stage.say("F freezes and leaves, x leaves it as it is, esc stays", bad=True)
        else:
            stage.push_screen(LeaveScreen(stage.shared, current))
        return True
