"""The rule about Auto Scaling groups."""

import pytest

from nomad_console.domain.facts import Facts, ScalingInstance
from nomad_console.domain.finding import Level
from nomad_console.domain.snapshot import SourceName, SourceState
from nomad_console.preflight.scaling import owned
from tests.support.plans import a_case, ids
from tests.support.snapshots import article_snapshot, with_detail, with_source

ONE = "i-00000000000000001"


def _facts(lifecycle: str = "InService") -> Facts:
    member = ScalingInstance(ONE, "web-asg", lifecycle, "Healthy")
    return Facts(scaling={ONE: member}, scaling_asked=frozenset({ONE}))


@pytest.mark.parametrize("lifecycle", ["InService", "Terminating:Wait"])
def test_an_instance_of_a_group_needs_a_word(lifecycle: str) -> None:
    (finding,) = owned(a_case(1, facts=_facts(lifecycle)))
    assert (finding.id, finding.level) == ("scaling:c1", Level.ACK)
    assert finding.evidence == (
        f"{ONE} is {lifecycle} and Healthy in Auto Scaling group web-asg; "
        "its health check type, suspended processes and refreshes are not known here"
    )
    assert finding.cure.startswith("put the instance into Standby")


def test_one_in_standby_is_left_alone_by_its_group() -> None:
    (finding,) = owned(a_case(1, facts=_facts("Standby")))
    assert (finding.id, finding.level) == ("scaling:c1", Level.WARN)


def test_an_instance_of_no_group_is_no_finding() -> None:
    assert owned(a_case(1, facts=Facts(scaling_asked=frozenset({ONE})))) == []
    outside = with_detail(article_snapshot(), 1, instance_id="")
    assert owned(a_case(1, snapshot=outside)) == []


@pytest.mark.parametrize(
    ("why", "words"), [("AccessDenied: no", "c1, c2: AccessDenied: no"), ("", "AWS was not asked")]
)
def test_what_aws_did_not_tell_is_said_as_not_known(why: str, words: str) -> None:
    (finding,) = owned(a_case(1, 2, facts=Facts(scaling_unknown=why)))
    assert (finding.id, finding.level) == ("scaling", Level.WARN)
    assert words in finding.evidence


def test_nothing_is_said_before_the_answer_or_without_aws() -> None:
    assert owned(a_case(1, facts=Facts(pending=True))) == []
    off = with_source(article_snapshot(), SourceName.ALB, SourceState.OFF)
    assert ids(owned(a_case(1, snapshot=off))) == []
