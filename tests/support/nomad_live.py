"""A live Nomad as a party: the recorded questions asked again with ids that exist there."""

import json
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from functools import cached_property
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl

from tests.support.nomad_cluster import EVERYWHERE, Cluster
from tests.support.nomad_parties import UNKNOWN_ID, Answer, Story, Stream, Waited
from tests.support.nomad_stories import STORIES
from tests.support.recorded import recorded, recorded_body

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NEWEST = "2.0.5"  # that was recorded
GUARDED = ("acl/", "open/")  # recordings of an agent with access control
FUTURE = 999_999_999
WAIT = 4.0  # s a blocking query may wait for nothing; those recorded waited 3 or 8

SHOWN_BY = {"placed": "drain-normal"}  # what is a recording of its own

Opened = Callable[[str], AbstractContextManager[Cluster]]


class LiveParty:
    """`opened` starts a cluster: `plain` with the recorded jobs, `guarded` with the recorded
    tokens, or one for the story of that name."""

    def __init__(self, opened: Opened, refused_connection: Callable[[], str]) -> None:
        self._opened = opened
        self._refused_connection = refused_connection
        self._stack = ExitStack()
        self._stories: dict[str, Story] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    @cached_property
    def _plain(self) -> Cluster:
        return self._stack.enter_context(self._opened("plain"))

    @cached_property
    def _guarded(self) -> Cluster:
        return self._stack.enter_context(self._opened("guarded"))

    def _cluster(self, name: str) -> Cluster:
        return self._guarded if name.startswith(GUARDED) else self._plain

    def answer(self, name: str) -> Answer:
        cluster = self._cluster(name)
        request = self._asked(name, cluster)
        body = request.get("body")
        answer = cluster.call(
            request["method"],
            request["path"],
            dict(parse_qsl(request.get("query") or "")),
            json.loads(body) if isinstance(body, str) and body else body or None,
            token=_token(request),
            agent=cluster.here if name.startswith("client-agent/") else "",
        )
        if request["method"] != "GET":
            cluster.pass_time(2.0)  # what it leads to is over
        return answer

    def pages(self, name: str) -> list[Answer]:
        extra = {"task_states": "false", **EVERYWHERE} if name == "allocations" else {}
        query: dict[str, str] = {"per_page": "1", **extra}
        pages = [self._plain.call("GET", f"/v1/{name}", query)]
        while token := pages[-1].headers.get("x-nomad-nexttoken"):
            pages.append(self._plain.call("GET", f"/v1/{name}", {**query, "next_token": token}))
        return pages

    def waited(self, case: str) -> Waited:
        cluster = self._plain
        watched, _, stimulus = case.partition("/")
        path = {
            "node": f"/v1/node/{cluster.node_id(cluster.here)}",
            "node-allocations": f"/v1/node/{cluster.node_id(cluster.here)}/allocations",
        }.get(watched, f"/v1/{watched}" if stimulus else "/v1/nodes")
        cluster.pass_time(8.0)  # what an earlier stimulus led to is over
        before = cluster.call("GET", path, EVERYWHERE)
        if watched == "future":
            before = Answer(before.status, {"x-nomad-index": str(FUTURE)}, before.body)
        query = {**EVERYWHERE, "index": before.index, "wait": f"{WAIT:g}s"}
        act = self._stimulus(stimulus)
        seconds, found = cluster.waiting(path, query, act)
        return Waited(WAIT, seconds, before, found)

    def _stimulus(self, name: str) -> Callable[[], object]:
        cluster = self._plain
        node = cluster.elsewhere if name.endswith("-elsewhere") else cluster.here

        def report() -> None:
            held = cluster.call("GET", f"/v1/node/{cluster.node_id(node)}/allocations").body
            chosen = next(row["ID"] for row in held if row["ClientStatus"] == "running")
            cluster.call("PUT", f"/v1/client/allocation/{chosen}/restart", body={})

        def evaluation() -> None:
            cluster.call("POST", "/v1/job/web/evaluate", body={"JobID": "web"})

        def eligibility() -> None:
            for word in ("eligible", "ineligible"):
                path = f"/v1/node/{cluster.node_id(node)}/eligibility"
                cluster.call("PUT", path, body={"Eligibility": word})

        kinds = {"report": report, "evaluation": evaluation, "eligibility": eligibility}
        return kinds.get(name.partition("-")[0], lambda: None)

    def stream(self, name: str) -> Stream:
        cluster = self._cluster(name)
        request = self._asked(name, cluster)
        if cluster is self._plain:  # the latest event is a node's
            self._stimulus("eligibility")()
        return cluster.streamed(request["query"], _token(request))

    def story(self, case: str) -> Story:
        case = SHOWN_BY.get(case, case)
        if case not in self._stories:
            with self._opened(case) as cluster:
                self._stories[case] = STORIES[case](cluster)
        return self._stories[case]

    def refused_connection(self) -> str:
        return self._refused_connection()

    def _asked(self, name: str, cluster: Cluster) -> dict[str, Any]:
        """The recorded request; nodes, servers and allocations are those with the same role."""
        request: dict[str, Any] = recorded(f"nomad/{name}.json")["request"]
        text = json.dumps({key: part for key, part in request.items() if key != "headers"})

        def live(found: re.Match[str]) -> str:
            if name.startswith(GUARDED):  # its agent had one node
                return cluster.node_id(cluster.here)
            return _live(found[0], cluster)

        said: dict[str, Any] = json.loads(UUID.sub(live, text.replace(NEWEST, cluster.version)))
        return {**said, "headers": request.get("headers")}


def _token(request: Mapping[str, Any]) -> str:
    return str((request["headers"] or {}).get("X-Nomad-Token", ""))


def _live(recorded_id: str, cluster: Cluster) -> str:
    if recorded_id == UNKNOWN_ID:
        return recorded_id
    names = {row["ID"]: row["Name"] for row in recorded_body("nomad/nodes.json")}
    if recorded_id in names:
        return cluster.node_id(names[recorded_id])
    jobs = {row["ID"]: row["JobID"] for row in recorded_body("nomad/allocations.json")}
    query = {"filter": 'ClientStatus == "running"'}
    path = f"/v1/job/{jobs.get(recorded_id, 'web')}/allocations"
    rows = cluster.call("GET", path, query).body
    return str(rows[0]["ID"])
