"""A live Nomad as the stories see it, and what they have in common."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from tests.support.nomad_parties import Answer, Stream

ALLOCATIONS = "/v1/allocations"
EVERYWHERE = {"namespace": "*"}
LATEST = 10**9  # an index no cluster of ours reaches: a stream begins with the last event
NANO = 10**9
Lines = list[tuple[float, dict[str, Any]]]
Row = dict[str, Any]


class Cluster(Protocol):
    """A live Nomad; `here` is the node that a case is about, `elsewhere` another one."""

    here: str
    elsewhere: str
    servers: int
    version: str

    def node_id(self, name: str) -> str: ...

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
        """`agent`: the node whose own agent is asked, else the first server."""

    def waiting(
        self, path: str, query: Mapping[str, Any], act: Callable[[], object]
    ) -> tuple[float, Answer]:
        """A blocking query, and what is done while it waits; its seconds from then on."""

    def pass_time(self, seconds: float) -> None: ...

    def following(self, **query: str) -> AbstractContextManager[Lines]:
        """An event stream's lines as they come, with their seconds on one clock."""

    def streamed(self, query: str, token: str = "") -> Stream: ...

    def arrange(self, **copies: int) -> None:
        """So many copies of each of the recorded jobs here, the rest elsewhere, all healthy."""

    def run_here(self, job: str) -> None:
        """`report`, `pinned`: running on the node."""

    def run_in_prod(self) -> None:
        """A batch job in the namespace prod."""

    def break_replacements(self, job: str) -> None:
        """Its copies that start from now on never become healthy."""

    def kill_agent(self) -> None: ...

    def start_agent(self) -> None: ...

    def restart_agent(self) -> None: ...

    def stop_server(self, name: str) -> None: ...


def until(cluster: Cluster, path: str, met: Callable[[Any], bool], tries: int = 400) -> Any:
    """Asked again each second until the answer is as wanted."""
    for _ in range(tries):
        answer = cluster.call("GET", path, EVERYWHERE if path == ALLOCATIONS else None)
        if answer.status == 200 and met(answer.body):
            return answer.body
        cluster.pass_time(1.0)
    raise AssertionError(f"never as wanted: {path}: {answer.body}")


def node_path(cluster: Cluster) -> str:
    return f"/v1/node/{cluster.node_id(cluster.here)}"


def start_drain(cluster: Cluster, deadline: float, meta: dict[str, str], **spec: bool) -> Answer:
    """A deadline below 0 forces."""
    nanoseconds = -1 if deadline < 0 else round(deadline * NANO)
    drain = {"IgnoreSystemJobs": False, **spec, "Deadline": nanoseconds}
    body = {"DrainSpec": drain, "MarkEligible": False, "Meta": meta}
    return cluster.call("PUT", f"{node_path(cluster)}/drain", body=body)


def set_eligibility(cluster: Cluster, eligibility: str) -> Answer:
    body = {"NodeID": cluster.node_id(cluster.here), "Eligibility": eligibility}
    return cluster.call("PUT", f"{node_path(cluster)}/eligibility", body=body)


def read_node(cluster: Cluster) -> Answer:
    return cluster.call("GET", node_path(cluster))


def drain_over(row: Row) -> bool:
    return row["DrainStrategy"] is None and row["LastDrain"]["Status"] != "draining"


def settled(rows: list[Row]) -> bool:
    """Whatever was told to stop has ended, whatever is wanted runs and was judged."""
    return all(
        row["ClientStatus"] in {"complete", "failed", "lost", "unknown"}
        or (
            row["DesiredStatus"] == "run"
            and row["ClientStatus"] in {"running", "pending"}
            and (row["JobType"] == "batch" or row["DeploymentStatus"] is not None)
        )
        for row in rows
    )
