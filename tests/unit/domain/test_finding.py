"""Findings are values: the same finding is the same finding."""

import msgspec

from nomad_console.domain.finding import Finding, Level


def test_a_finding_survives_being_written_down() -> None:
    finding = Finding(
        "count-one:default/solo/solo", Level.BLOCK, "solo", "count is 1", "scale to 2"
    )
    written = msgspec.json.encode(finding)
    assert msgspec.json.decode(written, type=Finding) == finding
    assert b'"BLOCK"' in written
