"""A refusal carries what Nomad would answer."""

from nomad_console.simulator.nomad.refusals import Refusal


def test_a_refusal_has_status_and_text() -> None:
    refusal = Refusal(404, "job not found")
    assert (refusal.status, refusal.text, str(refusal)) == (404, "job not found", "job not found")
