import json

import pytest

from nomad_console.cli.arguments import main
from tests.support.commands import SmallWorld
from tests.support.snapshots import with_node


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> SmallWorld:
    found = SmallWorld()
    found.put_under(monkeypatch)
    return found


def test_findings_come_with_evidence_cure_and_id(
    world: SmallWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    world.change(lambda now: with_node(now, 2, status="down"))
    assert main(["preflight", "c2"]) == 5
    out = capsys.readouterr().out
    assert "BLOCK  c2: c2 is down" in out
    assert "→ bring its agent back first" in out
    assert "not-ready:c2" in out
    assert world.asked == [True]


def test_the_document_has_what_scripts_decide_by(
    world: SmallWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    world.change(lambda now: with_node(now, 2, eligibility="ineligible"))
    code = main(["preflight", "c2", "c3", "--json", "--target-version", "2.0.5"])
    data = json.loads(capsys.readouterr().out)
    assert code == 1
    assert [one["name"] for one in data["nodes"]] == ["c2", "c3"]
    assert (data["target_version"], data["blocked"]) == ("2.0.5", False)
    found = {one["id"]: one for one in data["findings"]}
    assert set(found["ineligible:c2"]) == {"id", "level", "subject", "evidence", "cure"}
    assert found["ineligible:c2"]["level"] == "WARN"
