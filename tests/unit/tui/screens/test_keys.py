"""The keys screen."""

from nomad_console.tui import keys
from nomad_console.tui.rendering.text import plain
from nomad_console.tui.screens.keys import document


def test_every_key_that_works_is_listed_and_no_other() -> None:
    watch = [plain(entry.line) for entry in document(read_only=True).entries]
    interactive = [plain(entry.line) for entry in document(read_only=False).entries]
    assert not any(keys.UPGRADE.help in line for line in watch)
    assert any(keys.READ_ONLY in line for line in watch)
    for key in (*keys.TABLE, *keys.DASHBOARD, *keys.APP, *keys.DETAIL):
        assert any(key.help in line for line in interactive)
