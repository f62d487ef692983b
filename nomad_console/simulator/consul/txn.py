"""Consul's transactions: all operations of /v1/txn or none."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from nomad_console.simulator.consul.kv import Entry, KeyValues, KvRefused
from nomad_console.simulator.consul.records import Row
from nomad_console.simulator.consul.sessions import SessionRefused

MOST_OPERATIONS = 64  # agent/txn_endpoint.go, maxTxnOps
WRITING = {"set", "cas", "lock", "unlock", "delete", "delete-cas", "delete-tree"}
READING = {"get", "get-tree", "check-index", "check-session", "check-not-exists"}


class TxnRefused(KvRefused):
    """The refusals of one transaction: HTTP 409."""

    def __init__(self, errors: list[Row]) -> None:
        super().__init__("transaction refused")
        self.errors = errors


class TxnMalformed(Exception):
    """The body is no list of operations: HTTP 400, too long a list 413."""

    def __init__(self, words: str, status: int = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(words)
        self.status = status


def only_reads(operations: list[Row]) -> bool:
    """A verb that nobody knows writes nothing either."""
    return not any(each.get("KV", {}).get("Verb") in WRITING for each in operations)


def transact(store: KeyValues, operations: list[Row]) -> list[Row]:
    """The results in order; TxnRefused with every refusal, and nothing written."""
    if len(operations) > MOST_OPERATIONS:
        raise TxnMalformed(
            f"Transaction contains too many operations ({len(operations)} > {MOST_OPERATIONS})",
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        )
    return store.write(lambda index: _apply(store, [_kv(each) for each in operations], index))


def _kv(operation: Row) -> Row:
    wanted = operation.get("KV")
    if not isinstance(wanted, dict):
        raise TxnMalformed("Failed to parse body: only KV operations are known here")
    return wanted


def _apply(store: KeyValues, operations: list[Row], index: int) -> list[Row]:
    results: list[Row] = []
    errors: list[Row] = []
    for number, wanted in enumerate(operations):
        try:
            found = _operate(store, wanted, index)
        except (KvRefused, SessionRefused) as refusal:
            errors.append({"OpIndex": number, "What": str(refusal)})
            continue
        reads = wanted["Verb"] in ("get", "get-tree")
        results += [{"KV": entry.row(with_value=reads)} for entry in found]
    if errors:
        raise TxnRefused(errors)
    return results


def _operate(store: KeyValues, wanted: Row, index: int) -> list[Entry]:
    """The entries the operation answers with; KvRefused in the words of its verb."""
    verb, key = str(wanted.get("Verb", "")), str(wanted.get("Key", ""))
    expected = int(wanted.get("Index") or 0)
    entry = _entry(wanted, key)
    writes: dict[str, tuple[Callable[[], bool], str]] = {
        "set": (lambda: store.put(replace(entry, session=""), index), ""),
        "cas": (
            lambda: store.check_and_set(entry, expected, index),
            f'failed to set key "{key}", index is stale',
        ),
        "lock": (
            lambda: store.acquire(entry, index),
            f'failed to lock key "{key}", lock is already held',
        ),
        "unlock": (
            lambda: store.release(entry, index),
            f'failed to unlock key "{key}", lock isn\'t held, or is held by another session',
        ),
        "delete": (lambda: store.delete(key, index), ""),
        "delete-cas": (
            lambda: store.check_and_delete(key, expected, index),
            f'failed to delete key "{key}", index is stale',
        ),
        "delete-tree": (lambda: store.delete_tree(key, index), ""),
    }
    if verb in READING:
        return _read(store, verb, wanted)
    if verb not in writes:
        raise KvRefused(f'unknown KV verb "{verb}"')
    write, refusal = writes[verb]
    if not write():
        raise KvRefused(refusal)
    return [] if verb.startswith("delete") else [store.entries[key]]


def _read(store: KeyValues, verb: str, wanted: Row) -> list[Entry]:
    key, session = str(wanted.get("Key", "")), str(wanted.get("Session") or "")
    expected = int(wanted.get("Index") or 0)
    if verb == "get-tree":
        return [store.entries[name] for name in store.below(key)]
    entry = store.entries.get(key)
    if verb == "check-not-exists":
        if entry is not None:
            raise KvRefused(f'key "{key}" exists')
        return []
    if entry is None:
        doing = {
            "check-index": "failed to check index, ",
            "check-session": "failed to check session, ",
        }
        raise KvRefused(f'{doing.get(verb, "")}key "{key}" doesn\'t exist')
    if verb == "check-index" and entry.modified != expected:
        raise KvRefused(
            f'failed index check for key "{key}", '
            f"current modify index {entry.modified} != {expected}"
        )
    if verb == "check-session" and entry.session != session:
        raise KvRefused(
            f'failed session check for key "{key}", '
            f'current session "{entry.session}" != "{session}"'
        )
    return [entry]


def _entry(wanted: dict[str, Any], key: str) -> Entry:
    try:
        value = base64.b64decode(wanted.get("Value") or "", validate=True)
    except binascii.Error as error:
        raise TxnMalformed(f"Failed to parse body: {error}") from error
    return Entry(key, value, int(wanted.get("Flags") or 0), str(wanted.get("Session") or ""))
