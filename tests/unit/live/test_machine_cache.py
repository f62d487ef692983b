"""Machines on disk: a head start, never an authority."""

import logging
from pathlib import Path

import pytest

from nomad_console.live.machine_cache import MachineCache
from tests.support.records import a_detail, a_node


def saved(path: Path) -> MachineCache:
    cache = MachineCache(path)
    cache.learn({"n1": a_node()}, {"n1": a_detail(meta={"rack": "7"}), "n9": a_detail("n9")})
    cache.save()
    return cache


def test_what_was_learnt_comes_back_as_ties_without_state(tmp_path: Path) -> None:
    saved(tmp_path / "deep" / "cache")
    (found,) = MachineCache(tmp_path / "deep" / "cache").details([a_node(), a_node("n2")])
    assert (found.instance_id, found.ip_address, found.consul_name) == ("i-n1", "10.0.0.1", "c1")
    assert found.meta == {"rack": "7"}
    assert (found.modify_index, found.drivers, found.events) == (0, {}, ())


def test_another_name_or_address_is_another_machine(tmp_path: Path) -> None:
    saved(tmp_path / "cache")
    cache = MachineCache(tmp_path / "cache")
    assert not cache.details([a_node(name="other")])
    assert not cache.details([a_node(address="10.9.9.9")])
    assert cache.details([a_node(modify_index=999, status="down")])


def test_learning_says_whether_it_was_new(tmp_path: Path) -> None:
    cache = saved(tmp_path / "cache")
    assert not cache.learn({"n1": a_node()}, {"n1": a_detail(meta={"rack": "7"})})
    assert cache.learn({}, {})


@pytest.mark.parametrize("content", [b"", b"garbage", b"\x81\xa6format\xa1x"])
def test_a_file_that_is_not_ours_is_discarded(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "cache"
    path.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert not MachineCache(path).details([a_node()])
    assert "discarded" in caplog.text


def test_a_file_of_another_format_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    saved(path)
    path.write_bytes(path.read_bytes().replace(b"\xa6format\x01", b"\xa6format\x02"))
    assert not MachineCache(path).details([a_node()])


def test_a_disk_that_refuses_is_logged_and_no_more(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    with caplog.at_level(logging.WARNING):
        saved(tmp_path / "file" / "cache")
    assert "not written" in caplog.text


def test_clusters_have_files_of_their_own() -> None:
    cache = MachineCache.of_cluster("prod/../eu")
    cache.learn({"n1": a_node()}, {"n1": a_detail()})
    cache.save()
    assert MachineCache.of_cluster("prod/../eu").details([a_node()])
    assert not MachineCache.of_cluster("other").details([a_node()])
