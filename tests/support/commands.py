"""Commands run in this process on the article's cluster in memory."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import msgspec
import pytest

from nomad_console.cli import wiring
from nomad_console.cli.arguments import Stopped
from nomad_console.cli.wiring import Connections
from nomad_console.clients.probe import Visitor
from nomad_console.clock import SystemClock
from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.settings.values import ClusterSettings, Missing, NomadSettings
from tests.support.consoles import NoFeeds
from tests.support.manual_clock import ManualClock
from tests.support.small_cluster import SmallCluster
from tests.support.upgrading import Agents

OFF = Missing("not configured", "")
_LATE = 10_000  # an index after all that runs of tests begin with
_EVERY_S = 0.02
SETTINGS = ClusterSettings("prod", "prod", NomadSettings(), OFF, OFF)


class WholeCluster(SmallCluster, Agents):
    """What every client of it is asked, in one."""

    def __init__(self) -> None:
        SmallCluster.__init__(self, cast("ManualClock", SystemClock()))
        Agents.__init__(self)
        self.publish(msgspec.structs.replace(self.latest, nomad_index=_LATE))


class QuietFeeds(NoFeeds):
    """Everything is read again, time after time."""

    def __init__(self, cluster: SmallCluster) -> None:
        super().__init__()
        self._cluster = cluster

    def nudge(self, groups: frozenset[str]) -> None:
        assert groups is not None

    async def run(self) -> None:
        while True:
            await SystemClock().sleep(_EVERY_S)
            if self._cluster.latest.nomad_index:
                self._cluster.publish()


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
        nomad=anything,
        consul=OFF,
        elb=anything,
        store=anything,
        feeds=cast("Any", QuietFeeds(cluster)),
        lookups=anything,
        scaling=None,
        visitor=Visitor(),
    )


class SmallWorld:
    """`cluster` is what commands find; `asked` whether each promised to write nothing."""

    def __init__(self) -> None:
        self.cluster = WholeCluster()
        self.asked: list[bool] = []

    def change(self, change: Callable[[ClusterSnapshot], ClusterSnapshot]) -> None:
        self.cluster.publish(change(self.cluster.latest))

    @asynccontextmanager
    async def connected(
        self, settings: ClusterSettings, *, read_only: bool
    ) -> AsyncIterator[Connections]:
        self.asked.append(read_only)
        yield connections(self.cluster, settings, read_only=read_only)

    def put_under(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Commands find this cluster whatever their settings say."""
        monkeypatch.setattr(wiring, "connected", self.connected)


def stopped(run: Callable[[], object]) -> tuple[int, str]:
    """The code and the words with which it stops."""
    with pytest.raises(Stopped) as stop:
        run()
    return stop.value.code, str(stop.value)
