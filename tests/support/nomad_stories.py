"""The recorded cases played again at a live Nomad, over its API alone."""

from collections.abc import Callable
from functools import partial

from tests.support.nomad_cluster import (
    ALLOCATIONS,
    EVERYWHERE,
    LATEST,
    Cluster,
    Lines,
    Row,
    drain_over,
    node_path,
    read_node,
    set_eligibility,
    settled,
    start_drain,
    until,
)
from tests.support.nomad_parties import UNKNOWN_ID, Answer, Story, Stream
from tests.support.statements import cannot_say
from tests.support.transitions import steps


def told(cluster: Cluster, lines: Lines, reads: dict[str, Answer], begun: int = 0) -> Story:
    """From the events beyond the index at which the case began."""
    events = [
        (at, event)
        for at, line in lines
        for event in line.get("Events", ())
        if line["Index"] > begun
    ]
    return Story(cluster.here, reads, steps(events, cluster.here), list(lines))


def _drained(
    cluster: Cluster,
    deadline: float,
    then: Callable[[dict[str, Answer]], None] | None = None,
    **spec: bool,
) -> Story:
    reads: dict[str, Answer] = {}
    begun = cluster.call("GET", "/v1/nodes").index
    with cluster.following(index=str(LATEST)) as lines:
        reads["start"] = start_drain(cluster, deadline, {"reason": "first"}, **spec)
        if then is not None:
            then(reads)
        until(cluster, node_path(cluster), drain_over)
        reads["node"] = reads.get("node") or read_node(cluster)
        until(cluster, ALLOCATIONS, settled)
    return told(cluster, lines, reads, begun)


def _drain_normal(cluster: Cluster) -> Story:
    cluster.arrange(web=3, api=1, solo=1)
    cluster.run_here("report")
    (api,) = [
        row
        for row in cluster.call("GET", "/v1/job/api/allocations").body
        if row["NodeName"] == cluster.here and row["ClientStatus"] == "running"
    ]
    story = _drained(cluster, 120)
    story.reads["killed"] = cluster.call("GET", f"/v1/allocation/{api['ID']}")
    return story


def _drain(deadline: float, cluster: Cluster, **spec: bool) -> Story:
    cluster.arrange(web=2, api=1, solo=1)
    return _drained(cluster, deadline, None, **spec)


def _drain_system_only(cluster: Cluster) -> Story:
    cluster.arrange()
    return _drained(cluster, 60)


def _drain_deadline(cluster: Cluster) -> Story:
    cluster.arrange(web=2, api=1, solo=1)
    cluster.run_here("report")
    return _drained(cluster, 15)


def _drain_cancelled(cluster: Cluster) -> Story:
    def cancel(reads: dict[str, Answer]) -> None:
        cluster.pass_time(1.5)
        body = {"DrainSpec": None, "MarkEligible": False, "Meta": {"message": "cancelled"}}
        reads["cancel"] = cluster.call("PUT", f"{node_path(cluster)}/drain", body=body)

    cluster.arrange(web=2, api=1, solo=1)
    return _drained(cluster, 120, cancel)


def _drain_stuck_unhealthy(cluster: Cluster) -> Story:
    cluster.arrange(web=1, broken=2)
    cluster.break_replacements("broken")
    return _drained(cluster, 55)


def _drain_blocked(cluster: Cluster) -> Story:
    def shorten(reads: dict[str, Answer]) -> None:
        cluster.pass_time(12.0)
        reads["node"] = read_node(cluster)
        blocked = {**EVERYWHERE, "filter": 'Status == "blocked"'}
        reads["evaluations"] = cluster.call("GET", "/v1/evaluations", blocked)
        reads["update"] = start_drain(cluster, 20, {"reason": "shorter"})
        reads["updated"] = read_node(cluster)
        reads["eligible"] = set_eligibility(cluster, "eligible")

    cluster.arrange(web=2)
    cluster.run_here("pinned")
    return _drained(cluster, 600, shorten)


def _system_jobs_back(cluster: Cluster) -> Story:
    cluster.arrange()
    start_drain(cluster, 60, {})
    until(cluster, node_path(cluster), drain_over)
    until(cluster, ALLOCATIONS, settled)
    begun = cluster.call("GET", "/v1/nodes").index
    with cluster.following(index=str(LATEST)) as lines:
        reads = {"eligible": set_eligibility(cluster, "eligible")}
        cluster.pass_time(2.0)
        until(cluster, ALLOCATIONS, settled)
    return told(cluster, lines, reads, begun)


def _registered_again(cluster: Cluster, reads: dict[str, Answer]) -> Story:
    begun = cluster.call("GET", "/v1/nodes").index
    with cluster.following(index=str(LATEST)) as lines:
        cluster.restart_agent()
        cluster.pass_time(20.0)
    reads["node"] = read_node(cluster)
    return told(cluster, lines, reads, begun)


