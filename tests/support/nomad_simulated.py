"""The simulated Nomad as a party: real HTTP on real sockets, its time moved by hand."""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from nomad_console.simulator.nomad_api.acl import (
    MANAGEMENT,
    NODE_ONLY,
    READ_ONLY,
    Acl,
    Rights,
    Token,
    one_namespace,
)
from nomad_console.simulator.nomad_api.routes import nomad_view
from tests.support import lab_jobs
from tests.support.nomad_cluster import Lines
from tests.support.nomad_live import LiveParty
from tests.support.nomad_parties import Answer, Stream, parsed_head
from tests.support.nomad_sockets import Socket, Wire, on_socket
from tests.support.nomad_world import NomadWorld

TURNS = 60  # of the loop, until what does not wait for the world's time has been answered
TICK = 0.05  # s of the world, while a call waits for its time
LIMIT = 100
VERSION = "2.0.5"
RIGHTS = {
    "<management>": MANAGEMENT,
    "<read-only>": READ_ONLY,
    "<one-namespace>": one_namespace("prod"),
    "<node-only>": NODE_ONLY,
    "<drainer>": Rights(node="write", operator="write"),
}
SECRETS = {kind: f"{number:08d}-2222-3333-4444-555555555555" for number, kind in enumerate(RIGHTS)}
UNKNOWN = "99999999-2222-3333-4444-555555555555"


def tokens() -> list[Token]:
    return [
        Token(secret, f"accessor-{number}", kind.strip("<>"), RIGHTS[kind])
        for number, (kind, secret) in enumerate(SECRETS.items())
    ]


class Lab(NomadWorld):
    """The recorded cluster: three servers, c1 to c4, and the namespace prod."""

    def __init__(self, acl: Acl | None = None) -> None:
        super().__init__()
        for number in (1, 2, 3):
            self.cluster.add_server(f"s{number}", VERSION, f"10.77.0.1{number}")
        self.cluster.add_namespace("prod", "production")
        self.view = nomad_view(self.cluster, self.timeline, self.pace, acl or Acl())

    def arranged(self, node: str, copies: Mapping[str, int]) -> None:
        """The recorded jobs, so many copies of each on the node, all healthy."""
        self.register(lab_jobs.edge())
        makes = (lab_jobs.web, lab_jobs.api, lab_jobs.solo, lab_jobs.broken, lab_jobs.keeper)
        for job in (make() for make in makes):
            if job.id in copies:
                self.arrange(job, node, copies[job.id])
        self.settle()


@dataclass
class _Follower:
    wire: Wire
    lines: Lines
    seen: int = 0
    begun: float = field(default=0.0)


