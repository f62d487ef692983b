"""/v1/kv and /v1/txn."""

from http import HTTPStatus
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nomad_console.simulator.consul.acl import Right
from nomad_console.simulator.consul.answers import (
    Malformed,
    Reader,
    as_json,
    index_headers,
    missing,
    text,
)
from nomad_console.simulator.consul.gate import Gate
from nomad_console.simulator.consul.kv import Entry, KeyValues, KvRefused
from nomad_console.simulator.consul.reads import Reading
from nomad_console.simulator.consul.records import Row
from nomad_console.simulator.consul.txn import TxnMalformed, TxnRefused, only_reads, transact


class KvApi:
    """A refused write is 200 `false`; a missing key is an empty 404."""

    def __init__(self, store: KeyValues, gate: Gate, reader: Reader) -> None:
        self._store = store
        self._gate = gate
        self._reader = reader

    def routes(self) -> list[Route]:
        return [
            self._gate.route("/v1/kv/{key:path}", self._kv, ("GET", "PUT", "DELETE")),
            self._gate.route("/v1/txn", self._txn, ("PUT",)),
        ]

    async def _kv(self, request: Request) -> Response:
        key = request.path_params["key"]
        if request.method == "GET":
            return await self._get(request, key)
        self._gate.demand(request, "kv:write")
        changes = request.query_params.keys() & {"acquire", "release", "cas"}
        if len(changes) > 1:
            given = "&".join(f"{each}={request.query_params[each]}" for each in sorted(changes))
            raise Malformed(f"Conflicting flags: {given}")
        if request.method == "DELETE":
            return as_json(request, self._delete(request, key))
        if not key:
            raise Malformed("Missing key name")
        return as_json(request, self._put(request, key, await request.body()))

    async def _get(self, request: Request, key: str) -> Response:
        """One key without the right is refused; a tree shows what may be seen: nothing."""
        asked = request.query_params
        tree = "recurse" in asked or "keys" in asked
        if not key and not tree:
            raise Malformed("Missing key name")
        visible = "kv:read" in self._gate.rights(request)
        if not tree:
            self._gate.demand(request, "kv:read")
        reading = Reading(
            ("kvs",), lambda: self._store.index_of(key, tree=tree), lambda _: None, None
        )
        await self._reader.changed(request, reading)
        headers = index_headers(reading.index())
        found = self._store.below(key) if tree else [key] if key in self._store.entries else []
        names = found if visible else []
        if not names and (key or "keys" not in asked):
            return missing(headers)
        entries = [self._store.entries[name] for name in names]
        if "keys" in asked:
            return as_json(request, _folded(names, key, asked.get("separator", "")), headers)
        if "raw" in asked and not tree:
            return Response(entries[0].value or b"", headers=headers | _RAW)
        return as_json(request, [entry.row() for entry in entries], headers)

    def _put(self, request: Request, key: str, value: bytes) -> bool:
        """A plain write, or one that depends on a session or an index: then False if refused."""
        asked = request.query_params
        flags = _number(asked.get("flags", "0"))
        store, entry = self._store, Entry(key, value, flags)
        if "acquire" in asked:
            held = Entry(key, value, flags, asked["acquire"])
            return store.write(lambda index: store.acquire(held, index))
        if "release" in asked:
            held = Entry(key, value, flags, asked["release"])
            return store.write(lambda index: store.release(held, index))
        if "cas" in asked:
            expected = _number(asked["cas"])
            return store.write(lambda index: store.check_and_set(entry, expected, index))
        return store.write(lambda index: store.put(entry, index))

    def _delete(self, request: Request, key: str) -> bool:
        asked, store = request.query_params, self._store
        if "recurse" in asked:
            return store.write(lambda index: store.delete_tree(key, index))
        if not key:
            raise Malformed("Missing key name")
        if "cas" in asked:
            expected = _number(asked["cas"])
            return store.write(lambda index: store.check_and_delete(key, expected, index))
        return store.write(lambda index: store.delete(key, index))

    async def _txn(self, request: Request) -> Response:
        """409 with a reason for each refused operation; reads alone need less and tell more."""
        body = await request.body()
        try:
            operations = msgspec.json.decode(body, type=list[dict[str, dict[str, Any]]])
        except msgspec.DecodeError as error:
            return text(HTTPStatus.BAD_REQUEST, f"Failed to parse body: {error}")
        reading = only_reads(operations)
        right: Right = "kv:read" if reading else "kv:write"
        answer: Row
        try:
            _permit(operations, allowed=right in self._gate.rights(request))
            results = transact(self._store, operations)
            status, answer = HTTPStatus.OK, {"Results": results, "Errors": None}
        except TxnRefused as refusal:
            status, answer = HTTPStatus.CONFLICT, {"Results": None, "Errors": refusal.errors}
        except TxnMalformed as error:
            return text(error.status, str(error))
        headers = {}
        if reading:
            answer |= {"Index": 0, "LastContact": 0, "KnownLeader": True, "ConsistencyLevel": ""}
            headers = {"X-Consul-Knownleader": "true", "X-Consul-Lastcontact": "0"}
        return as_json(request, answer, headers, status)


_RAW = {  # a stored value must not run in a browser as a page of this origin
    "Vary": "Accept-Encoding",
    "Content-Type": "text/plain",
    "Content-Security-Policy": "sandbox",
    "X-Content-Type-Options": "nosniff",
}


def _permit(operations: list[Row], *, allowed: bool) -> None:
    """TxnRefused for each operation where the token has no right to any."""
    if not allowed:
        raise TxnRefused(
            [{"OpIndex": place, "What": "Permission denied"} for place, _ in enumerate(operations)]
        )


def _folded(names: list[str], prefix: str, separator: str) -> list[str]:
    """Names up to the first separator after the prefix, each once."""
    if not separator:
        return names
    folded: dict[str, None] = {}
    for name in names:
        end = name.find(separator, len(prefix))
        folded[name if end < 0 else name[: end + len(separator)]] = None
    return list(folded)


def _number(value: str) -> int:
    if not value.isdigit():
        raise KvRefused(f'strconv.ParseUint: parsing "{value}": invalid syntax')
    return int(value)
