"""`simulate --control URL …` against a control port that answers from a table."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from nomad_console.simulator.operator import run

Calls = list[tuple[str, str, dict[str, Any]]]


class Port:
    """What it answers, by method and path without query, and what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, Any]] = {}
        self.calls: Calls = []
        port = self

        class Handler(BaseHTTPRequestHandler):
            """Answers from the table."""

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                port.calls.append((self.command, self.path, json.loads(body or b"{}")))
                known = f"{self.command} {self.path.partition('?')[0]}"
                status, answer = port.answers.get(known, (404, {"error": f"no {known}"}))
                raw = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            do_GET = do_POST = _answer  # noqa: N815 — http.server's names

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 — its name
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def port() -> Iterator[Port]:
    found = Port()
    thread = threading.Thread(target=found.server.serve_forever, args=(0.01,))
    thread.start()
    yield found
    found.server.shutdown()
    thread.join()
    found.server.server_close()


def test_a_restart_ends_when_the_agent_answers(
    port: Port, capsys: pytest.CaptureFixture[str]
) -> None:
    port.answers = {
        "POST /agents/c1/restart": (200, {"done": "restarted the agent on c1: 2.0.4 → 2.0.5"}),
        "GET /agents/c1": (200, {"answers": True, "version": "2.0.5"}),
    }
    assert run(port.url, ["restart", "c1", "2.0.5"]) == 0
    assert port.calls[0] == ("POST", "/agents/c1/restart", {"version": "2.0.5"})
    assert port.calls[1][1] == "/agents/c1?version=2.0.5&wait=60"
    assert capsys.readouterr().out.splitlines()[-1] == "c1 answers with 2.0.5"


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"answers": True, "version": "2.0.4"}, "c1 answers with 2.0.4, not with 2.0.5"),
        ({"answers": False, "version": "2.0.5"}, "c1 does not answer"),
    ],
)
def test_a_restart_that_does_not_come_back_is_1(
    port: Port, capsys: pytest.CaptureFixture[str], state: dict[str, Any], words: str
) -> None:
    port.answers = {
        "POST /agents/c1/restart": (200, {"done": "x"}),
        "GET /agents/c1": (200, state),
    }
    assert run(port.url, ["restart", "c1", "2.0.5"]) == 1
    assert words in capsys.readouterr().err


def test_a_refusal_is_1_with_its_words(port: Port, capsys: pytest.CaptureFixture[str]) -> None:
    port.answers = {"POST /agents/nope/kill": (404, {"error": "no client machine nope"})}
    assert run(port.url, ["kill", "nope"]) == 1
    assert run(port.url, ["restart", "nope", "1"]) == 1
    assert run(port.url, ["traffic"]) == 1
    assert run(port.url, ["world"]) == 1
    assert capsys.readouterr().err.startswith("no client machine nope\n")


def test_a_fault_takes_its_arguments_by_name(
    port: Port, capsys: pytest.CaptureFixture[str]
) -> None:
    port.answers = {
        "POST /faults/break-app": (200, {"done": "default/web answers 500"}),
        "GET /faults": (200, {"break-app": "job"}),
    }
    assert run(port.url, ["fault", "break-app", "job=web", "namespace=default"]) == 0
    assert port.calls[0][2] == {"job": "web", "namespace": "default"}
    assert run(port.url, ["fault"]) == 0
    assert capsys.readouterr().out.startswith("default/web answers 500\n{\n")


def test_traffic_is_a_table(port: Port, capsys: pytest.CaptureFixture[str]) -> None:
    web = {"sent": 20, "ok": 17, "failed": 3, "reasons": {"502 app refused": 3}}
    api = {"sent": 20, "ok": 20, "failed": 0, "reasons": {}}
    report = {"sent": 40, "failed": 3, "seconds": 4.2, "services": {"web": web, "api": api}}
    port.answers = {
        "GET /traffic": (200, report),
        "POST /traffic/reset": (200, {"done": "traffic counted from now"}),
    }
    assert run(port.url, ["traffic"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "service      sent        ok    failed  reasons",
        "web            20        17         3  3x 502 app refused",
        "api            20        20         0",
        "3 of 40 failed in 4 s",
    ]
    assert run(port.url, ["traffic", "reset"]) == 0


@pytest.mark.parametrize(
    "words", [[], ["restart", "c1"], ["explode"], ["fault", "x", "y"], ["traffic", "now"]]
)
def test_bad_words_are_2_with_the_usage(
    port: Port, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert run(port.url, words) == 2
    assert "restart NODE VERSION" in capsys.readouterr().err
    assert not port.calls


def test_nobody_there_is_3(port: Port, capsys: pytest.CaptureFixture[str]) -> None:
    port.answers = {"GET /world": (200, ["not", "an", "object"])}
    assert run(port.url, ["world"]) == 3
    assert run("http://127.0.0.1:1", ["world"]) == 3
    assert "simulator unreachable" in capsys.readouterr().err
