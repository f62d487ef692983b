"""A real Nomad as a party, where one is on PATH: one server, two clients, raw_exec."""

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx

from nomad_console.clock import SystemClock
from tests.support.nomad_cluster import ALLOCATIONS, EVERYWHERE, Lines, Row, settled, until
from tests.support.nomad_live import LiveParty
from tests.support.nomad_parties import Answer, Stream, parsed_head
from tests.support.real_agents import missing
from tests.support.real_cluster import Agent, real_cluster
from tests.support.real_jobs import COUNTS, real_job
from tests.support.statements import cannot_say

LIMIT = 100
QUIET = 2.0  # s without a word from a stream
POLICIES = {
    "<read-only>": 'namespace "*" { policy = "read" } node { policy = "read" } '
    'agent { policy = "read" } operator { policy = "read" } node_pool "*" { policy = "read" }',
    "<one-namespace>": 'namespace "prod" { policy = "read" } node { policy = "read" }',
    "<node-only>": 'node { policy = "read" }',
    "<drainer>": 'node { policy = "write" } operator { policy = "write" }',
}
UNKNOWN = "99999999-2222-3333-4444-555555555555"
TERMINAL = {"complete", "failed", "lost"}


class RealNomad:
    """Both kinds of cluster: two clients of a server, or one agent with access control."""

    here, elsewhere, servers = "n1", "n2", 1

    def __init__(self, server: Agent, clients: Mapping[str, Agent], where: Path) -> None:
        self._server = server
        self._clients = clients
        self._flag = where / "broken"
        self._http = httpx.Client(timeout=75, trust_env=False)
        self._clock = SystemClock()
        self._killed = False
        self.secrets: dict[str, str] = {}
        self.version = ""

    def learn(self) -> None:
        """What its agents are, once they run."""
        agent = self.call("GET", "/v1/agent/self", token="<management>").body
        self.version = str(agent["config"]["Version"]["Version"])

    def node_id(self, name: str) -> str:
        """c1 is n1, all others n2; an agent alone is every node."""
        wanted = {"c1": self.here}.get(name, self.elsewhere if name.startswith("c") else name)
        rows = self.call("GET", "/v1/nodes", token="<management>").body
        found = [row["ID"] for row in rows if row["Name"] == wanted or len(rows) == 1]
        return str(found[0])

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
        base = self._clients[agent].address if agent else self._server.address
        secret = self._secret(token)
        response = self._http.request(
            method,
            f"{base}{path}",
            params=dict(query) if query else None,
            content=None if body is None else json.dumps(body),
            headers={"X-Nomad-Token": secret} if secret else {},
        )
        kind = response.headers.get("content-type", "")
        text = response.text
        parsed = json.loads(text) if kind == "application/json" or text[:1] in {"{", "["} else text
        seconds = response.elapsed.total_seconds()
        return Answer(response.status_code, dict(response.headers), parsed, seconds)

    def _secret(self, token: str) -> str:
        if not self.secrets:
            return ""
        return self.secrets.get(token, UNKNOWN if token.startswith("<") else token)

    def waiting(
        self, path: str, query: Mapping[str, Any], act: Callable[[], object]
    ) -> tuple[float, Answer]:
        with ThreadPoolExecutor(1) as threads:
            pending = threads.submit(self.call, "GET", path, query)
            act()
            answer = pending.result()
        return answer.seconds, answer

    def pass_time(self, seconds: float) -> None:
        threading.Event().wait(seconds)  # a real cluster's time cannot be moved

    # event streams

    def _opened(self, query: str, token: str = "") -> socket.socket:
        address = httpx.URL(self._server.address)
        connection = socket.create_connection((address.host, address.port or 0), timeout=75)
        secret = self._secret(token)
        head = [f"GET /v1/event/stream?{query} HTTP/1.1", "Host: nomad"]
        head += [f"X-Nomad-Token: {secret}"] if secret else []
        connection.sendall(("\r\n".join(head) + "\r\n\r\n").encode())
        return connection

    @contextmanager
    def following(self, **query: str) -> Iterator[Lines]:
        topics = ("Node", "Allocation", "Job", "Evaluation", "Deployment", "Service")
        asked = [f"topic={topic}" for topic in topics] + [f"{key}={query[key]}" for key in query]
        lines: Lines = []
        begun = self._clock.elapsed()
        connection = self._opened("&".join(["namespace=*", *asked]))
        began = threading.Event()

        def read() -> None:
            with connection.makefile("rb") as stream:
                while stream.readline().strip():
                    pass
                for line in stream:
                    lines.append((self._clock.elapsed() - begun, json.loads(line)))
                    began.set()

        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        assert began.wait(5.0), "no heartbeat"
        try:
            yield lines
        finally:
            connection.shutdown(socket.SHUT_RDWR)
            thread.join()
            connection.close()

    def streamed(self, query: str, token: str = "") -> Stream:
        found, ended = b"", False
        with self._opened(query.replace(" ", "%20"), token) as connection:
            connection.settimeout(QUIET)
            try:
                while not ended:
                    part = connection.recv(65_536)
                    found += part
                    ended = not part
            except TimeoutError:
                pass  # nothing more to say for now
        head, _, body = found.partition(b"\r\n\r\n")
        status, headers = parsed_head(head.decode())
        if status != 200:
            return Stream(status, headers, accepted=False, indexes=[], kinds=set(), ended=ended)
        lines = [json.loads(line) for line in body.splitlines()]
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

    def reset(self) -> None:
        """No job, both nodes as new."""
        self._flag.unlink(missing_ok=True)
        if self._killed:
            self.start_agent()
        ready = ["ready"] * len(self._clients)
        until(self, "/v1/nodes", lambda rows: [row["Status"] for row in rows] == ready)
        for row in self.call("GET", "/v1/jobs", EVERYWHERE).body:
            query = {"namespace": row["Namespace"], "purge": "true"}
            self.call("DELETE", f"/v1/job/{row['ID']}", query)
        until(self, ALLOCATIONS, lambda rows: all(row["ClientStatus"] in TERMINAL for row in rows))
        self._eligible(*self._clients)

    def _eligible(self, *names: str) -> None:
        """These, and no other."""
        for name in self._clients:
            path = f"/v1/node/{self.node_id(name)}"
            wanted = name in names
            if self.call("GET", path).body["DrainStrategy"] is not None:
                self.call("PUT", f"{path}/drain", body={"DrainSpec": None, "MarkEligible": wanted})
            word = "eligible" if wanted else "ineligible"
            self.call("PUT", f"{path}/eligibility", body={"Eligibility": word})

    def _register(self, name: str, count: int) -> None:
        job = real_job(name, count, self.here, self._flag)
        answer = self.call("POST", "/v1/jobs", body={"Job": job})
        assert answer.status == 200, answer
        self._settle(name, count)

    def _settle(self, name: str, count: int) -> None:
        def placed(rows: list[Row]) -> bool:
            wanted = [row for row in rows if row["DesiredStatus"] == "run"]
            return len(wanted) >= count and settled(rows)

        until(self, f"/v1/job/{name}/allocations", placed)
        until(
            self,
            "/v1/deployments",
            lambda rows: all(row["Status"] not in {"running", "pending"} for row in rows),
        )

    def arrange(self, **copies: int) -> None:
        """The rest of each job's copies run on the other node."""
        self._register("edge", COUNTS["edge"])
        for name, count in copies.items():
            self._eligible(self.here)
            self._register(name, count)
            if count < COUNTS[name]:
                self._eligible(self.elsewhere)
                self._register(name, COUNTS[name])
            self._eligible(*self._clients)
        until(self, ALLOCATIONS, settled)

    def run_here(self, job: str) -> None:
        self._register(job, COUNTS.get(job, 1))

    def run_in_prod(self) -> None:
        self.call("PUT", "/v1/namespace/prod", body={"Name": "prod"})
        job = {**real_job("crunch", 1, self.here, self._flag), "Namespace": "prod"}
        answer = self.call("POST", "/v1/jobs", body={"Job": job})
        assert answer.status == 200, answer

    def break_replacements(self, job: str) -> None:
        assert job == "broken"
        self._flag.touch()

    def kill_agent(self) -> None:
        self._clients[self.here].kill()
        self._killed = True

    def start_agent(self) -> None:
        self._clients[self.here].start()
        self._killed = False

    def restart_agent(self) -> None:
        self._clients[self.here].stop()
        self._clients[self.here].start()

    def stop_server(self, name: str) -> None:
        raise AssertionError(f"there is no {name} to be stopped")

    def refused_connection(self) -> str:
        address = httpx.URL(self._server.address)
        where = (address.host, address.port or 0)
        opened = [socket.create_connection(where, timeout=5) for _ in range(LIMIT + 1)]
        try:
            return opened[-1].recv(4096).decode()
        finally:
            for connection in opened:
                connection.close()


