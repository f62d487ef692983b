import base64
from typing import Any

import pytest

from nomad_console.simulator.consul.sessions import WantedSession
from nomad_console.simulator.consul.txn import TxnMalformed, TxnRefused, only_reads, transact
from tests.support.consul_world import ConsulWorld


def op(verb: str, key: str = "k", value: bytes | None = None, **fields: Any) -> dict[str, Any]:
    encoded = None if value is None else base64.b64encode(value).decode()
    return {"KV": {"Verb": verb, "Key": key, "Value": encoded, **fields}}


def test_all_operations_share_one_index() -> None:
    world = ConsulWorld()
    session = world.sessions.create(WantedSession(), "s1")
    lock = op("lock", "lock", b"me", Session=session)
    results = transact(world.store, [lock, op("set", "a", b"1"), op("get", "a")])
    rows = [each["KV"] for each in results]
    assert {row["ModifyIndex"] for row in rows} == {world.catalog.raft.index}
    assert [row["Value"] for row in rows] == [None, None, b"1"]
    check = op("check-session", "lock", Session=session)
    unlock = op("unlock", "lock", b"", Session=session)
    index = world.store.entries["a"].modified
    transact(world.store, [check, unlock, op("check-index", "a", Index=index), op("delete", "a")])
    assert world.store.entries["lock"].session == ""
    assert "a" not in world.store.entries


def test_one_refusal_undoes_everything_and_each_refusal_is_named() -> None:
    world = ConsulWorld()
    transact(world.store, [op("set", "a", b"1")])
    index = world.catalog.raft.index
    operations = [
        op("set", "b", b"2"),
        op("cas", "a", b"2", Index=1),
        op("lock", "a", b"", Session="0" * 36),
        op("unlock", "a", Session="x"),
        op("delete-cas", "a", Index=1),
        op("check-index", "a", Index=1),
        op("check-session", "a", Session="x"),
        op("check-not-exists", "a"),
        op("check-index", "none"),
        op("get", "none"),
        op("grow", "a"),
    ]
    with pytest.raises(TxnRefused) as refused:
        transact(world.store, operations)
    assert list(world.store.entries) == ["a"]
    assert world.catalog.raft.index == index
    words = {each["OpIndex"]: each["What"] for each in refused.value.errors}
    assert words == {
        1: 'failed to set key "a", index is stale',
        2: f'invalid session "{"0" * 36}"',
        3: 'failed to unlock key "a", lock isn\'t held, or is held by another session',
        4: 'failed to delete key "a", index is stale',
        5: f'failed index check for key "a", current modify index {index} != 1',
        6: 'failed session check for key "a", current session "" != "x"',
        7: 'key "a" exists',
        8: 'failed to check index, key "none" doesn\'t exist',
        9: 'key "none" doesn\'t exist',
        10: 'unknown KV verb "grow"',
    }


def test_trees_are_read_and_deleted_whole() -> None:
    world = ConsulWorld()
    transact(world.store, [op("set", key, b"") for key in ("a/1", "a/2", "b")])
    found = transact(world.store, [op("get-tree", "a/"), op("check-not-exists", "zz")])
    assert [each["KV"]["Key"] for each in found] == ["a/1", "a/2"]
    transact(world.store, [op("delete-tree", "a/")])
    assert list(world.store.entries) == ["b"]


def test_what_is_no_list_of_key_operations() -> None:
    store = ConsulWorld().store
    malformed: list[list[dict[str, Any]]] = [
        [{"Node": {}}],
        [op("get")] * 65,
        [{"KV": {"Verb": "set", "Value": "?"}}],
    ]
    for operations in malformed:
        with pytest.raises(TxnMalformed):
            transact(store, operations)


def test_only_reads_are_known_as_such() -> None:
    assert only_reads([op("get"), op("check-index"), op("grow")])
    assert not only_reads([op("get"), op("set")])
