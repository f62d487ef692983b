"""Nomad and Consul that lack what the console would use: the same plan, the same look."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import pytest

from tests.support.bastion import PATIENCE_S, Bastion
from tests.support.older import VERSION, Older, older
from tests.support.simulator import running_simulator

PLAN = ("plan", "c4", "--json", "--timeout", "10")
STATUS = ("status", "--json", "--timeout", "10")
OWN = ("run_id", "made_at", "nomad_index", "findings")  # of each plan


class Seen(NamedTuple):
    """What the same command said over the proxies and without them."""

    older: dict[str, Any]
    newer: dict[str, Any]
    codes: tuple[int, int]


class Looks(NamedTuple):
    plan: Seen
    status: Seen
    nomad: Older
    consul: Older


@pytest.fixture(scope="module")
def looks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Looks]:
    where = tmp_path_factory.mktemp("older")
    with running_simulator(rate=5) as cluster:
        backends = {name: cluster.env[name] for name in ("NOMAD_ADDR", "CONSUL_HTTP_ADDR")}
        with older(backends) as proxies:
            (nomad, nomad_proxy), (consul, consul_proxy) = proxies.values()
            through = ("--nomad-address", nomad, "--consul-address", consul)

            def said(name: str, *words: str) -> tuple[int, dict[str, Any]]:
                with Bastion(cluster, where / name).command(*words) as process:
                    out, err = process.communicate(timeout=PATIENCE_S)
                assert out, err
                return process.returncode, json.loads(out)

            with ThreadPoolExecutor(4) as pool:
                asked = [
                    pool.submit(said, name, *words, *flags)
                    for name, words, flags in (
                        ("older-plan", PLAN, through),
                        ("plan", PLAN, ()),
                        ("older-status", STATUS, through),
                        ("status", STATUS, ()),
                    )
                ]
                (a, one), (b, two), (c, three), (d, four) = (each.result() for each in asked)
            yield Looks(
                Seen(one, two, (a, b)), Seen(three, four, (c, d)), nomad_proxy, consul_proxy
            )


def test_the_same_plan_is_made(looks: Looks) -> None:
    there, here = (
        {key: text for key, text in plan.items() if key not in OWN}
        for plan in (looks.plan.older, looks.plan.newer)
    )
    assert there == here
    assert looks.plan.codes[0] == looks.plan.codes[1]


def test_the_plan_says_once_and_calmly_what_is_missing(looks: Looks) -> None:
    before = {one["id"]: one for one in looks.plan.newer["findings"]}
    consul, nomad = [one for one in looks.plan.older["findings"] if one["id"] not in before]
    assert (consul["id"], consul["level"]) == ("backend:consul", "INFO")
    assert (nomad["id"], nomad["level"]) == ("backend:nomad", "INFO")
    assert f"Nomad {VERSION}: not tried with this console" in nomad["evidence"]
    for words in ("event stream", "filters of lists", "all namespaces", "node pools"):
        assert words in nomad["evidence"]
    assert consul["evidence"] == "Consul 1.8.7: missing here: overview of services"


def test_the_same_data_comes(looks: Looks) -> None:
    there, here = looks.status.older, looks.status.newer
    assert there["nodes"] == here["nodes"]
    assert len(there["nodes"]) > 3
    assert there["services"] == here["services"]
    assert there["targets"] == here["targets"]
    assert looks.status.codes == (0, 0)


def test_the_sources_are_live_and_say_what_they_lack(looks: Looks) -> None:
    nomad, consul = (looks.status.older["sources"][name] for name in ("nomad", "consul"))
    assert (nomad["state"], consul["state"]) == ("live", "live")
    assert nomad["reason"] == "this Nomad has no event stream: lists are read every 2 to 12 s"
    assert (nomad["version"], nomad["tried"]) == (VERSION, False)
    assert {"event stream", "filters of lists"} <= set(nomad["missing"])
    assert (consul["tried"], consul["missing"]) == (True, ["overview of services"])
    for name in ("nomad", "consul"):
        newer = looks.status.newer["sources"][name]
        assert (newer["tried"], newer["missing"]) == (True, [])


def test_the_proxies_took_out_what_they_are_there_for(looks: Looks) -> None:
    paths = [path for path, _ in looks.nomad.asked]
    assert "/v1/event/stream" in paths
    assert any("filter" in query for _, query in looks.nomad.asked)
    assert any(path.endswith("/allocations") and "/node/" in path for path in paths)
    assert "/v1/internal/ui/services" in [path for path, _ in looks.consul.asked]
