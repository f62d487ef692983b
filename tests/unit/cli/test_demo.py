"""The cluster in a box: a process of its own that ends with its console."""

import os
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from nomad_console.cli import console
from nomad_console.cli.arguments import USAGE, parser
from nomad_console.cli.demo import BoxFailed, cluster_in_a_box, run


def test_it_gives_an_environment_that_never_leaves_loopback_and_ends() -> None:
    with cluster_in_a_box(parser().parse_args(["demo", "--nodes", "3"])) as environment:
        for name in ("NOMAD_ADDR", "CONSUL_HTTP_ADDR", "AWS_ENDPOINT_URL"):
            assert urlsplit(environment[name]).hostname == "127.0.0.1"
        assert environment["AWS_REGION"]
        where = urlsplit(environment["NOMAD_ADDR"])
        connection = HTTPConnection(where.hostname or "", where.port, timeout=10)
        connection.request("GET", "/v1/status/leader")
        assert connection.getresponse().status in {200, 403}
        connection.close()
    with pytest.raises(ConnectionRefusedError):
        HTTPConnection(where.hostname or "", where.port, timeout=10).connect()


def test_a_world_that_does_not_start_says_why_and_gives_its_code() -> None:
    options = parser().parse_args(["demo", "--scenario", "no-such-world"])
    with pytest.raises(BoxFailed, match="no-such-world") as failed, cluster_in_a_box(options):
        pass
    assert failed.value.code == 2


def test_demo_says_what_failed_and_ends_with_the_same_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(console, "terminal_lacking", str)
    assert run(parser().parse_args(["demo", "--scenario", "no-such-world"])) == 2
    assert "no-such-world" in capsys.readouterr().err


def test_the_console_sees_the_box_and_nothing_of_the_operators_own_clusters(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "environ", {**os.environ, "NOMAD_TOKEN": "mine", "AWS_PROFILE": "mine"})
    monkeypatch.setattr(console, "terminal_lacking", str)
    monkeypatch.setattr(console, "run", lambda _: 42)
    assert run(parser().parse_args(["demo", "--nodes", "3"])) == 42
    assert "simulated cluster" in capsys.readouterr().out
    assert os.environ["NOMAD_ADDR"].startswith("http://127.0.0.1:")
    assert os.environ.get("NOMAD_TOKEN") != "mine"
    assert "AWS_PROFILE" not in os.environ


def test_without_a_terminal_no_cluster_is_started(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(parser().parse_args(["demo"])) == USAGE
    said = capsys.readouterr()
    assert "needs a terminal" in said.err
    assert said.out == ""


def test_words_without_an_error_are_not_made_up() -> None:
    assert str(BoxFailed("", 70)) == "the simulated cluster ended with code 70"
    assert str(BoxFailed("out of ports", 1)) == "out of ports"
