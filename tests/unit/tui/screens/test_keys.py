"""The keys screen."""

from nomad_console.tui import keys
from nomad_console.tui.rendering.text import plain
from nomad_console.tui.rendering.wrapping import size_of
from nomad_console.tui.screens.base import ConsoleScreen
from nomad_console.tui.screens.dashboard import Dashboard
from nomad_console.tui.screens.keys import document
from nomad_console.tui.screens.leave import LeaveScreen
from nomad_console.tui.screens.unfinished import UnfinishedScreen
from nomad_console.tui.screens.upgrade_plan import UpgradePlan
from nomad_console.tui.screens.upgrade_run import UpgradeRun

SCREENS: tuple[type[ConsoleScreen], ...] = (
    Dashboard,
    LeaveScreen,
    UnfinishedScreen,
    UpgradePlan,
    UpgradeRun,
)


def lines(*, read_only: bool, width: int = 0) -> list[str]:
    return [plain(entry.line) for entry in document(read_only=read_only, width=width).entries]


def test_every_key_that_works_is_listed_and_no_other() -> None:
    watch, interactive = lines(read_only=True), lines(read_only=False)
    assert not any(keys.UPGRADE.help in line for line in watch)
    assert not any("our drain" in line for line in watch)
    assert any(keys.READ_ONLY in line for line in watch)
    for key in (key for screen in SCREENS for key in (*screen.OWN_KEYS, *keys.APP)):
        assert any(key.label in line and key.help in line for line in interactive)


def test_a_small_terminal_cuts_nothing() -> None:
    entries = document(read_only=False, width=75).entries
    assert max(size_of(entry.line) for entry in entries) <= 75
    words = " ".join(" ".join(plain(entry.line) for entry in entries).split())
    for _, group in (*keys.GROUPS, *keys.WRITING_GROUPS):
        assert all(key.help in words for key in group)
