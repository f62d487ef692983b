"""The balancers' records: whole listings, times of change, completeness."""

from datetime import UTC, datetime, timedelta

from nomad_console.domain.snapshot import Reading
from nomad_console.domain.target import TargetKey
from nomad_console.live.alb_records import AlbRecords
from nomad_console.live.machines import MachineIndex
from tests.support.records import a_node, a_target, a_target_group

START = datetime(2026, 11, 22, tzinfo=UTC)


def at(seconds: float) -> Reading:
    return Reading(START + timedelta(seconds=seconds))


def records() -> AlbRecords:
    kept = AlbRecords(MachineIndex(), lambda: None)
    kept.put_groups([a_target_group("g1")])
    return kept


def test_a_change_has_its_time_and_the_first_reading_has_none() -> None:
    kept = records()
    kept.put_targets("g1", [a_target("i-1"), a_target("i-2")], at(0))
    assert not kept.target_since.rows
    kept.put_targets("g1", [a_target("i-1", state="draining"), a_target("i-3")], at(5))
    since = {key.id: when for key, when in kept.target_since.rows.items()}
    assert since == {"i-1": at(5).begun_at, "i-3": at(5).begun_at}
    kept.put_targets("g1", [a_target("i-1", state="draining", description="x")], at(9))
    assert {key.id: when for key, when in kept.target_since.rows.items()} == {"i-1": at(5).begun_at}


def test_an_older_listing_and_one_of_a_foreign_group_are_refused() -> None:
    kept = records()
    kept.put_targets("g1", [a_target("i-1")], at(5))
    kept.put_targets("g1", [], at(4))
    kept.put_targets("other", [a_target("i-9", "other")], at(6))
    assert list(kept.targets.rows) == [TargetKey("g1", "i-1", 80)]


def test_complete_is_every_group_known_and_read() -> None:
    kept = AlbRecords(MachineIndex(), lambda: None)
    assert not kept.complete
    kept.put_groups([a_target_group("g1"), a_target_group("g2")])
    kept.put_targets("g1", [], at(0))
    assert not kept.complete
    kept.put_targets("g2", [], at(1))
    assert kept.complete
    kept.put_groups([a_target_group("g1"), a_target_group("g2"), a_target_group("g3")])
    assert not kept.complete


def test_attributes_survive_the_next_discovery() -> None:
    kept = records()
    kept.put_attributes("g1", {"deregistration_delay.timeout_seconds": "7"})
    kept.put_attributes("unknown", {})
    kept.put_groups([a_target_group("g1", port=81)])
    assert kept.groups.rows["g1"].port == 81
    assert kept.groups.rows["g1"].deregistration_delay_s == 7


def test_a_group_that_goes_takes_targets_and_ties_along() -> None:
    machines = MachineIndex()
    machines.place(a_node("n1", address="i-1"), None, read=True)
    kept = AlbRecords(machines, lambda: None)
    kept.put_groups([a_target_group("g1")])
    kept.put_targets("g1", [a_target("i-1")], at(0))
    assert machines.freeze()[0].targets_of == {"n1": (TargetKey("g1", "i-1", 80),)}
    kept.freeze()
    kept.put_groups([])
    assert kept.freeze() == {TargetKey("g1", "i-1", 80)}
    assert machines.freeze()[0].targets_of == {}
    assert not kept.group_read.rows
