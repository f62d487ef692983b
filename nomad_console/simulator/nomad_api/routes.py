"""Every path of an agent's API."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from nomad_console.simulator.nomad.cluster import NomadCluster
from nomad_console.simulator.nomad_api import (
    agents,
    client_calls,
    logs,
    operator,
    reads_allocations,
    reads_evaluations,
    reads_jobs,
    reads_nodes,
    reads_services,
    search,
    statics,
    writes,
)
from nomad_console.simulator.nomad_api.acl import Acl
from nomad_console.simulator.nomad_api.agents import Agent
from nomad_console.simulator.nomad_api.calls import Answer
from nomad_console.simulator.nomad_api.connections import STREAM_PATH
from nomad_console.simulator.nomad_api.endpoint import Endpoint, Handler, respond
from nomad_console.simulator.nomad_api.event_stream import EventStreamEndpoint
from nomad_console.simulator.nomad_api.view import View
from nomad_console.simulator.pace import Pace
from nomad_console.simulator.timeline import Timeline

Handlers = dict[str, Handler]


def _get(function: object, **options: bool) -> Handlers:
    return {"GET": Handler(function, **options)}  # type: ignore[arg-type]  # told apart by of_agent


def _put(function: object, **options: bool) -> Handlers:
    """Nomad takes PUT and POST alike."""
    handler = Handler(function, **options)  # type: ignore[arg-type]  # told apart by of_agent
    return {"PUT": handler, "POST": handler}


# Of what the store holds: blocking, with an index.
_READS: dict[str, Handlers] = {
    "/v1/nodes": _get(reads_nodes.nodes),
    "/v1/node/pools": _get(reads_nodes.node_pools),
    "/v1/node/pool/{pool}": _get(reads_nodes.node_pool),
    "/v1/node/pool/{pool}/nodes": _get(reads_nodes.nodes),
    "/v1/node/{id}": _get(reads_nodes.node),
    "/v1/node/{id}/allocations": _get(reads_nodes.node_allocations),
    "/v1/namespaces": _get(reads_nodes.namespaces),
    "/v1/namespace/{name}": _get(reads_nodes.namespace),
    "/v1/allocations": _get(reads_allocations.allocations),
    "/v1/allocation/{id}": _get(reads_allocations.allocation),
    "/v1/evaluations": _get(reads_evaluations.evaluations),
    "/v1/evaluations/count": _get(reads_evaluations.evaluations_count),
    "/v1/evaluation/{id}": _get(reads_evaluations.evaluation),
    "/v1/evaluation/{id}/allocations": _get(reads_allocations.evaluation_allocations),
    "/v1/deployments": _get(reads_evaluations.deployments),
    "/v1/deployment/{id}": _get(reads_evaluations.deployment),
    "/v1/deployment/allocations/{id}": _get(reads_allocations.deployment_allocations),
    "/v1/services": _get(reads_services.services),
    "/v1/service/{name}": _get(reads_services.service),
    "/v1/jobs": _get(reads_jobs.jobs),
    "/v1/jobs/statuses": _get(reads_jobs.jobs_statuses) | _put(reads_jobs.jobs_statuses),
    "/v1/job/{job:path}/allocations": _get(reads_jobs.job_allocations),
    "/v1/job/{job:path}/evaluations": _get(reads_jobs.job_evaluations),
    "/v1/job/{job:path}/deployments": _get(reads_jobs.job_deployments),
    "/v1/job/{job:path}/deployment": _get(reads_jobs.job_deployment),
    "/v1/job/{job:path}/summary": _get(reads_jobs.job_summary),
    "/v1/job/{job:path}/versions": _get(reads_jobs.job_versions),
    "/v1/job/{job:path}/services": _get(reads_jobs.job_services),
    "/v1/job/{job:path}/scale": _get(reads_jobs.job_scale) | _put(writes.job_scale),
    "/v1/acl/token/self": _get(statics.token_self, open=True),
    "/v1/acl/policy/{name}": _get(statics.policy),
    "/v1/volumes": _get(statics.volumes),
    "/v1/vars": _get(statics.variables),
    "/v1/var/{path:path}": _get(statics.variable),
    "/v1/operator/scheduler/configuration": _get(statics.scheduler_configuration),
    "/v1/search": _put(search.prefix),
    "/v1/search/fuzzy": _put(search.fuzzy),
}

# PUT or POST; a path without handlers is known to Nomad but not simulated: 405, and not a job
# whose id ends like it.
_WRITES: dict[str, Handlers] = {
    "/v1/node/{id}/drain": _put(writes.drain),
    "/v1/node/{id}/eligibility": _put(writes.eligibility),
    "/v1/node/{id}/purge": _put(writes.purge),
    "/v1/node/{id}/evaluate": _put(writes.node_evaluate),
    "/v1/job/{job:path}/evaluate": _put(writes.job_evaluate),
    "/v1/job/{job:path}/plan": {},
    "/v1/allocation/{id}/stop": _put(writes.allocation_stop),
    "/v1/client/allocation/{id}/restart": _put(writes.allocation_restart),
    "/v1/client/allocation/{id}/signal": _put(writes.allocation_signal),
    "/v1/system/gc": _put(writes.system_gc),
    "/v1/system/reconcile/summaries": _put(writes.reconcile_summaries),
    "/v1/operator/raft/transfer-leadership": _put(writes.transfer_leadership),
}

# Of the agent that is asked, its servers or a client behind it: without an index.
_AGENT: dict[str, Handlers] = {
    "/v1/agent/self": _get(agents.agent_self, of_agent=True, local=True),
    "/v1/agent/health": _get(agents.agent_health, of_agent=True, local=True, open=True),
    "/v1/agent/members": _get(agents.agent_members, of_agent=True, local=True),
    "/v1/metrics": _get(statics.metrics, local=True, open=True),
    "/v1/regions": _get(statics.regions, local=True, open=True),
    "/v1/status/leader": _get(operator.leader, open=True, of_leader=True),
    "/v1/status/peers": _get(operator.peers, open=True),
    "/v1/operator/raft/configuration": _get(operator.raft_configuration),
    "/v1/operator/autopilot/configuration": _get(operator.autopilot_configuration),
    "/v1/operator/autopilot/health": _get(operator.autopilot_health, of_leader=True),
    "/v1/client/stats": _get(client_calls.client_stats, of_agent=True, local=True),
    "/v1/client/allocation/{id}/stats": _get(client_calls.allocation_stats),
    "/v1/client/allocation/{id}/checks": _get(client_calls.allocation_checks),
    "/v1/client/fs/ls/{id}": _get(client_calls.list_files),
}


async def _nothing_here(scope: Scope, receive: Receive, send: Send) -> None:
    answer = Answer(text="", status=404)
    await respond(Request(scope, receive), answer, {})(scope, receive, send)


def nomad_view(
    cluster: NomadCluster, timeline: Timeline, pace: Pace, acl: Acl | None = None
) -> View:
    """One for a cluster: all its agents' applications share it."""
    return View(cluster, timeline, pace, acl)


def nomad_app(view: View, agent: str = "") -> ASGIApp:
    """The API of one agent, by the name of its machine or server; the first server by default."""
    answering = Agent(view, agent)
    routes = [
        Route(path, Endpoint(view, answering, handlers))
        for path, handlers in (*_AGENT.items(), *_WRITES.items(), *_READS.items())
    ]
    routes.append(Route(STREAM_PATH, EventStreamEndpoint(view)))
    routes.append(Route("/v1/client/fs/logs/{id}", logs.Logs(view)))
    # a job's id may hold slashes: only what names no part of a job is the id itself
    routes.append(Route("/v1/job/{job:path}", Endpoint(view, answering, _get(reads_jobs.job))))
    app = Starlette(routes=routes)
    app.router.default = _nothing_here
    app.router.redirect_slashes = False
    return app
