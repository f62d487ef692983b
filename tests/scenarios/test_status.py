"""`status --json` in a process of its own, on recordings over HTTP and on real agents."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.real_agents import missing, real_consul, real_nomad
from tests.support.recorded_elb import RecordedElb
from tests.support.recorded_server import recordings_served
from tests.support.serving import served

UNREACHABLE = 3
AWS = {
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "recorded",
    "AWS_SECRET_ACCESS_KEY": "recorded",
}
NOBODY = "http://127.0.0.1:1"


def status(env: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
    """Exit code and document."""
    run = subprocess.run(
        [sys.executable, "-m", "nomad_console", "status", "--json", "--timeout", "5"],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.stdout, run.stderr
    document: dict[str, Any] = json.loads(run.stdout)
    return run.returncode, document


def has_the_form(document: dict[str, Any]) -> None:
    """Every field that scripts may rely on, with its type."""
    runs = {"abandoned", "under_way", "unverified"}
    assert set(document) == {*runs, "sources", "rights", "nodes", "services", "targets"}
    assert document["abandoned"] == document["under_way"] == []
    assert set(document["sources"]) == {"nomad", "consul", "alb"}
    for source in document["sources"].values():
        assert isinstance(source["state"], str)
        assert source["age_s"] is None or source["age_s"] >= 0
    for node in document["nodes"]:
        for name in ("id", "name", "status", "eligibility", "version"):
            assert isinstance(node[name], str)
            assert node[name]
        assert isinstance(node["draining"], bool)
        assert set(node["allocations"]) == {"running", "total", "at_least"}
        assert node["consul"] is None or set(node["consul"]) == {"passing", "warning", "critical"}
        for target in node["targets"] or ():
            assert set(target) == {"group", "id", "port", "state"}
    for service in document["services"]:
        assert set(service) == {"name", "passing", "warning", "critical"}
    for target in document["targets"]:
        assert set(target) == {"group", "id", "port", "state", "node"}


@pytest.fixture
def recordings() -> Iterator[dict[str, str]]:
    with (
        recordings_served("nomad", "client-back-events.ndjson", held=True) as (nomad, _),
        recordings_served("consul") as (consul, _),
        served(RecordedElb().app) as aws,
    ):
        addresses = {"NOMAD_ADDR": nomad, "CONSUL_HTTP_ADDR": consul, "AWS_ENDPOINT_URL": aws}
        yield {**AWS, **addresses}


def test_recordings_over_http(recordings: dict[str, str]) -> None:
    code, document = status(recordings)
    has_the_form(document)
    states = {name: source["state"] for name, source in document["sources"].items()}
    assert states == {"nomad": "live", "consul": "live", "alb": "live"}, document["sources"]
    assert code == 0
    assert document["nodes"]
    assert any(node["allocations"]["running"] for node in document["nodes"])
    assert {service["name"] for service in document["services"]} >= {"edge", "web"}
    assert document["targets"]


def test_a_backend_that_nobody_serves_is_told_and_the_rest_is_given(
    recordings: dict[str, str],
) -> None:
    code, document = status({**recordings, "CONSUL_HTTP_ADDR": NOBODY})
    has_the_form(document)
    assert code == UNREACHABLE
    assert document["sources"]["consul"]["state"] != "live"
    assert document["sources"]["consul"]["reason"]
    assert document["sources"]["consul"]["age_s"] is None
    assert document["sources"]["nomad"]["state"] == "live"
    assert all(node["consul"] is None for node in document["nodes"])
    assert document["services"] == []


def test_a_real_consul_beside_the_recordings(recordings: dict[str, str], tmp_path: Path) -> None:
    if lacking := missing("consul"):
        pytest.skip(f"not on PATH: {', '.join(lacking)}")
    with real_consul(tmp_path) as consul:
        code, document = status({**recordings, "CONSUL_HTTP_ADDR": consul})
    has_the_form(document)
    assert code == 0, document["sources"]
    assert document["sources"]["consul"]["state"] == "live"
    assert document["services"] == [{"name": "consul", "passing": 1, "warning": 0, "critical": 0}]


def test_a_real_nomad_and_a_real_consul(tmp_path: Path) -> None:
    if lacking := missing("nomad", "consul"):
        pytest.skip(f"not on PATH: {', '.join(lacking)}")
    with real_consul(tmp_path) as consul, real_nomad(tmp_path) as nomad:
        code, document = status({"NOMAD_ADDR": nomad, "CONSUL_HTTP_ADDR": consul})
    has_the_form(document)
    assert code == 0, document["sources"]
    assert [node["status"] for node in document["nodes"]] == ["ready"]
    assert document["sources"]["alb"]["state"] == "off"
