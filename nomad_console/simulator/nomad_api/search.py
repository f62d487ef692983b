"""POST /v1/search and /v1/search/fuzzy."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from nomad_console.simulator.nomad.refusals import Refusal
from nomad_console.simulator.nomad.state import Row
from nomad_console.simulator.nomad_api.calls import Answer, Call
from nomad_console.simulator.nomad_api.view import ALL, View

LIMIT = 20  # of each kind (search_endpoint.go, truncateLimit)
MIN_TERM = 2  # characters (search block of the agent's configuration, min_term_length)
_PREFIX_CONTEXTS = ("allocs", "deployment", "evals", "jobs", "namespaces", "node_pools", "nodes")
_TRUNCATIONS = (
    *_PREFIX_CONTEXTS,
    "host_volumes",
    "plugins",
    "scaling_policy",
    "vars",
    "volumes",
)
_IN_NAMESPACES = {"allocs", "deployment", "evals", "jobs"}


def prefix(view: View, call: Call) -> Answer:
    """Ids that begin with the text, at most twenty of each kind."""
    body = call.json()
    text = str(body.get("Prefix") or "")
    contexts = _contexts(body.get("Context"))
    matches: dict[str, list[str]] = {}
    cut: dict[str, bool] = {}
    for context in contexts:
        found = sorted(name for name in _ids(view, call, context) if name.startswith(text))
        matches[context] = found[:LIMIT]
        cut[context] = len(found) > LIMIT
    return _answer(view, matches, cut)


def fuzzy(view: View, call: Call) -> Answer:
    """Names that contain the text; each with where it is found."""
    body = call.json()
    text = str(body.get("Text") or "").lower()
    if len(text) < MIN_TERM:
        raise Refusal(
            500, f"rpc error: fuzzy search query must be at least 2 characters, got {len(text)}"
        )
    namespace = str(body.get("Namespace") or call.query.namespace)
    matches: dict[str, list[Row]] = {}
    for context, name, scope in _named(view, call, namespace):
        if text in name.lower():
            found = matches.setdefault(context, [])
            if len(found) < LIMIT:
                found.append({"ID": name, "Scope": scope})
    return _answer(view, matches, dict.fromkeys(_TRUNCATIONS, False))


def _contexts(wanted: object) -> Iterable[str]:
    """The kinds to look through; refuses one there is not."""
    if wanted in {None, "", "all"}:
        return _PREFIX_CONTEXTS
    if wanted not in _PREFIX_CONTEXTS:
        raise Refusal(500, f'rpc error: context must be one of [allocs ...]; got "{wanted}"')
    return (str(wanted),)


def _visible(call: Call, wanted: str) -> Callable[[Row], bool]:
    return lambda row: (
        wanted in {ALL, row["Namespace"]} and call.rights.may(row["Namespace"], "read-job")
    )


def _ids(view: View, call: Call, context: str) -> Iterator[str]:
    state = view.state
    tables: dict[str, dict[Any, Row]] = {
        "allocs": state.allocations,
        "deployment": state.deployments,
        "evals": state.evaluations,
        "jobs": state.jobs,
        "nodes": state.nodes,
        "node_pools": state.node_pools,
        "namespaces": state.namespaces,
    }
    rows = tables[context].values()
    visible = _visible(call, call.query.namespace)
    if context in _IN_NAMESPACES:
        yield from (row["ID"] for row in rows if visible(row))
    elif context == "nodes":
        if call.rights.allows("node", "read"):
            yield from (row["ID"] for row in rows)
    else:
        yield from (
            row["Name"] for row in rows if context != "namespaces" or call.rights.sees(row["Name"])
        )


def _named(view: View, call: Call, namespace: str) -> Iterator[tuple[str, str, list[str]]]:
    visible = _visible(call, namespace)
    state = view.state
    if call.rights.allows("node", "read"):
        for row in state.nodes.values():
            yield "nodes", row["Name"], [row["ID"]]
    for row in state.jobs.values():
        if visible(row):
            scope = [row["Namespace"], row["ID"]]
            yield "jobs", row["Name"], scope
            for group in row["TaskGroups"]:
                yield "groups", group["Name"], scope
                for service in group["Services"] or ():
                    yield "services", service["Name"], [*scope, group["Name"]]
                for task in group["Tasks"]:
                    yield "tasks", task["Name"], [*scope, group["Name"]]
    for row in state.allocations.values():
        if visible(row):
            yield "allocs", row["Name"], [row["Namespace"], row["ID"]]


def _answer(view: View, matches: Any, truncations: dict[str, bool]) -> Answer:
    index = view.state.index
    return Answer(
        {
            "Index": index,
            "KnownLeader": True,
            "LastContact": 0,
            "Matches": matches,
            "NextToken": "",
            "Truncations": truncations,
        },
        index=index,
    )
