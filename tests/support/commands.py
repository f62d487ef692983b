"""Commands run in this process on the article's cluster in memory."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import ModuleType
from typing import Any, cast

import pytest

from nomad_console.cli.arguments import Stopped
from nomad_console.cli.wiring import Connections
from nomad_console.clock import SystemClock
from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.settings.values import ClusterSettings, Missing, NomadSettings
from tests.support.consoles import NoFeeds
from tests.support.manual_clock import ManualClock
from tests.support.small_cluster import SmallCluster
from tests.support.upgrading import Agents

OFF = Missing("not configured", "")
SETTINGS = ClusterSettings("prod", "prod", NomadSettings(), OFF, OFF)


def connections(
    cluster: SmallCluster, settings: ClusterSettings = SETTINGS, *, read_only: bool = True
) -> Connections:
    """The cluster as a command sees it, in real time."""
    anything = cast("Any", cluster)
    return Connections(
        settings,
        read_only=read_only,
        clock=SystemClock(),
        threads=anything,
        nomad=cast("Any", Agents()),
        consul=OFF,
        elb=OFF,
        store=anything,
        feeds=cast("Any", NoFeeds()),
        lookups=anything,
    )


class SmallWorld:
    """`cluster` is what commands find; `asked` whether each promised to write nothing."""

    def __init__(self) -> None:
        self.cluster = SmallCluster(ManualClock())
        self.cluster.publish()
        self.asked: list[bool] = []

    def change(self, change: Callable[[ClusterSnapshot], ClusterSnapshot]) -> None:
        self.cluster.publish(change(self.cluster.latest))

    @asynccontextmanager
    async def following(
        self, settings: ClusterSettings, *, read_only: bool
    ) -> AsyncIterator[Connections]:
        self.asked.append(read_only)
        yield connections(self.cluster, settings, read_only=read_only)

    def put_under(self, monkeypatch: pytest.MonkeyPatch, *modules: ModuleType) -> None:
        for module in modules:
            monkeypatch.setattr(module, "following", self.following)


def stopped(run: Callable[[], object]) -> tuple[int, str]:
    """The code and the words with which it stops."""
    with pytest.raises(Stopped) as stop:
        run()
    return stop.value.code, str(stop.value)
