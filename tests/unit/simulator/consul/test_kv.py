import pytest

from nomad_console.simulator.consul.kv import Entry, KvRefused
from nomad_console.simulator.consul.sessions import WantedSession
from tests.support.consul_world import ConsulWorld

SESSION = WantedSession(ttl="10s")


def acquire(world: ConsulWorld, session: str, key: str = "lock", value: bytes = b"v") -> bool:
    return world.store.write(lambda at: world.store.acquire(Entry(key, value, 0, session), at))


def release(world: ConsulWorld, session: str, key: str = "lock") -> bool:
    return world.store.write(lambda at: world.store.release(Entry(key, b"", 0, session), at))


def put(world: ConsulWorld, key: str, value: bytes) -> bool:
    return world.store.write(lambda at: world.store.put(Entry(key, value), at))


def test_a_lock_has_one_holder_until_it_is_released() -> None:
    world = ConsulWorld()
    alice, bob = (world.sessions.create(SESSION, "s1") for _ in range(2))
    assert acquire(world, alice)
    assert not acquire(world, bob)
    assert acquire(world, alice, value=b"again")
    assert world.store.entries["lock"].lock_index == 1
    assert not release(world, bob)
    assert release(world, alice)
    assert world.store.entries["lock"].session == ""
    assert acquire(world, bob)


def test_a_dead_session_is_an_error_and_its_locks_are_free_after_the_delay() -> None:
    world = ConsulWorld()
    alice, bob = (world.sessions.create(SESSION, "s1") for _ in range(2))
    acquire(world, alice)
    world.sessions.destroy(alice)
    held = world.store.entries["lock"]
    assert (held.session, held.lock_index, held.value) == ("", 1, b"v")
    assert held.modified == world.catalog.raft.index
    with pytest.raises(KvRefused, match="invalid session"):
        acquire(world, alice, "other")
    assert not acquire(world, bob)
    world.step(14)
    world.sessions.renew(bob)
    assert not acquire(world, bob)
    world.step(1.1)
    assert acquire(world, bob)


def test_no_lock_delay_frees_at_once_and_delete_takes_the_key_along() -> None:
    world = ConsulWorld()
    wanted = WantedSession(ttl="10s", lock_delay=0.0, behavior="delete")
    alice, bob = world.sessions.create(wanted, "s1"), world.sessions.create(SESSION, "s1")
    acquire(world, alice)
    world.step(5)
    world.sessions.renew(bob)
    world.step(16)
    assert "lock" not in world.store.entries
    assert acquire(world, bob)


def test_check_and_set_compares_the_index() -> None:
    world = ConsulWorld()
    store = world.store
    assert store.write(lambda at: store.check_and_set(Entry("k", b"1"), 0, at))
    assert not store.write(lambda at: store.check_and_set(Entry("k", b"2"), 0, at))
    modified = store.entries["k"].modified
    assert not store.write(lambda at: store.check_and_set(Entry("k", b"2"), modified - 1, at))
    assert store.write(lambda at: store.check_and_set(Entry("k", b"2"), modified, at))
    assert not store.write(lambda at: store.check_and_delete("k", 0, at))
    assert not store.write(lambda at: store.check_and_delete("k", modified, at))
    assert store.write(lambda at: store.check_and_delete("k", store.entries["k"].modified, at))
    assert store.entries == {}


def test_writing_the_same_again_changes_no_index_of_the_key() -> None:
    world = ConsulWorld()
    put(world, "k", b"1")
    modified = world.store.entries["k"].modified
    put(world, "k", b"1")
    assert world.store.entries["k"].modified == modified < world.catalog.raft.index


def test_readers_compare_with_the_newest_below_their_prefix() -> None:
    world = ConsulWorld()
    store = world.store
    for key in ("a/1", "a/2", "b"):
        put(world, key, b"")
    assert store.index_of("a/", tree=True) == store.entries["a/2"].modified
    assert store.index_of("a/1", tree=False) == store.entries["a/1"].modified
    assert store.index_of("none", tree=False) == store.entries["b"].modified
    store.write(lambda at: store.delete("a/1", at))
    assert store.index_of("a/", tree=True) == world.catalog.raft.index
    assert store.index_of("b", tree=True) == store.entries["b"].modified
    buried = world.catalog.raft.index
    store.write(lambda at: store.delete_tree("b", at))
    assert store.index_of("b", tree=True) == world.catalog.raft.index
    assert store.index_of("a/", tree=True) == buried
    assert store.index_of("", tree=True) == world.catalog.raft.index
    assert store.index_of("none/", tree=True) == world.catalog.raft.index


def test_a_plain_write_leaves_the_holder_of_a_lock() -> None:
    world = ConsulWorld()
    alice = world.sessions.create(SESSION, "s1")
    acquire(world, alice)
    put(world, "lock", b"x")
    assert world.store.entries["lock"].session == alice
    assert world.store.entries["lock"].lock_index == 0


def test_the_end_of_a_session_touches_only_the_keys_it_held() -> None:
    world = ConsulWorld()
    alice, bob = (world.sessions.create(SESSION, "s1") for _ in range(2))
    acquire(world, alice)
    index = world.catalog.raft.last("kvs")
    world.sessions.destroy(bob)
    assert world.catalog.raft.last("kvs") == index
    world.sessions.destroy(alice)
    assert world.catalog.raft.last("kvs") == world.catalog.raft.index > index