def _upgrade_inplace(cluster: Cluster) -> Story:
    cluster.arrange(web=1)
    return _registered_again(cluster, {})


def _upgrade_drained(cluster: Cluster) -> Story:
    cluster.arrange(web=1)
    start_drain(cluster, 120, {})
    until(cluster, node_path(cluster), drain_over)
    until(cluster, ALLOCATIONS, settled)
    story = _registered_again(cluster, {})
    story.reads["eligible"] = set_eligibility(cluster, "eligible")
    return story


def _lost(row: Row) -> bool:
    return row["Status"] in {"down", "disconnected"}


def _client_killed(cluster: Cluster) -> Story:
    cluster.arrange(web=1, api=1, keeper=1)
    begun = cluster.call("GET", "/v1/nodes").index
    with cluster.following(index=str(LATEST)) as lines:
        cluster.kill_agent()
        until(cluster, node_path(cluster), _lost)
        reads = {"node": read_node(cluster)}
        until(cluster, ALLOCATIONS, settled)
    for row in cluster.call("GET", "/v1/job/keeper/allocations").body:
        if row["ClientStatus"] == "unknown":
            reads["unknown"] = cluster.call("GET", f"/v1/allocation/{row['ID']}")
    asked = {"node_id": cluster.node_id(cluster.here)}
    reads["stats"] = cluster.call("GET", "/v1/client/stats", asked)
    return told(cluster, lines, reads, begun)


def _client_back(cluster: Cluster) -> Story:
    cluster.arrange(web=1, api=1, keeper=1)
    cluster.kill_agent()
    until(cluster, node_path(cluster), _lost)
    until(cluster, ALLOCATIONS, settled)
    begun = cluster.call("GET", "/v1/nodes").index
    with cluster.following(index=str(LATEST)) as lines:
        cluster.start_agent()
        until(cluster, node_path(cluster), lambda row: row["Status"] == "ready")
        cluster.pass_time(20.0)
        until(cluster, ALLOCATIONS, settled)
    return told(cluster, lines, {}, begun)


def _purge(cluster: Cluster) -> Story:
    cluster.arrange()
    cluster.kill_agent()
    until(cluster, node_path(cluster), _lost)
    path = node_path(cluster)
    reads = {"purge": cluster.call("PUT", f"{path}/purge")}
    reads["gone"] = cluster.call("GET", path)
    cluster.pass_time(1.0)
    reads["allocations"] = cluster.call("GET", f"{path}/allocations")
    cluster.start_agent()
    until(cluster, path, lambda row: row["Status"] == "ready")
    reads["back"] = cluster.call("GET", path)
    return Story(cluster.here, reads)


def _eligibility(cluster: Cluster) -> Story:
    cluster.arrange()
    words = {"ineligible": "ineligible", "eligible": "eligible", "again": "eligible"}
    return Story(cluster.here, {key: set_eligibility(cluster, word) for key, word in words.items()})


def _deploying(row: Row | None) -> bool:
    return row is not None and row["Status"] == "running"


def _scaling(cluster: Cluster) -> Story:
    cluster.arrange(web=2)

    def scaled(count: int, group: str = "web") -> Answer:
        body = {"Count": count, "Target": {"Group": group}, "Message": "one more"}
        return cluster.call("POST", "/v1/job/web/scale", body=body)

    reads = {"unknown": scaled(7, "nope"), "scale": scaled(7)}
    until(cluster, "/v1/job/web/deployment", _deploying)
    return Story(cluster.here, {**reads, "refused": scaled(6)})


def _stop_one(cluster: Cluster, job: str) -> tuple[str, Answer]:
    rows = cluster.call("GET", f"/v1/job/{job}/allocations").body
    running = next(row["ID"] for row in rows if row["ClientStatus"] == "running")
    path = f"/v1/allocation/{running}"
    answer = cluster.call("PUT", f"{path}/stop")
    until(cluster, path, lambda row: row["DesiredStatus"] == "stop")
    return path, answer


def _stopping(cluster: Cluster) -> Story:
    cluster.arrange(web=2)
    path, answer = _stop_one(cluster, "web")
    return Story(cluster.here, {"stop": answer, "allocation": cluster.call("GET", path)})


def _stopped_twice(cluster: Cluster) -> Story:
    """The second time its predecessor has ended."""
    cluster.arrange(solo=1)
    _stop_one(cluster, "solo")
    until(cluster, ALLOCATIONS, settled)
    with cluster.following(index=str(LATEST)) as lines:
        _stop_one(cluster, "solo")
        until(cluster, ALLOCATIONS, settled)
    return told(cluster, lines, {})


def _collection(cluster: Cluster) -> Story:
    return Story(cluster.here, {"collect": cluster.call("PUT", "/v1/system/gc")})


def _three_servers(cluster: Cluster) -> None:
    if cluster.servers < 3:
        cannot_say("needs three servers, one is started")