@contextmanager
def _of_two(where: Path) -> Iterator[RealNomad]:
    """A server and two clients; no task outlives its agent."""
    where.mkdir()
    with real_cluster(where) as cluster:
        nomad = RealNomad(cluster.server, cluster.clients, where)
        nomad.learn()
        try:
            yield nomad
        finally:
            nomad.reset()


@contextmanager
def _guarded(where: Path) -> Iterator[RealNomad]:
    """One agent, server and client, with the recorded tokens."""
    settings = {
        "acl": {"enabled": True},
        "server": {"enabled": True, "bootstrap_expect": 1},
        "client": {"enabled": True, "network_interface": "lo"},
    }
    agent = Agent("acl1", where, settings)
    agent.start()
    try:
        nomad = RealNomad(agent, {}, where)
        nomad.secrets["<management>"] = _bootstrapped(agent)
        manage = "<management>"
        nomad.call("PUT", "/v1/namespace/prod", body={"Name": "prod"}, token=manage)
        for kind, rules in POLICIES.items():
            name = kind.strip("<>")
            policy = {"Name": name, "Rules": rules}
            nomad.call("PUT", f"/v1/acl/policy/{name}", body=policy, token=manage)
            token = {"Name": name, "Type": "client", "Policies": [name]}
            made = nomad.call("PUT", "/v1/acl/token", body=token, token=manage)
            nomad.secrets[kind] = made.body["SecretID"]
        for _ in range(60):
            rows = nomad.call("GET", "/v1/nodes", token=manage).body
            if [row["Status"] for row in rows] == ["ready"]:
                break
            nomad.pass_time(1.0)
        nomad.learn()
        yield nomad
    finally:
        agent.stop()


