"""How the panes hang together."""

import msgspec
import pytest

from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.domain.target import Ties
from nomad_console.tui.rendering.links import KINDS, Choice, here, name_of, names_of, scope
from tests.support.snapshots import (
    WEB_PUBLIC,
    a_target,
    allocation_id,
    article_snapshot,
    node_id,
)

START = article_snapshot()
KEY = a_target(WEB_PUBLIC, 2).key
C2 = Choice("nodes", (node_id(2),))
API = Choice("services", ("api",))
WEB = Choice("allocations", (allocation_id("web", 1),))
TARGET = Choice("targets", (KEY,))


def names(kind: str, choice: Choice, snapshot: ClusterSnapshot = START) -> str:
    found = scope(snapshot, kind, choice)
    return " ".join(sorted(name_of(snapshot, kind, key) for key in found))


@pytest.mark.parametrize(
    ("kind", "choice", "found"),
    [
        ("allocations", C2, "api[0] crunch[0] edge[2] web[1]"),
        ("services", C2, "api edge web"),
        ("nodes", API, "c2 c3 c4"),
        ("allocations", API, "api[0] api[1] api[2]"),
        ("nodes", WEB, "c2"),
        ("services", WEB, "web"),
        ("nodes", TARGET, "c2"),
        ("services", TARGET, "api edge web"),
        ("allocations", TARGET, "api[0] crunch[0] edge[2] web[1]"),
    ],
)
def test_what_belongs_to_a_choice(kind: str, choice: Choice, found: str) -> None:
    assert names(kind, choice) == found


@pytest.mark.parametrize("choice", [C2, WEB, TARGET])
def test_targets_of_a_node(choice: Choice) -> None:
    assert scope(START, "targets", choice) == set(START.ties.targets_of[node_id(2)])


def test_without_jobs_read_allocations_and_services_go_by_machine() -> None:
    blind = msgspec.structs.replace(START, jobs={}, node_health={})
    assert names("services", WEB, blind) == "api edge web"
    assert names("allocations", Choice("services", ("solo",)), blind) == "edge[1] solo[0] web[0]"


def test_an_ambiguous_target_leads_to_both_nodes() -> None:
    ties = Ties(ambiguous={KEY: (node_id(1), node_id(2))})
    assert names("nodes", TARGET, msgspec.structs.replace(START, ties=ties)) == "c1 c2"


def test_gone_rows_belong_to_nothing() -> None:
    for kind in KINDS:
        for lead in KINDS[:3]:
            assert kind == lead or scope(START, kind, Choice(lead, ("gone",))) in (
                frozenset(),
                frozenset({"gone"}),
            )


def test_names_of_choices() -> None:
    assert here(START, C2) == {"c2"}
    assert names_of(START, Choice("nodes", (node_id(1), node_id(2)))) == "c1 c2"
    assert name_of(START, "nodes", "0123456789") == "01234567"
    assert name_of(START, "allocations", "0123456789") == "01234567"
    assert name_of(START, "targets", KEY) == f"{KEY.id}:80"
    assert name_of(START, "targets", KEY._replace(port=1)) == f"{KEY.id}:1"
