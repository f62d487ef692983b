"""Mutual TLS: commands in a process of their own against the simulator's ports."""

import json
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from tests.support.certificates import Certificates
from tests.support.simulator import SimulatedCluster, running_simulator

UNREACHABLE = 3
WRONG = {
    "no certificate": (
        {"NOMAD_CLIENT_CERT": "", "NOMAD_CLIENT_KEY": ""},
        "asks for a client certificate",
    ),
    "no server name": ({"NOMAD_TLS_SERVER_NAME": ""}, "the certificate is for another name"),
    "other CA": ({"NOMAD_CACERT": "other"}, "not signed by a known CA"),
    "foreign certificate": (
        {"NOMAD_CLIENT_CERT": "foreign", "NOMAD_CLIENT_KEY": "foreign-key"},
        "does not know the client certificate's CA",
    ),
    "plain HTTP": ({"NOMAD_ADDR": "http"}, "this port speaks TLS"),
}


class World(NamedTuple):
    cluster: SimulatedCluster
    certificates: Certificates


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    certificates = Certificates(tmp_path_factory.mktemp("tls"))
    folder = str(certificates.folder)
    with running_simulator("one-service", rate=2, speed=20, arguments=("--tls", folder)) as cluster:
        yield World(cluster, certificates)


def run(
    cluster: SimulatedCluster, where: Path, *words: str, **changed: str
) -> tuple[int, str, str]:
    """Exit code, what was printed, what was complained; "" takes a variable away."""
    env = cluster.environ | {"XDG_STATE_HOME": str(where)} | changed
    done = subprocess.run(
        [sys.executable, "-m", "nomad_console", *words],
        env={name: value for name, value in env.items() if value},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def test_both_backends_are_read_and_agents_by_their_own_names(world: World, tmp_path: Path) -> None:
    code, out, err = run(world.cluster, tmp_path, "preflight", "c1", "--json")
    document: dict[str, Any] = json.loads(out)
    assert (code, document["blocked"]) == (1, False), err
    ids = [one["id"] for one in document["findings"]]
    assert not [one for one in ids if one.startswith(("source:", "agent-silent", "unread:"))]
    assert world.cluster.env["NOMAD_ADDR"].startswith("https://")
    assert world.cluster.env["CONSUL_HTTP_ADDR"].startswith("https://")


def status(world: World, where: Path, changed: dict[str, str]) -> tuple[int, str, str]:
    folder = world.certificates.folder
    known = {
        "other": world.certificates.other_ca,
        "foreign": str(folder / "foreign.pem"),
        "foreign-key": str(folder / "foreign-key.pem"),
        "http": world.cluster.env["NOMAD_ADDR"].replace("https", "http"),
    }
    found = {name: known.get(value, value) for name, value in changed.items()}
    return run(world.cluster, where, "status", "--json", "--timeout", "2", **found)


@pytest.fixture(scope="module")
def looks(
    world: World, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[int, str, str]]:
    """What `status` says in each case; all at the same time: they mostly wait."""
    where = tmp_path_factory.mktemp("looks")
    with ThreadPoolExecutor(len(WRONG)) as threads:
        asked = {
            case: threads.submit(status, world, where / case, changed)
            for case, (changed, _) in WRONG.items()
        }
        return {case: one.result() for case, one in asked.items()}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_missing_is_named(looks: dict[str, tuple[int, str, str]], case: str) -> None:
    code, out, err = looks[case]
    sources = json.loads(out)["sources"]
    assert code == UNREACHABLE
    assert WRONG[case][1] in sources["nomad"]["reason"]
    assert sources["nomad"]["hint"]
    assert sources["consul"]["state"] == "live"
    assert "nomad: unreachable: nomad: GET /v1/" in err


def test_plain_http_is_told_in_the_clear_as_go_does(world: World) -> None:
    for name in ("NOMAD_ADDR", "CONSUL_HTTP_ADDR"):
        where = urlsplit(world.cluster.env[name])
        connection = HTTPConnection(where.hostname or "", where.port, timeout=10)
        connection.request("GET", "/v1/status/leader")
        answer = connection.getresponse()
        assert answer.status == 400
        assert answer.read() == b"Client sent an HTTP request to an HTTPS server.\n"
        connection.close()


def test_without_a_certificate_the_handshake_succeeds_and_the_first_read_fails(
    world: World,
) -> None:
    where = urlsplit(world.cluster.env["NOMAD_ADDR"])
    context = ssl.create_default_context(cafile=world.certificates.ca)
    with (
        socket.create_connection((where.hostname or "", where.port or 0), 10) as plain,
        context.wrap_socket(plain, server_hostname="server.global.nomad") as secured,
    ):
        assert secured.version() == "TLSv1.3"
        secured.sendall(b"GET /v1/status/leader HTTP/1.1\r\nHost: x\r\n\r\n")
        with pytest.raises(ssl.SSLError, match="CERTIFICATE_REQUIRED"):
            secured.recv(1)
