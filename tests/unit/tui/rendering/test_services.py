"""Services."""

import msgspec

from nomad_console.domain.service import ServiceSummary
from nomad_console.domain.snapshot import Changes, ClusterSnapshot, ConsulSums
from nomad_console.tui.rendering import services
from nomad_console.tui.rendering.columns import At
from tests.support.manual_clock import EPOCH
from tests.support.snapshots import article_snapshot


def shown(snapshot: ClusterSnapshot, name: str, *here: str) -> dict[str, str]:
    row = services.build(snapshot, name)
    assert row is not None
    at = At(snapshot, EPOCH, frozenset(here))
    return {one.key: one.cell(row, at).text for one in services.SERVICES.columns}


def test_here_and_elsewhere() -> None:
    cells = shown(article_snapshot(), "api", "c3")
    assert [cells[key] for key in ("pass", "warn", "crit", "here", "where")] == [
        "3",
        "0",
        "0",
        "1",
        "c2 c4",
    ]
    assert shown(article_snapshot(), "edge", "c3")["where"] == "every node"
    assert shown(article_snapshot(), "solo", "c1")["where"] == "nowhere else"
    assert shown(article_snapshot(), "solo")["here"] == "\u2013"


def test_unknown_counts_and_empty_services() -> None:
    start = article_snapshot()
    summary = ServiceSummary("ghost", 0, (), ("a", "b"))
    snapshot = msgspec.structs.replace(start, services={"ghost": summary})
    cells = shown(snapshot, "ghost")
    assert (cells["pass"], cells["where"], cells["tags"]) == ("·", "\u2013", "a b")
    assert services.build(snapshot, "web") is None


def test_touched_by_itself_or_its_sums() -> None:
    old = article_snapshot()
    sums = {**old.service_sums, "web": ConsulSums(5, 0, 1)}
    new = msgspec.structs.replace(old, service_sums=sums)
    assert services.touched(old, new, Changes(services=frozenset({"api"}))) == {"api", "web"}


def test_values_and_words() -> None:
    start = article_snapshot()
    sums = {"web": ConsulSums(4, 1, 1)}
    row = services.build(msgspec.structs.replace(start, service_sums=sums), "web")
    assert row is not None
    values = {one.key: one.value(row) for one in services.SERVICES.columns}
    assert values == {
        "name": "web",
        "pass": 4,
        "warn": 1,
        "crit": 1,
        "here": 6,
        "where": 6,
        "tags": "",
    }
    assert row.summary.name in services.SERVICES.words(row)
