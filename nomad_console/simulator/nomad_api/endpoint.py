"""One path over HTTP: methods, options, tokens, leaders, blocking, headers and gzip."""

import asyncio
import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from nomad_console.simulator.nomad.refusals import Refusal
from nomad_console.simulator.nomad_api.acl import MANAGEMENT
from nomad_console.simulator.nomad_api.agents import Agent
from nomad_console.simulator.nomad_api.calls import Answer, Call, Reading
from nomad_console.simulator.nomad_api.errors import (
    NO_LEADER_AFTER,
    invalid_method,
    no_leader,
    no_path_to_region,
)
from nomad_console.simulator.nomad_api.query import Query
from nomad_console.simulator.nomad_api.view import View

OK = 200
TEXT = "text/plain; charset=utf-8"  # of every refusal, even where its body is JSON

Read = Callable[[View, Call], Reading]
Plain = Callable[[View, Call], Answer]
OfAgent = Callable[[View, Call, Agent], Answer]


@dataclass(frozen=True)
class Handler:
    """What answers one method of a path.

    `open` ones look at no token; `local` ones are answered by the agent itself, leader or not;
    those `of_leader` have no answer without one, stale or not.
    """

    function: Read | Plain | OfAgent
    of_agent: bool = False
    open: bool = False
    local: bool = False
    of_leader: bool = False


def secret_of(request: Request) -> str:
    header = request.headers.get("authorization", "")
    bearer = header.removeprefix("Bearer ") if header.startswith("Bearer ") else ""
    return request.headers.get("x-nomad-token") or bearer or request.query_params.get("token", "")


async def pause(view: View, seconds: float) -> None:
    """Hold an answer back on the world's timeline."""
    passed = asyncio.Event()
    timer = view.timeline.after(seconds, passed.set)
    try:
        await passed.wait()
    finally:
        timer.cancel()


class Endpoint:
    """An ASGI application for one path of one agent."""

    def __init__(self, view: View, agent: Agent, handlers: Mapping[str, Handler]) -> None:
        self._view = view
        self._agent = agent
        self._handlers = handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        headers: dict[str, str] = {}
        try:
            answer = await self._answer(request, headers)
        except Refusal as refusal:
            answer = Answer(text=refusal.text, status=refusal.status)
        await respond(request, answer, headers)(scope, receive, send)

    async def _answer(self, request: Request, headers: dict[str, str]) -> Answer:
        view = self._view
        if view.slowness:
            await pause(view, view.slowness)
        handler = self._handlers.get(request.method)
        if handler is None:
            raise invalid_method()
        query = Query.read(request.query_params.multi_items())
        if not handler.local:
            await self._reach_leader(query, stale=query.stale and not handler.of_leader)
        secret = secret_of(request)
        call = Call(
            query,
            request.path_params,
            MANAGEMENT if handler.open else view.acl.rights(secret),
            secret,
            await request.body(),
            request.method,
        )
        result = (
            handler.function(view, call, self._agent)  # type: ignore[call-arg]  # of_agent says so
            if handler.of_agent
            else handler.function(view, call)  # type: ignore[call-arg]  # as above
        )
        if isinstance(result, Answer):
            if result.index is not None:
                headers["X-Nomad-Index"] = str(result.index)
            if result.late:
                await pause(view, result.late)
            return result
        return await self._read(query, result, headers)

    async def _reach_leader(self, query: Query, *, stale: bool) -> None:
        cluster = self._view.cluster
        if query.region not in {"", cluster.region}:
            raise no_path_to_region()
        self._view.leaderless_ms()
        if not stale and cluster.leader() is None:
            await pause(self._view, self._view.pace(NO_LEADER_AFTER))
            raise no_leader(through_client=self._agent.is_client)

    async def _read(self, query: Query, reading: Reading, headers: dict[str, str]) -> Answer:
        if query.index:
            await self._view.wakes.beyond(query.index, query.wait, reading.wakes, reading.index)
        known = self._view.cluster.leader() is not None
        headers["X-Nomad-Index"] = str(reading.index())
        headers["X-Nomad-Knownleader"] = "true" if known else "false"
        headers["X-Nomad-Lastcontact"] = str(self._agent.last_contact(stale=query.stale))
        answer = reading.answer()
        if answer.next_token:
            headers["X-Nomad-Nexttoken"] = answer.next_token
        return answer


def respond(request: Request, answer: Answer, headers: dict[str, str]) -> Response:
    """The answer as Nomad puts it on the wire; gzip for whoever takes it, even for an error."""
    headers["Vary"] = answer.vary
    if answer.text is None:
        body = msgspec.json.encode(answer.body)
        headers["Content-Type"] = "application/json" if answer.status == OK else TEXT
    else:
        body = answer.text.encode()
        if body:
            headers["Content-Type"] = TEXT
    if body and "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, compresslevel=1, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(body, status_code=answer.status, headers=headers)
