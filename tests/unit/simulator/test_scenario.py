"""Scenario files: what is in them, what is wrong with them, how they grow."""

from pathlib import Path

import pytest

from nomad_console.simulator.scenario import (
    Scenario,
    ScenarioError,
    available,
    load,
    scaled,
)


@pytest.mark.parametrize("name", available())
def test_every_built_in_world_loads(name: str) -> None:
    scenario = load(name)
    assert scenario.title
    assert scenario.edge_port == 80


def test_the_default_world() -> None:
    scenario = load("article")
    assert [job.name for job in scenario.jobs] == [
        "edge",
        "web",
        "api",
        "search",
        "slowstop",
        "solo",
        "legacy",
        "crunch",
    ]
    assert scenario.edge_key == "default/edge"
    assert (scenario.servers.version, scenario.clients[0].version) == ("2.0.5", "2.0.4")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[jobs]]\nname = 'web'\ncuont = 2", ["cuont", "jobs["]),
        ("[[jobs]]\nname = 'web'\ncount = -1", ["jobs[", "count", ">= 0"]),
        ("[[jobs]]\nname = 'Web!'", ["jobs[", "name"]),
        ("[[jobs]]\nname = 'web'\ntype = 'daemon'", ["daemon", "type"]),
        ("title = ", ["world.toml"]),
        ("[[jobs]]\nname = 'web'\nnamespace = 'prod'", ["web", "prod", "namespaces"]),
        ("[[jobs]]\nname = 'a'\n[[jobs]]\nname = 'a'", ["same name"]),
        ("[[balancer.groups]]\nname = 'g'\nservices = ['nope']", ["g", "nope"]),
        ("[[balancer.groups]]\nname = 'g'", ["balancer.edge"]),
    ],
)
def test_errors_name_the_key(tmp_path: Path, text: str, words: list[str]) -> None:
    path = tmp_path / "world.toml"
    path.write_text(text)
    with pytest.raises(ScenarioError) as caught:
        load(str(path))
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_a_service_belongs_to_one_group(tmp_path: Path) -> None:
    path = tmp_path / "world.toml"
    group = "[[balancer.groups]]\nname = '{}'\nservices = ['edge']\n"
    path.write_text("[[jobs]]\nname = 'edge'\n" + group.format("a") + group.format("b"))
    with pytest.raises(ScenarioError, match="two groups"):
        load(str(path))


def test_an_unknown_name_says_what_there_is() -> None:
    with pytest.raises(ScenarioError, match="article"):
        load("nope")


def _running(scenario: Scenario) -> int:
    clients = sum(kind.count for kind in scenario.clients)
    return sum(clients if job.type == "system" else job.count for job in scenario.jobs)


@pytest.mark.parametrize(
    ("nodes", "allocations"), [(0, 0), (20, 0), (0, 100), (50, 1234), (5000, 50_000)]
)
def test_scaled_to_the_number(nodes: int, allocations: int) -> None:
    article = load("article")
    scenario = scaled(article, nodes, allocations)
    assert sum(kind.count for kind in scenario.clients) == (nodes or 6)
    assert _running(scenario) == (allocations or _running(scaled(article, nodes)))


def test_no_group_outgrows_what_aws_allows() -> None:
    groups = scaled(load("article"), 2500).balancer.groups
    assert [group.name for group in groups] == [
        "web-public",
        "web-public-2",
        "web-public-3",
        "api-int",
        "api-int-2",
        "api-int-3",
    ]
    assert [group.shard for group in groups[:3]] == [(0, 3), (1, 3), (2, 3)]
    assert [bool(group.services) for group in groups[:3]] == [True, False, False]
