"""What counts as failed, and what is kept of the first."""

from datetime import UTC, datetime

import pytest

from nomad_console.simulator.traffic.tally import Outcome, ServiceTally, Tally

NOW = datetime(2026, 11, 22, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("outcome", "failed", "label"),
    [
        (Outcome(200), False, "200"),
        (Outcome(302), False, "302"),
        (Outcome(502, "app refused"), True, "502 app refused"),
        (Outcome(404, "no route"), True, "404 no route"),
        (Outcome(0, "connection lost"), True, "connection lost"),
    ],
)
def test_failed(outcome: Outcome, failed: bool, label: str) -> None:
    assert outcome.failed is failed
    assert outcome.label == label


def test_the_first_failure_stays() -> None:
    tally = Tally(NOW, 10.0, {"web": ServiceTally(sent=3)})
    tally.record("web", Outcome(200), NOW, 11.0)
    tally.record("web", Outcome(502, "app refused", "c1", "a"), NOW, 12.5)
    tally.record("web", Outcome(503, "no target"), NOW, 13.0)
    report = tally.report(20.0)
    assert (report["seconds"], report["sent"], report["failed"]) == (10.0, 3, 2)
    assert report["services"] == {
        "web": {
            "sent": 3,
            "ok": 1,
            "failed": 2,
            "reasons": {"502 app refused": 1, "503 no target": 1},
            "first_failure": {
                "time": "2026-11-22T22:00:00.000+00:00",
                "seconds": 2.5,
                "reason": "502 app refused",
                "node": "c1",
                "allocation": "a",
            },
        }
    }
