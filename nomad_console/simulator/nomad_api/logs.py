"""GET /v1/client/fs/logs/:id: framed or plain, once or followed."""

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from nomad_console.simulator.go_text import rfc3339
from nomad_console.simulator.nomad.refusals import Refusal
from nomad_console.simulator.nomad.state import Row
from nomad_console.simulator.nomad_api.acl import denied
from nomad_console.simulator.nomad_api.calls import Answer
from nomad_console.simulator.nomad_api.client_calls import ORIGIN, reachable
from nomad_console.simulator.nomad_api.endpoint import pause, respond, secret_of
from nomad_console.simulator.nomad_api.query import Query
from nomad_console.simulator.nomad_api.view import View

LINE = b"/\n"  # an app logs the path of each check it answers
LINE_EVERY = 2.0  # seconds between two of them
KEPT = 600.0  # seconds before the world's start of which a log still tells
FRAME = 64 * 1024  # bytes at once (Nomad, client/fs_endpoint.go, streamFrameSize)
BEAT = 1.0  # seconds between the empty frames of a log that is quiet, as recorded


class Logs:
    """An ASGI application. A frame is JSON with no newline after it; an empty one is `{}`."""

    def __init__(self, view: View) -> None:
        self._view = view

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            lines, plain = self._open(request)
        except Refusal as refusal:
            answer = Answer(text=refusal.text, status=refusal.status, vary=ORIGIN)
            await respond(request, answer, {})(scope, receive, send)
            return
        kind = "text/plain" if plain else "application/json"
        headers = {"Content-Type": kind, "Vary": ORIGIN}
        await StreamingResponse(lines, headers=headers)(scope, receive, send)

    def _open(self, request: Request) -> tuple[AsyncIterator[bytes], bool]:
        query = Query.read(request.query_params.multi_items())
        row = reachable(self._view, request.path_params["id"])
        if not self._view.acl.rights(secret_of(request)).may(row["Namespace"], "read-logs"):
            raise denied()
        task, kind = query.fields.get("task", ""), query.fields.get("type", "")
        if not task:
            raise Refusal(400, "must provide task name")
        if kind not in {"stdout", "stderr"}:
            raise Refusal(400, "must provide log type (stdout/stderr)")
        if task not in (row.get("TaskStates") or {}):
            raise Refusal(400, f'unknown task name "{task}"')
        offset = int(query.fields.get("offset") or 0)
        size = self._log(row["ID"], task, kind).size
        begin = max(0, size - offset) if query.fields.get("origin") == "end" else offset
        plain, follow = query.flag("plain"), query.flag("follow")
        return self._chunks(row["ID"], task, kind, begin, plain=plain, follow=follow), plain

    def _log(self, identity: str, task: str, kind: str) -> "_Log":
        """What the app has written by now: its port, then a line for each of its checks."""
        view = self._view
        row = view.state.allocations.get(identity, Row())
        state = (row.get("TaskStates") or {}).get(task) or {}
        if kind == "stderr" or not state.get("StartedAt"):
            return _Log(b"", 0)
        end = datetime.fromisoformat(state.get("FinishedAt") or rfc3339(view.timeline.now()))
        kept_from = view.timeline.now() - timedelta(seconds=view.timeline.elapsed() + KEPT)
        begin = max(datetime.fromisoformat(state["StartedAt"]), kept_from)
        lines = int((end - begin).total_seconds() / view.pace(LINE_EVERY))
        ports = row["AllocatedResources"]["Shared"]["Ports"] or [{"Value": 0}]
        return _Log(b"listening %d\n" % ports[0]["Value"], max(0, lines))

    async def _chunks(
        self, identity: str, task: str, kind: str, begin: int, *, plain: bool, follow: bool
    ) -> AsyncIterator[bytes]:
        file = f"alloc/logs/{task}.{kind}.0"
        while True:
            text = self._log(identity, task, kind).read(begin)
            begin += len(text)
            if plain:
                yield text
            elif text:
                data = base64.b64encode(text).decode()
                yield msgspec.json.encode({"Data": data, "File": file, "Offset": begin})
            else:
                yield b"{}"
            if len(text) == FRAME:
                continue
            if not follow or identity not in self._view.state.allocations:
                return
            await pause(self._view, BEAT)


@dataclass(frozen=True)
class _Log:
    """One file: its first line, and so many alike after it."""

    head: bytes
    lines: int

    @property
    def size(self) -> int:
        return len(self.head) + len(LINE) * self.lines

    def read(self, begin: int) -> bytes:
        """One frame from an offset on; empty at the end."""
        end = min(self.size, begin + FRAME)
        skipped = max(0, begin - len(self.head)) // len(LINE)
        start = len(self.head) + skipped * len(LINE) if begin >= len(self.head) else 0
        text = (b"" if start else self.head) + LINE * (-(-(end - begin) // len(LINE)) + 1)
        return text[begin - start : end - start] if end > begin else b""
