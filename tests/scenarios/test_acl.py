"""Tokens of every kind, each command in a process of its own against the simulator's ports."""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.simulator import SimulatedCluster, running_simulator

DONE, SOME, UNREACHABLE, BLOCKED = 0, 1, 3, 5
ALL = ("--approve", "all", "--accept", "all", "--json")
PATIENT = ("--timeout", "30")  # each ends as soon as every source has said what it will
NOMAD = (
    "read-only",
    "drainer",
    "one-namespace",
    "node-only",
    "none",
    "unknown",
    "watch",
    "upgrade",
)
CONSUL = ("none", "watch", "agent-only", "upgrade")


class Said(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def findings(self) -> dict[str, dict[str, Any]]:
        return {one["id"]: one for one in self.document["findings"]}


class Stand:
    """A simulator, and commands with one of its tokens."""

    def __init__(self, cluster: SimulatedCluster, where: Path, variable: str) -> None:
        self.cluster = cluster
        self._where = where
        self._variable = variable
        prefix = "consul:" if variable.startswith("CONSUL") else ""
        known: dict[str, str] = cluster.control("GET", "/tokens")
        self.secrets = {
            name.removeprefix(prefix): secret
            for name, secret in known.items()
            if name.startswith("consul:") == bool(prefix)
        }
        self.secrets |= {"none": "", "unknown": "00000000-1111-2222-3333-444444444444"}

    def run(self, token: str, *words: str) -> Said:
        env = self.cluster.environ | {"XDG_STATE_HOME": str(self._where / token)}
        env[self._variable] = self.secrets[token]
        if not self.secrets[token]:
            del env[self._variable]
        done = subprocess.run(
            [sys.executable, "-m", "nomad_console", *words],
            env=env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        said = Said(done.returncode, done.stdout, done.stderr)
        assert "Traceback" not in said.err
        for secret in filter(None, self.secrets.values()):
            assert secret not in said.out + said.err
        return said

    def each(self, tokens: tuple[str, ...], *words: str) -> dict[str, Said]:
        with ThreadPoolExecutor(4) as pool:
            return dict(
                zip(tokens, pool.map(lambda one: self.run(one, *words), tokens), strict=True)
            )


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with running_simulator("tokens", rate=2, speed=60) as cluster:
        yield Stand(cluster, tmp_path_factory.mktemp("nomad"), "NOMAD_TOKEN")


@pytest.fixture(scope="module")
def preflights(stand: Stand) -> dict[str, Said]:
    return stand.each(NOMAD, "preflight", "c1", "--json", *PATIENT)


def told_to_consul_tokens(where: Path) -> dict[str, Said]:
    with running_simulator("consul-tokens", rate=2, speed=60) as cluster:
        stand = Stand(cluster, where, "CONSUL_HTTP_TOKEN")
        return stand.each(CONSUL, "preflight", "c1", "--json", *PATIENT)


@pytest.fixture(scope="module", autouse=True)
def consul_told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Future[dict[str, Said]]]:
    """Begun first, beside Nomad's: commands whose token sees too little mostly wait."""
    with ThreadPoolExecutor(1) as thread:
        yield thread.submit(told_to_consul_tokens, tmp_path_factory.mktemp("consul"))


@pytest.fixture(scope="module")
def consul(consul_told: Future[dict[str, Said]]) -> dict[str, Said]:
    return consul_told.result()


@pytest.mark.parametrize("token", ["read-only", "watch"])
def test_a_token_that_only_reads_is_refused_beforehand(
    preflights: dict[str, Said], token: str
) -> None:
    said = preflights[token]
    assert said.code == BLOCKED
    finding = said.findings["right:node:write"]
    assert (finding["level"], finding["subject"]) == ("BLOCK", "token")
    assert f"token {token} has no node:write (policy {token}: node read)" in finding["evidence"]


@pytest.mark.parametrize(
    ("token", "lacking"),
    [
        ("drainer", "namespace:read-job"),
        ("node-only", "namespace:read-job"),
        ("none", "node:read"),
        ("unknown", "the Nomad token is unknown, revoked or expired"),
    ],
)
def test_a_token_that_sees_too_little_is_refused_with_what_it_lacks(
    preflights: dict[str, Said], token: str, lacking: str
) -> None:
    said = preflights[token]
    assert said.code == BLOCKED
    assert lacking in said.out + said.err


def test_a_token_of_one_namespace_is_told_that_a_full_node_may_look_empty(
    preflights: dict[str, Said],
) -> None:
    said = preflights["one-namespace"]
    assert said.code == BLOCKED
    assert "it sees: prod" in said.findings["namespaces"]["evidence"]


def test_the_rights_that_the_readme_names_are_enough(
    stand: Stand, preflights: dict[str, Said]
) -> None:
    ready = preflights["upgrade"]
    assert not ready.document["blocked"]
    assert not [one for one in ready.findings if one.startswith("right:node")]
    assert ready.findings["right:targets"]["level"] == "INFO"
    watched = stand.run("watch", "status", "--json").document
    assert watched["sources"]["nomad"]["state"] == "live"
    assert "reason" not in watched["sources"]["nomad"]
    assert watched["rights"]["nomad"]["who"] == "Nomad token watch"
    assert watched["rights"]["nomad"]["rights"]["node:write"]["may"] == "no"


def test_a_token_that_ends_in_mid_run_holds_it_and_a_new_one_goes_on(stand: Stand) -> None:
    env = stand.cluster.environ | {
        "XDG_STATE_HOME": str(stand._where / "upgrade"),  # where the next console looks
        "NOMAD_TOKEN": stand.secrets["short"],
    }
    command = [sys.executable, "-m", "nomad_console", "upgrade", "c2", *ALL]
    with subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        last: dict[str, Any] = {}
        for line in process.stdout:
            last = json.loads(line)
            if last["event"] == "Answered" and last["step"] == "cordon":
                stand.cluster.fault("expire-token", token="short")
        code = process.wait(60)
    assert (code, last["event"], last["detail"]["outcome"]) == (SOME, "Ended", "held")
    reason = last["detail"]["reason"]
    assert "expired" in reason
    assert "start a console with a new one in NOMAD_TOKEN, then take the run up" in reason
    assert f"nomad-console resume {last['run']}" in reason
    assert stand.secrets["short"] not in reason
    refused = stand.run("short", "status", "--json", *PATIENT)
    assert refused.code == BLOCKED
    assert "expired" in refused.document["rights"]["nomad"]["trouble"]
    ended = stand.run("upgrade", "resume", *ALL)  # with what the README names, and no more
    assert ended.code == DONE, ended.err


def test_consul_tokens_that_may_see_nothing_never_mean_no_services(
    consul: dict[str, Said],
) -> None:
    for token in ("none", "agent-only"):
        said = consul[token]
        assert said.code == BLOCKED
        assert "services are hidden from this token" in said.findings["source:consul"]["evidence"]


def test_a_consul_token_that_only_watches_has_no_lock_to_share(consul: dict[str, Said]) -> None:
    lock = "right:session:write, key:write on nomad-console/"
    assert consul["watch"].code == SOME
    assert "may not even read nomad-console/" in consul["watch"].findings[lock]["evidence"]
    assert (
        consul["upgrade"].findings[lock]["evidence"].startswith("not proven for the Consul token")
    )