def _bootstrapped(agent: Agent) -> str:
    """The first management token, as soon as there is a leader who can make one."""
    transport = httpx.HTTPTransport(retries=6)  # pauses of its own between them
    with httpx.Client(transport=transport, timeout=75, trust_env=False) as http:
        for _ in range(60):
            answer = http.put(f"{agent.address}/v1/acl/bootstrap")
            if answer.status_code == httpx.codes.OK:
                return str(answer.json()["SecretID"])
            threading.Event().wait(1.0)
    raise AssertionError(f"no token: {answer.text}\n{agent.log.read_text()}")


@contextmanager
def real(where: Path) -> Iterator[LiveParty]:
    """One cluster is asked, another one is for the stories, an agent for access control."""
    if missing("nomad"):
        cannot_say("no `nomad` on PATH")
    with ExitStack() as stack:
        found: list[RealNomad] = []

        @contextmanager
        def opened(kind: str) -> Iterator[RealNomad]:
            if kind == "guarded":
                with _guarded(where) as guarded:
                    yield guarded
            elif kind == "plain":
                with _of_two(where / "asked") as nomad:
                    nomad.arrange(web=2, api=1, solo=1)
                    nomad.run_here("crunch")
                    yield nomad
            else:
                if not found:
                    found.append(stack.enter_context(_of_two(where / "told")))
                found[0].reset()
                yield found[0]

        def refused_connection() -> str:
            with opened("flooded") as nomad:
                return nomad.refused_connection()

        yield stack.enter_context(LiveParty(opened, refused_connection))
