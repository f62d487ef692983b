"""Targets."""

from datetime import timedelta

import msgspec
import pytest

from nomad_console.domain.snapshot import Changes, ClusterSnapshot
from nomad_console.domain.target import Ties
from nomad_console.tui.rendering import targets
from nomad_console.tui.rendering.columns import At
from tests.support.manual_clock import EPOCH
from tests.support.snapshots import (
    WEB_PUBLIC,
    a_target,
    article_snapshot,
    node_id,
    with_target,
)

KEY = a_target(WEB_PUBLIC, 2).key


def shown(snapshot: ClusterSnapshot) -> dict[str, str]:
    row = targets.build(snapshot, KEY)
    assert row is not None
    return {one.key: one.cell(row, At(snapshot, EPOCH)).text for one in targets.TARGETS.columns}


def test_a_healthy_one_watched_for_a_while() -> None:
    cells = shown(article_snapshot())
    wanted = {"group": "web-public", "port": "80", "state": "healthy", "node": "c2"}
    wanted |= {"since": "> 41s", "reason": "\u2013", "zone": "\u2013"}
    assert {key: cells[key] for key in wanted} == wanted


@pytest.mark.parametrize(
    ("gone", "state"), [(13, "draining, 7s left"), (20, "draining"), (None, "draining")]
)
def test_draining_says_how_long_the_delay_still_runs(gone: int | None, state: str) -> None:
    snapshot = with_target(article_snapshot(), WEB_PUBLIC, 2, state="draining")
    since = {} if gone is None else {KEY: EPOCH - timedelta(seconds=gone)}
    assert shown(msgspec.structs.replace(snapshot, target_since=since))["state"] == state


def test_a_zonal_shift_is_said() -> None:
    shifted = with_target(article_snapshot(), WEB_PUBLIC, 2, override="zonal_shift_active")
    assert shown(shifted)["state"] == "healthy, zonal shift"


def test_ambiguous_and_untied_targets() -> None:
    start = article_snapshot()
    ties = Ties(ambiguous={KEY: (node_id(1), node_id(2))})
    assert shown(msgspec.structs.replace(start, ties=ties))["node"] == "c1 or c2"
    assert shown(msgspec.structs.replace(start, ties=Ties()))["node"] == "·"


def test_touched_by_its_state_its_group_or_its_tie() -> None:
    old = article_snapshot()
    assert targets.touched(old, old, Changes(targets=frozenset({KEY}))) == {KEY}
    groups = {**old.groups, WEB_PUBLIC: msgspec.structs.replace(old.groups[WEB_PUBLIC], port=81)}
    new = msgspec.structs.replace(old, groups=groups)
    found = targets.touched(old, new, Changes())
    assert found == {key for key in old.targets if key.group == WEB_PUBLIC}
    untied = msgspec.structs.replace(old, ties=Ties())
    assert targets.touched(old, untied, Changes()) == set(old.targets)


def test_values_and_words() -> None:
    row = targets.build(article_snapshot(), KEY)
    assert row is not None
    for one in targets.TARGETS.columns:
        assert (one.order or one.value)(row) is not None or one.key == "since"
    assert "web-public" in targets.TARGETS.words(row)
    assert targets.build(article_snapshot(), KEY._replace(port=1)) is None
