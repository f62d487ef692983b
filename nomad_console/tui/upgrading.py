"""The way from marked nodes to a run and its report, screen by screen."""

import secrets

from nomad_console.domain.plan import Plan
from nomad_console.operations.upgrades import UpgradeRefused, Upgrades
from nomad_console.tui.screens.upgrade_plan import UpgradePlan
from nomad_console.tui.screens.upgrade_report import UpgradeReport
from nomad_console.tui.screens.upgrade_run import UpgradeRun
from nomad_console.tui.stage import Stage


class UpgradeScreens:
    """One run at a time; asked for while it is under way, its screen comes back."""

    def __init__(self, upgrades: Upgrades) -> None:
        self._upgrades = upgrades

    @property
    def nodes(self) -> frozenset[str]:
        """The nodes of the run under way."""
        current = self._upgrades.current
        if current is None or not current.run.active:
            return frozenset()
        return frozenset(node.node_id for node in current.run.plan.nodes)

    @property
    def groups(self) -> frozenset[str]:
        """The target groups that the run under way touches."""
        current = self._upgrades.current
        if current is None or not current.run.active:
            return frozenset()
        return frozenset(
            target.key.group for node in current.run.plan.nodes for target in node.targets
        )

    def start(self, stage: Stage, node_ids: tuple[str, ...]) -> None:
        """Show the plan for these nodes, or the run that is under way."""
        current = self._upgrades.current
        if current is not None and current.run.active:
            stage.push_screen(UpgradeRun(stage.shared, current))
            return
        stage.run_worker(self._upgrades.survey(node_ids), name="survey", group="survey")
        run_id = secrets.token_hex(4)
        stage.push_screen(UpgradePlan(stage.shared, lambda: self._upgrades.plan(node_ids, run_id)))

    def begin(self, stage: Stage, plan: Plan) -> None:
        """Take up the plan; what keeps it from being taken up is said."""
        try:
            conductor = self._upgrades.begin(plan)
        except UpgradeRefused as refusal:
            stage.say(str(refusal), bad=True)
            return
        conductor.watch(stage.shared.frames.request)
        conductor.start()
        stage.run_worker(conductor.conduct(), name="conductor", group="conductor")
        stage.switch_screen(UpgradeRun(stage.shared, conductor))

    def report(self, stage: Stage) -> None:
        if self._upgrades.current is not None:
            stage.push_screen(UpgradeReport(stage.shared, self._upgrades.current))

    def holding(self) -> str:
        """Why the console should not be left without a word; "" where nothing is under way."""
        current = self._upgrades.current
        if current is None or not current.run.active:
            return ""
        return f"run {current.run.plan.run_id} is not over"
