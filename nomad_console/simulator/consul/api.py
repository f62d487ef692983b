"""Consul's HTTP API as one Starlette application."""

import random
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nomad_console.clock import Clock
from nomad_console.simulator.consul import reads
from nomad_console.simulator.consul.acl import Acl
from nomad_console.simulator.consul.agent_api import AgentApi
from nomad_console.simulator.consul.answers import (
    Malformed,
    Reader,
    as_json,
    text,
)
from nomad_console.simulator.consul.catalog import Catalog
from nomad_console.simulator.consul.gate import Gate
from nomad_console.simulator.consul.kv import KeyValues
from nomad_console.simulator.consul.kv_api import KvApi
from nomad_console.simulator.consul.session_api import SessionApi
from nomad_console.simulator.consul.sessions import Sessions
from nomad_console.simulator.go_text import FALSE, TRUE


def consul_app(
    catalog: Catalog,
    sessions: Sessions,
    store: KeyValues,
    clock: Clock,
    *,
    acl: Acl | None = None,
) -> Starlette:
    """The API of the catalog's first server."""
    gate = Gate(catalog.datacenter, acl)
    reader = Reader(catalog.raft, clock, random.Random(0))  # its jitter is nobody else's chance
    leader = next(node for node in catalog.nodes.values() if node.server)
    routes = [
        *_catalog_routes(catalog, gate, reader),
        *_health_routes(catalog, gate, reader),
        *AgentApi(catalog, leader, gate).routes(),
        *SessionApi(sessions, leader.name, gate, reader).routes(),
        *KvApi(store, gate, reader).routes(),
        *_nameless_routes(gate),
    ]
    return Starlette(routes=routes, exception_handlers={HTTPStatus.NOT_FOUND: _unknown_path})


async def _unknown_path(request: Request, error: Exception) -> Response:  # noqa: ARG001 — Starlette's form
    return Response(status_code=HTTPStatus.NOT_FOUND)


def _name(request: Request) -> str:
    return str(request.path_params["name"])


def _tags(request: Request) -> list[str]:
    return request.query_params.getlist("tag")


def _passing(request: Request) -> bool:
    value = request.query_params.get("passing", "0")
    if value and value not in TRUE | FALSE:
        raise Malformed("Invalid value for ?passing")
    return value not in FALSE


def _catalog_routes(catalog: Catalog, gate: Gate, reader: Reader) -> list[Route]:
    async def datacenters(request: Request) -> Response:
        return as_json(request, [catalog.datacenter])

    services = reads.UiServices(catalog)
    readings = {
        "/v1/catalog/nodes": lambda _: reads.catalog_nodes(catalog),
        "/v1/catalog/services": lambda _: reads.catalog_services(catalog),
        "/v1/catalog/service/{name}": lambda request: reads.catalog_service(
            catalog, _name(request), _tags(request)
        ),
        "/v1/catalog/node/{name}": lambda request: reads.catalog_node(
            catalog, _name(request), listed=False
        ),
        "/v1/catalog/node-services/{name}": lambda request: reads.catalog_node(
            catalog, _name(request), listed=True
        ),
        "/v1/internal/ui/services": lambda _: services.reading(),
        "/v1/internal/ui/nodes": lambda _: reads.ui_nodes(catalog),
        "/v1/internal/ui/node/{name}": lambda request: reads.ui_nodes(catalog, _name(request)),
    }
    return [
        gate.route("/v1/catalog/datacenters", datacenters),
        *(gate.reading(path, reader, each, "catalog") for path, each in readings.items()),
    ]


def _health_routes(catalog: Catalog, gate: Gate, reader: Reader) -> list[Route]:
    readings = {
        "/v1/health/node/{name}": lambda request: reads.health_node(catalog, _name(request)),
        "/v1/health/checks/{name}": lambda request: reads.health_checks(catalog, _name(request)),
        "/v1/health/state/{name}": lambda request: reads.health_state(catalog, _name(request)),
        "/v1/health/service/{name}": lambda request: reads.health_service(
            catalog, _name(request), _tags(request), passing=_passing(request)
        ),
    }
    return [gate.reading(path, reader, each, "catalog") for path, each in readings.items()]


def _nameless_routes(gate: Gate) -> list[Route]:
    """What is asked of nothing: the name forgotten."""

    def route(path: str, what: str, method: str = "GET") -> Route:
        async def handler(request: Request) -> Response:  # noqa: ARG001 — every handler takes it
            return text(HTTPStatus.BAD_REQUEST, f"Missing {what}")

        return gate.route(path, handler, (method,))

    return [
        route("/v1/catalog/node/", "node name"),
        route("/v1/catalog/service/", "service name"),
        route("/v1/health/node/", "node name"),
        route("/v1/health/service/", "service name"),
        route("/v1/health/checks/", "service name"),
        route("/v1/health/state/", "check state"),
        route("/v1/session/node/", "node name"),
        route("/v1/session/info/", "session"),
        route("/v1/session/renew/", "session", "PUT"),
        route("/v1/session/destroy/", "session", "PUT"),
    ]
