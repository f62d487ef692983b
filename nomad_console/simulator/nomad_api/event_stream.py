"""GET /v1/event/stream: accepted, or refused by saying nothing."""

import asyncio
import re
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from nomad_console.simulator.nomad.refusals import Refusal
from nomad_console.simulator.nomad_api.calls import Answer
from nomad_console.simulator.nomad_api.endpoint import respond, secret_of
from nomad_console.simulator.nomad_api.errors import invalid_method
from nomad_console.simulator.nomad_api.stream import Subscription
from nomad_console.simulator.nomad_api.view import ALL, View

REFUSED_CLOSES_AFTER = 35.0  # seconds; real ones were seen to close after 35 or 67

_HEADERS = {
    "Connection": "close",
    "Cache-Control": "no-cache",
    "Content-Type": "application/json",
    "Vary": "Accept-Encoding",
}


class EventStreamEndpoint:
    """An ASGI application; the 200 is written before anything is checked but the index."""

    def __init__(self, view: View) -> None:
        self._view = view

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            if request.method != "GET":
                raise invalid_method()
            lines = self._lines(request, _index(request.query_params.get("index", "")))
        except Refusal as refusal:
            answer = Answer(text=refusal.text, status=refusal.status)
            await respond(request, answer, {})(scope, receive, send)
            return
        await StreamingResponse(lines, headers=_HEADERS)(scope, receive, send)

    def _lines(self, request: Request, index: int) -> AsyncIterator[bytes]:
        view = self._view
        secret = secret_of(request)
        wanted = request.query_params.get("namespace") or "default"
        # those made later are not in it
        namespaces = view.state.namespaces if wanted == ALL else {wanted}
        subscription = Subscription.of(request.query_params.getlist("topic"), frozenset(namespaces))

        def permitted() -> bool:
            return subscription.permitted(view.acl.rights(secret))

        def still_permitted() -> bool:
            try:
                return permitted()
            except Refusal:  # its token has expired
                return False

        try:
            if not permitted():
                return self._silence()
        except Refusal:
            return _closed()
        return view.streams.follow(subscription, index, still_permitted)

    async def _silence(self) -> AsyncIterator[bytes]:
        closed = asyncio.Event()
        timer = self._view.timeline.after(REFUSED_CLOSES_AFTER, closed.set)
        try:
            await closed.wait()
        finally:
            timer.cancel()
        return
        yield b""  # makes this a generator


async def _closed() -> AsyncIterator[bytes]:
    return
    yield b""  # makes this a generator


def _index(text: str) -> int:
    if text and not re.fullmatch(r"-?\d{1,19}", text):
        raise Refusal(400, f'Unable to parse index: strconv.Atoi: parsing "{text}": invalid syntax')
    return int(text or 0)
