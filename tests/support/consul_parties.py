"""Who is asked about Consul: the simulator and a real agent over HTTP, and the recordings."""

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import httpx

from tests.support.real_agents import MANAGEMENT, missing, real_consul
from tests.support.recorded import recorded
from tests.support.simulator import running_simulator
from tests.support.statements import cannot_say

NOBODY = "11111111-1111-1111-1111-111111111111"


@dataclass(frozen=True)
class Answer:
    """Headers in lower case; the body parsed, or text."""

    status: int
    headers: Mapping[str, str]
    body: Any
    elapsed_s: float

    @property
    def index(self) -> int:
        return int(self.headers["x-consul-index"])


class ConsulParty(Protocol):
    def answers(self, *names: str) -> list[Answer]:
        """To these recorded calls, made in this order."""

    def locked_out(self, *names: str) -> list[Answer]:
        """As `answers`, where access control is on with the default policy deny."""

    def ask(self, path: str, /, **query: str | int) -> Answer:
        """For what no file can say."""

    def waited(self) -> tuple[int, float, Answer]:
        """A blocking read while nothing changes: its index, its wait in s, what came."""

    def woken(self) -> tuple[int, Answer]:
        """A blocking read of a key that is written meanwhile: its index, what came."""


class Recordings:
    def answers(self, *names: str) -> list[Answer]:
        return [self._recorded(name) for name in names]

    def locked_out(self, *names: str) -> list[Answer]:
        return [self._recorded(f"acl/{name}") for name in names]

    def ask(self, _path: str, /, **_: str | int) -> Answer:
        cannot_say()

    def woken(self) -> tuple[int, Answer]:
        cannot_say()

    def waited(self) -> tuple[int, float, Answer]:
        return 465, 3.0, self._recorded("health-state-critical-blocking-timeout")

    @staticmethod
    def _recorded(name: str) -> Answer:
        call = recorded(f"consul/{name}.json")
        headers = {key.lower(): text for key, text in call["headers"].items()}
        return Answer(call["status"], headers, call["body"], call.get("elapsed_s", 0.0))


class Live:
    """The recorded requests, with the ids and indexes that this agent gave instead of the recorded.

    `web` has a passing and a critical instance at a real agent, c1 is a node with one of them.
    """

    def __init__(self, free: str, guarded: str, management: str) -> None:
        self._free, self._guarded = _http(free), _http(guarded)
        self._secrets = {"<management>": management, "<unknown uuid>": NOBODY}
        self._learnt: dict[str, str] = {}

    def answers(self, *names: str) -> list[Answer]:
        self._clean()
        return [self._asked(self._free, f"consul/{name}.json") for name in names]

    def locked_out(self, *names: str) -> list[Answer]:
        return [self._asked(self._guarded, f"consul/acl/{name}.json") for name in names]

    def ask(self, path: str, /, **query: str | int) -> Answer:
        return self._sent(self._free, "GET", httpx.URL(path, params=query))

    def waited(self) -> tuple[int, float, Answer]:
        index = self.ask("/v1/session/list").index
        return index, 0.5, self.ask("/v1/session/list", index=index, wait="500ms")

    def woken(self) -> tuple[int, Answer]:
        self.answers("kv-cas-create")
        index = self.ask("/v1/kv/nomad-console/run").index
        with ThreadPoolExecutor(1) as pool:
            path = "/v1/kv/nomad-console/run"
            waiting = pool.submit(self.ask, path, index=index, wait="20s")
            self._free.put(path, content=b"2")
            return index, waiting.result()

    def _clean(self) -> None:
        """No session and no key of an earlier statement."""
        self._learnt.clear()
        for row in self.ask("/v1/session/list").body:
            self._free.put(f"/v1/session/destroy/{row['ID']}")
        self._free.delete("/v1/kv/nomad-console/?recurse")

    def _asked(self, http: httpx.Client, name: str) -> Answer:
        call = recorded(name)
        request = call["request"]
        body = request["body"]
        text = body if isinstance(body, str) or body is None else json.dumps(body)
        path, query, text = (self._said(each) for each in (request["path"], request["query"], text))
        headers = {key: self._secrets[kind] for key, kind in (request.get("headers") or {}).items()}
        url = httpx.URL(f"{path}?{query}" if query else path or "")
        answer = self._sent(http, request["method"], url, text, headers)
        self._learn(call["body"], answer.body)
        return answer

    @staticmethod
    def _sent(
        http: httpx.Client,
        method: str,
        url: httpx.URL,
        text: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        answer = http.request(method, url, content=text, headers=headers)
        kind = answer.headers.get("Content-Type", "")
        parsed = answer.json() if kind.startswith("application/json") else answer.text
        return Answer(answer.status_code, answer.headers, parsed, answer.elapsed.total_seconds())

    def _said(self, text: str | None) -> str | None:
        for was, now in self._learnt.items():
            text = text.replace(was, now) if text else text
        return text

    def _learn(self, was: Any, now: Any) -> None:
        """Which session or index of ours stands for which recorded one."""
        if isinstance(was, list) and isinstance(now, list) and was and now:
            self._learn(was[0], now[0])
        elif isinstance(was, dict) and isinstance(now, dict):
            for key in ("ID", "ModifyIndex"):
                if key in was and key in now:
                    self._learnt[str(was[key])] = str(now[key])


@contextmanager
def simulated(_: Path) -> Iterator[ConsulParty]:
    with running_simulator("one-service") as free, running_simulator("consul-tokens") as guarded:
        first, second = (one.env["CONSUL_HTTP_ADDR"] for one in (free, guarded))
        yield Live(first, second, guarded.env["CONSUL_HTTP_TOKEN"])


@contextmanager
def real(where: Path) -> Iterator[ConsulParty]:
    if missing("consul"):
        cannot_say("no `consul` on PATH")
    with real_consul(where, "s1") as free, real_consul(where, "s1", acl=True) as guarded:
        for number, status in enumerate(("passing", "critical"), 1):
            _register(free, f"c{number}", status)
        yield Live(free, guarded, MANAGEMENT)


@contextmanager
def kept(_: Path) -> Iterator[ConsulParty]:
    yield Recordings()


CONSUL_PARTIES = {"simulator": simulated, "recordings": kept, "consul": real}


def _http(address: str) -> httpx.Client:
    return httpx.Client(base_url=address, timeout=30, trust_env=False)


def _register(address: str, node: str, status: str) -> None:
    """A machine that is well, with an instance of `web`."""
    where = f"10.77.0.10{node[1]}"
    serf = {"CheckID": "serfHealth", "Name": "Serf Health Status", "Status": "passing"}
    check = {"CheckID": f"web-{node}", "Name": "web", "Status": status, "ServiceID": f"web-{node}"}
    row = {
        "Node": node,
        "Address": where,
        "Service": {"ID": f"web-{node}", "Service": "web", "Address": where, "Port": 20_000},
        "Checks": [{"Node": node, **each} for each in (serf, check)],
    }
    url = f"{address}/v1/catalog/register"
    httpx.put(url, json=row, trust_env=False).raise_for_status()