class SimulatedCluster:
    """One lab with its first server and c1's own agent on sockets, and a loop of its own."""

    here, elsewhere, servers, version = "c1", "c2", 3, VERSION

    def __init__(self, acl: Acl | None = None) -> None:
        self.lab = Lab(acl)
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self._followers: list[_Follower] = []
        self._sockets = {
            name: self._run(self._stack.enter_async_context(on_socket(self.lab, name)))
            for name in ("", self.here)
        }
        self._http = httpx.AsyncClient(timeout=60, trust_env=False)

    def _run(self, coroutine: Any) -> Any:
        return self._runner.run(coroutine)

    def close(self) -> None:
        self._run(self._http.aclose())
        self._run(self._stack.aclose())
        self._runner.close()

    def node_id(self, name: str) -> str:
        return self.lab.node_id(name)

    # calls

    def call(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        *,
        token: str = "",
        agent: str = "",
    ) -> Answer:
        return self._finish(self._begin(method, path, query, body, token=token, agent=agent))

    def _begin(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        *,
        token: str = "",
        agent: str = "",
    ) -> "asyncio.Task[httpx.Response]":
        url = f"http://127.0.0.1:{self._sockets[agent].port}{path}"
        secret = SECRETS.get(token, UNKNOWN if token.startswith("<") else token)
        request = self._http.request(
            method,
            url,
            params=dict(query) if query else None,
            content=None if body is None else json.dumps(body),
            headers={"X-Nomad-Token": secret} if secret else {},
        )
        task = self._runner.get_loop().create_task(request)
        self._run(turns())
        return task

    def _finish(self, task: "asyncio.Task[httpx.Response]") -> Answer:
        """The world's time passes while its server waits for it."""
        begun = self.lab.timeline.elapsed()
        while not task.done():
            self.pass_time(TICK)
            self._run(turns())
        response = task.result()
        kind = response.headers.get("content-type", "")
        parsed = response.json() if kind == "application/json" else _text(response.text)
        seconds = self.lab.timeline.elapsed() - begun
        return Answer(response.status_code, dict(response.headers), parsed, seconds)

    def waiting(
        self, path: str, query: Mapping[str, Any], act: Callable[[], object]
    ) -> tuple[float, Answer]:
        task = self._begin("GET", path, query)
        act()
        answer = self._finish(task)
        return answer.seconds, answer

    # time and events

    def pass_time(self, seconds: float) -> None:
        """Each planned moment by itself, so that what is followed has its own."""
        timeline, clock = self.lab.timeline, self.lab.clock
        end = timeline.elapsed() + seconds
        while (due := timeline.next_due()) is not None and due <= end:
            clock.jump(max(0.0, due - timeline.elapsed()))
            timeline.run_due()
            self._catch_up()
        clock.jump(end - timeline.elapsed())
        timeline.run_due()
        self._catch_up()

    def _catch_up(self) -> None:
        buffer = self.lab.state.broker.buffer
        for follower in self._followers:
            while buffer and follower.seen < buffer[-1][0]:
                self._read(follower)

    def _read(self, follower: _Follower) -> None:
        line = json.loads(self._run(follower.wire.line()))
        follower.seen = line.get("Index", follower.seen)
        follower.lines.append((self.lab.timeline.elapsed() - follower.begun, line))

    @contextmanager
    def following(self, **query: str) -> Iterator[Lines]:
        topics = ("Node", "Allocation", "Job", "Evaluation", "Deployment", "Service")
        asked = "&".join(
            [f"topic={topic}" for topic in topics] + [f"{key}={query[key]}" for key in query]
        )
        wire: Wire = self._run(self._sockets[""].get(f"/v1/event/stream?namespace=*&{asked}"))
        self._run(wire.head())
        follower = _Follower(wire, [], begun=self.lab.timeline.elapsed())
        self._read(follower)
        self._followers.append(follower)
        self._catch_up()
        try:
            yield follower.lines
        finally:
            self._followers.remove(follower)

    def streamed(self, query: str, token: str = "") -> Stream:
        secret = SECRETS.get(token, UNKNOWN) if token else ""
        header = f"X-Nomad-Token: {secret}\r\n" if secret else ""
        wire = self._run(self._sockets[""].get(f"/v1/event/stream?{query}", header))
        status, headers = parsed_head("\r\n".join(self._run(wire.head())))
        if status != 200:
            return Stream(status, headers, accepted=False, indexes=[], kinds=set(), ended=False)
        text, ended = self._run(so_far(wire))
        lines = [json.loads(line) for line in text.splitlines()]
        events = [event for line in lines for event in line.get("Events", ())]
        return Stream(
            status,
            headers,
            bool(lines) and lines[0] == {},
            [line["Index"] for line in lines if line],
            {f"{event['Topic']}/{event['Type']}" for event in events},
            ended,
        )

    # the world

    def arrange(self, **copies: int) -> None:
        self.lab.arranged(self.here, copies)

    def run_here(self, job: str) -> None:
        made = lab_jobs.batch("report", 22.4) if job == "report" else lab_jobs.pinned(self.here)
        group = replace(made.groups[0], constraints=[("${node.unique.name}", "=", self.here)])
        self.lab.register(replace(made, groups=(group,)))
        self.lab.step(2.0 if job == "report" else 15.0)

    def run_in_prod(self) -> None:
        self.lab.register(replace(lab_jobs.batch("billing", 1), namespace="prod"))
        self.lab.step(2.0)

    def break_replacements(self, job: str) -> None:
        self.lab.cluster.break_job("default", job)
        for app in self.lab.cluster.apps.all():
            app.status = 200  # those that run stay well

    def kill_agent(self) -> None:
        self.lab.cluster.agent_kill(self.here)

    def start_agent(self) -> None:
        self.lab.cluster.agent_start(self.here)

    def restart_agent(self) -> None:
        self.lab.cluster.agent_restart(self.here, VERSION)

    def stop_server(self, name: str) -> None:
        self.lab.cluster.servers.stop(name)

    def refused_connection(self) -> str:
        """Fill the connections that are left, and one more."""
        socket: Socket = self._sockets[""]
        for _ in range(LIMIT - socket.connections.open["127.0.0.1"]):
            self._run(socket.connect())
        wire = self._run(socket.connect())
        return str(self._run(so_far(wire))[0].decode())


async def turns() -> None:
    """Let everything that can run, run."""
    loop = asyncio.get_running_loop()
    for _ in range(TURNS):
        turn: asyncio.Future[None] = loop.create_future()
        loop.call_soon(turn.set_result, None)
        await turn


async def so_far(wire: Wire) -> tuple[bytes, bool]:
    """What has come by now, and whether the server has ended it."""
    loop = asyncio.get_running_loop()
    found = b""
    while True:
        task = loop.create_task(wire.part())
        await turns()
        if not task.done():
            task.cancel()
            return found, False
        if not task.result():
            return found, True
        found += task.result()


def _text(text: str) -> Any:
    return json.loads(text) if text[:1] in {"{", "["} else text


@contextmanager
def opened(kind: str) -> Iterator[SimulatedCluster]:
    cluster = SimulatedCluster(Acl(tokens()) if kind == "guarded" else None)
    try:
        if kind == "plain":
            cluster.arrange(web=2, api=1, solo=1)
            cluster.lab.register(lab_jobs.batch("crunch", 5))
            for name in ("c3", "c4"):
                cluster.lab.cluster.agent_restart(name, VERSION)
            cluster.pass_time(20.0)
        yield cluster
    finally:
        cluster.close()


def refused_connection() -> str:
    with opened("flooded") as cluster:
        return cluster.refused_connection()


def simulated() -> LiveParty:
    return LiveParty(opened, refused_connection)