def _server_down(cluster: Cluster) -> Story:
    _three_servers(cluster)
    cluster.stop_server("s3")
    cluster.pass_time(45.0)
    autopilot = cluster.call("GET", "/v1/operator/autopilot/health")
    members = cluster.call("GET", "/v1/agent/members")
    return Story("", {"autopilot": autopilot, "members": members})


def _transfer(cluster: Cluster) -> Story:
    _three_servers(cluster)
    path = "/v1/operator/raft/transfer-leadership"
    rows = cluster.call("GET", "/v1/operator/raft/configuration").body["Servers"]
    (leader,) = [row for row in rows if row["Leader"]]
    other = next(row for row in rows if not row["Leader"])
    asked = {
        "to-leader": ("POST", {"id": leader["ID"]}),
        "neither": ("POST", {}),
        "both": ("POST", {"id": other["ID"], "address": other["Address"]}),
        "unknown-id": ("POST", {"id": UNKNOWN_ID}),
        "unknown-address": ("POST", {"address": "10.77.0.99:4647"}),
        "get": ("GET", {"id": other["ID"]}),
        "given": ("POST", {"id": other["ID"]}),
    }
    with cluster.following(index=str(LATEST)) as lines:
        reads = {key: cluster.call(method, path, query) for key, (method, query) in asked.items()}
        reads["leader"] = cluster.call("GET", "/v1/status/leader")
        set_eligibility(cluster, "ineligible")
        cluster.pass_time(1.0)
    return Story("", reads, streams={"old": _still_open(lines)})


def _still_open(lines: Lines) -> Stream:
    """One that was followed and did not end."""
    indexes = [line["Index"] for _, line in lines if line]
    return Stream(200, None, bool(lines), indexes, set(), ended=False)


def _no_leader(cluster: Cluster) -> Story:
    _three_servers(cluster)
    with cluster.following(index=str(LATEST)) as lines:
        for name in ("s2", "s3"):
            cluster.stop_server(name)
        cluster.pass_time(31.0)
    stale = {"stale": "true"}
    asked: dict[str, tuple[str, dict[str, str]]] = {
        "nodes": ("/v1/nodes", {}),
        "leader": ("/v1/status/leader", {}),
        "autopilot": ("/v1/operator/autopilot/health", {}),
        "autopilot-stale": ("/v1/operator/autopilot/health", stale),
        "raft": ("/v1/operator/raft/configuration", {}),
        "health": ("/v1/agent/health", {}),
        "members": ("/v1/agent/members", {}),
        "nodes-stale": ("/v1/nodes", stale),
        "raft-stale": ("/v1/operator/raft/configuration", stale),
    }
    reads = {key: cluster.call("GET", path, query) for key, (path, query) in asked.items()}
    reads["write"] = set_eligibility(cluster, "ineligible")
    transfer = "/v1/operator/raft/transfer-leadership"
    reads["transfer"] = cluster.call("POST", transfer, {"id": UNKNOWN_ID})
    reads["through-client"] = cluster.call("GET", "/v1/nodes", agent=cluster.here)
    new = cluster.streamed("topic=Node&namespace=*")
    return Story("", reads, streams={"old": _still_open(lines), "new": new})


def _two_namespaces(cluster: Cluster) -> Story:
    begun = cluster.call("GET", "/v1/jobs").index + 1
    cluster.run_in_prod()
    cluster.run_here("report")
    query = f"topic=Job&index={begun}"
    streams = {"plain": query, "prod": f"{query}&namespace=prod", "every": f"{query}&namespace=*"}
    return Story(
        cluster.here, {}, streams={key: cluster.streamed(text) for key, text in streams.items()}
    )


STORIES: dict[str, Callable[[Cluster], Story]] = {
    "drain-normal": _drain_normal,
    "drain-ignore-system": partial(_drain, 120, IgnoreSystemJobs=True),
    "drain-count1": partial(_drain, 60, IgnoreSystemJobs=True),
    "drain-system-only": _drain_system_only,
    "drain-cancelled": _drain_cancelled,
    "drain-force": partial(_drain, -1),
    "drain-deadline": _drain_deadline,
    "drain-stuck-unhealthy": _drain_stuck_unhealthy,
    "drain-blocked": _drain_blocked,
    "system-jobs-back": _system_jobs_back,
    "upgrade-inplace": _upgrade_inplace,
    "upgrade-drained": _upgrade_drained,
    "client-killed": _client_killed,
    "client-back": _client_back,
    "purge": _purge,
    "eligibility": _eligibility,
    "scaling": _scaling,
    "stopping": _stopping,
    "stopped-twice": _stopped_twice,
    "collection": _collection,
    "two-namespaces": _two_namespaces,
    "server-down": _server_down,
    "transfer": _transfer,
    "no-leader": _no_leader,
}
