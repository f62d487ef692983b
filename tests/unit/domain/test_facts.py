"""What was asked for a plan: nothing is known until it was answered."""

import msgspec

from nomad_console.domain.facts import Facts, ScalingInstance


def test_without_an_answer_nothing_is_claimed() -> None:
    said = msgspec.structs.asdict(Facts())
    assert {name for name, value in said.items() if value} == set()


def test_facts_can_be_kept() -> None:
    member = ScalingInstance("i-1", "web", "InService", "Healthy")
    facts = Facts(scaling={"i-1": member}, scaling_asked=frozenset({"i-1"}))
    assert msgspec.json.decode(msgspec.json.encode(facts), type=Facts) == facts
