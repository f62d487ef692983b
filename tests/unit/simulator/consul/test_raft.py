from nomad_console.simulator.consul.raft import Raft


def test_a_commit_gives_its_index_to_every_key_and_wakes_their_readers() -> None:
    raft = Raft()
    with raft.waiting(("checks",)) as checks, raft.waiting(("kvs", "nodes")) as others:
        index = raft.commit("checks", "service:web")
        assert checks.is_set()
        assert not others.is_set()
    assert raft.index == index == raft.last("checks") == raft.last("service:web", "kvs")
    assert raft.last("kvs") == 0


def test_a_forgotten_key_was_never_written() -> None:
    raft = Raft()
    raft.commit("service:web")
    raft.forget("service:web")
    assert raft.last("service:web") == 0
