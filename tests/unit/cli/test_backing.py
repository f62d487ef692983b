"""What the screens rest on follows from whether anything may be written."""

import pytest

from nomad_console.cli.arguments import parser
from nomad_console.cli.backing import backing_on
from nomad_console.cli.cluster import settings_of
from nomad_console.cli.wiring import connected, upgrades_on
from nomad_console.clock import SystemClock
from nomad_console.live.store import ClusterStore


@pytest.mark.parametrize("read_only", [False, True])
async def test_only_a_console_that_may_write_leads_through_upgrades(
    monkeypatch: pytest.MonkeyPatch,
    *,
    read_only: bool,
) -> None:
    monkeypatch.setenv("NOMAD_ADDR", "http://127.0.0.1:9")
    settings, store = settings_of(parser().parse_args([])), ClusterStore(SystemClock())
    async with connected(settings, store, read_only=read_only) as connections:
        assert connections.store is store
        backing = backing_on(connections, None if read_only else upgrades_on(connections))
    assert backing.feeds is connections.feeds
    assert (backing.upgrades is None) is read_only
    assert backing.left is not None
