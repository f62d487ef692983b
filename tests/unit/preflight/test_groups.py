"""Rules about target groups' settings."""

import msgspec
import pytest

from nomad_console.domain.finding import Level
from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.preflight.groups import checks_mean, delay_costs, requests_end
from tests.support.plans import a_case, ids
from tests.support.snapshots import WEB_PUBLIC, article_snapshot

NOW = article_snapshot()


def _only_web(delay: int = 60, **changes: object) -> ClusterSnapshot:
    attributes = {"deregistration_delay.timeout_seconds": str(delay)}
    group = msgspec.structs.replace(NOW.groups[WEB_PUBLIC], **{"attributes": attributes, **changes})
    return msgspec.structs.replace(NOW, groups={WEB_PUBLIC: group})


@pytest.mark.parametrize(
    ("delay", "longest", "protocol", "evidence"),
    [
        (60, 60.0, "HTTP", ""),
        (59, 60.0, "HTTP", "deregistration delay 59 s, longest request 60 s"),
        (
            20,
            5.0,
            "HTTP",
            "deregistration delay 20 s, longest request 5 s; new ones came for 30 s",
        ),
        (30, 5.0, "HTTP", ""),
        (
            60,
            5.0,
            "TCP",
            "deregistration delay 60 s, longest request 5 s; new ones came for 180 s",
        ),
    ],
)
def test_the_delay_must_outlast_the_longest_request(
    delay: int, longest: float, protocol: str, evidence: str
) -> None:
    snapshot = _only_web(delay, protocol=protocol)
    found = requests_end(a_case(1, snapshot=snapshot, longest_request_s=longest))
    assert [one.evidence for one in found] == ([evidence] if evidence else [])
    assert ids(found) == (["delay-short:web-public"] if evidence else [])
    assert {one.level for one in found} <= {Level.WARN}


def test_a_long_delay_is_said_in_minutes() -> None:
    assert delay_costs(a_case(1, snapshot=_only_web(299))) == []
    (finding,) = delay_costs(a_case(1, 2, snapshot=_only_web(300)))
    assert (finding.id, finding.level) == ("delay-long:web-public", Level.INFO)
    assert finding.evidence == "deregistration delay 300 s: 5 min a node, 10 min for 2"


def test_a_groups_checks_are_said_in_seconds() -> None:
    (finding,) = checks_mean(a_case(1, snapshot=_only_web()))
    assert (finding.id, finding.level) == ("checks:web-public", Level.INFO)
    assert finding.evidence == (
        "checked every 5 s: dead after 2 failures = noticed within 12 s; "
        "a new target gets traffic within about 15 s"
    )


def test_a_network_balancer_takes_minutes_and_slow_start_is_added() -> None:
    slow = {"slow_start.duration_seconds": "45"}
    network = _only_web(protocol="TCP", healthy_threshold=3, attributes=slow)
    (finding,) = checks_mean(a_case(1, snapshot=network))
    assert finding.evidence.endswith("within about 315 s, its full share 45 s later")


def test_what_is_not_read_is_not_judged_here() -> None:
    for snapshot in (_only_web(attributes=None), msgspec.structs.replace(NOW, groups={})):
        case = a_case(1, snapshot=snapshot)
        assert requests_end(case) == delay_costs(case) == checks_mean(case) == []
