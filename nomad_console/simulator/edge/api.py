"""Traefik's own API, one for each edge, under `/edges/<node name>`; bodies as of Traefik 3.7."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from nomad_console.simulator.edge.proxies import Edge

Find = Callable[[str], Edge | None]  # the edge that listens on a node now
Started = Callable[[Edge], str]  # when its process began
Body = dict[str, Any]

_OBSERVED = {"accessLogs": True, "metrics": True, "tracing": True, "traceVerbosity": "minimal"}
# Traefik puts its own routers above any rule's length: the largest of int64, and one less
_INTERNAL_PRIORITY = {"api": 9223372036854775806, "ping": 9223372036854775807}
_NONE = {"total": 0, "warnings": 0, "errors": 0}


def _router(service: str) -> Body:
    """A rule's priority is its length, as Traefik sorts rules unless told otherwise."""
    rule = f"Host(`{service}.demo`)"
    return {
        "entryPoints": ["web"],
        "service": service,
        "rule": rule,
        "priority": len(rule),
        "observability": _OBSERVED,
        "status": "enabled",
        "using": ["web"],
    }


def _internal_router(name: str) -> Body:
    return {
        "entryPoints": ["traefik"],
        "service": f"{name}@internal",
        "rule": f"PathPrefix(`/{name}`)",
        "ruleSyntax": "default",
        "priority": _INTERNAL_PRIORITY[name],
        "observability": _OBSERVED,
        "status": "enabled",
        "using": ["traefik"],
    }


def routers(edge: Edge) -> dict[str, Body]:
    found = {f"{service}@consulcatalog": _router(service) for service in edge.routes}
    internal = {f"{name}@internal": _internal_router(name) for name in _INTERNAL_PRIORITY}
    return dict(sorted((found | internal).items()))


def services(edge: Edge) -> dict[str, Body]:
    """Every service with the servers this edge would send a request to now."""
    found: dict[str, Body] = {}
    for service, servers in edge.routes.items():
        urls = [f"http://{address}:{port}" for address, port in servers]
        found[f"{service}@consulcatalog"] = {
            "loadBalancer": {
                "servers": [{"url": url} for url in urls],
                "strategy": "wrr",
                "passHostHeader": True,
                "responseForwarding": {"flushInterval": "100ms"},
            },
            "status": "enabled",
            "usedBy": [f"{service}@consulcatalog"],
            "serverStatus": dict.fromkeys(sorted(urls), "UP"),
        }
    for name in _INTERNAL_PRIORITY:
        found[f"{name}@internal"] = {"status": "enabled", "usedBy": [f"{name}@internal"]}
    found["noop@internal"] = {"status": "enabled"}
    return dict(sorted(found.items()))


def _named(name: str, body: Body) -> Body:
    """A body as lists carry it."""
    named = {**body, "name": name, "provider": name.rpartition("@")[2]}
    if "priority" in body:
        named["priorityStr"] = str(body["priority"])
    if "loadBalancer" in body:
        named["type"] = "loadbalancer"
    return named


def _listing(bodies: dict[str, Body], request: Request) -> Response:
    """One page: `page` from 1 and `per_page` (100); X-Next-Page is 1 on the last one."""
    rows = [_named(name, body) for name, body in bodies.items()]
    page = int(request.query_params.get("page", "1"))
    size = int(request.query_params.get("per_page", "100"))
    following = str(page + 1) if page * size < len(rows) else "1"
    return JSONResponse(rows[(page - 1) * size : page * size], headers={"X-Next-Page": following})


def _entrypoint(name: str, address: str) -> Body:
    return {
        "address": address,
        "transport": {
            "lifeCycle": {"graceTimeOut": "10s"},
            "respondingTimeouts": {"readTimeout": "1m0s", "idleTimeout": "3m0s"},
        },
        "forwardedHeaders": {},
        "http": {
            "sanitizePath": True,
            "maxHeaderBytes": 1048576,
            "underscoreHeadersStrategy": "keep",
        },
        "http2": {
            "maxConcurrentStreams": 250,
            "maxDecoderHeaderTableSize": 4096,
            "maxEncoderHeaderTableSize": 4096,
        },
        "udp": {"timeout": "3s"},
        "name": name,
    }


def _overview(edge: Edge) -> Body:
    def total(bodies: dict[str, Body]) -> Body:
        return _NONE | {"total": len(bodies)}

    nothing = {"routers": _NONE, "services": _NONE}
    return {
        "http": {
            "routers": total(routers(edge)),
            "services": total(services(edge)),
            "middlewares": _NONE,
        },
        "tcp": {**nothing, "middlewares": _NONE},
        "udp": nothing,
        "certificates": _NONE,
        "features": {"tracing": "", "metrics": "", "accessLog": False},
        "providers": ["ConsulCatalog"],
    }


def _one(kind: str, bodies: dict[str, Body], name: str) -> Response:
    if name not in bodies:
        return JSONResponse(
            {"message": f"{kind} not found: {name}"},
            status_code=404,
            headers={"Content-Type": "text/plain; charset=utf-8"},
        )
    return JSONResponse(_named(name, bodies[name]))


def _entrypoints(edge: Edge) -> list[Body]:
    address, web = edge.app.address, next(iter(edge.app.ports.values()), 80)
    return [_entrypoint("traefik", f"{address}:8080"), _entrypoint("web", f"{address}:{web}")]


_LISTS: dict[str, Callable[[Edge], dict[str, Body]]] = {"routers": routers, "services": services}
_READS: dict[str, Callable[[Edge], Body]] = {
    "api/overview": _overview,
    "api/rawdata": lambda edge: {"routers": routers(edge), "services": services(edge)},
}


def _answer(edge: Edge, path: str, request: Request, started: str) -> Response:
    """What this edge says to one GET of `/api/…` or `/ping`."""
    if path == "ping":
        status = edge.app.status
        return PlainTextResponse("OK" if status == HTTPStatus.OK else "", status_code=status)
    if path in _READS:
        return JSONResponse(_READS[path](edge))
    if path == "api/version":
        return JSONResponse({"Version": "3.7.9", "Codename": "cheddar", "startDate": started})
    if path == "api/entrypoints":
        return JSONResponse(_entrypoints(edge), headers={"X-Next-Page": "1"})
    return _http(edge, path.removeprefix("api/http/"), request)


def _http(edge: Edge, path: str, request: Request) -> Response:
    """Routers and services, all or one."""
    kind, _, name = path.partition("/")
    if kind not in _LISTS:
        return PlainTextResponse("404 page not found\n", status_code=404)
    bodies = _LISTS[kind](edge)
    return _one(kind.removesuffix("s"), bodies, name) if name else _listing(bodies, request)


def edges_app(find: Find, started: Started) -> Starlette:
    """`find(node name)` gives the edge listening there; without one: 502, as nobody is there."""

    async def read(request: Request) -> Response:
        node = request.path_params["node"]
        edge = find(node)
        if edge is None:
            return PlainTextResponse(f"connection refused: no edge on {node}\n", status_code=502)
        return _answer(edge, request.path_params["path"], request, started(edge))

    return Starlette(routes=[Route("/edges/{node}/{path:path}", read, methods=["GET"])])
