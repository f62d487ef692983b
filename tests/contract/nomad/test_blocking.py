"""Nomad's blocking queries: what wakes them, what does not, how they end."""

from tests.support.nomad_parties import NomadParty, Waited
from tests.support.statements import cannot_say, statement


def both(waited: Waited) -> tuple[int, int]:
    """The index asked with and the one that came."""
    if waited.before is None or waited.found is None:
        cannot_say()
    return waited.before.index, waited.found.index


@statement(
    "nomad.blocking.timeout", "with nothing new it ends at `wait` and up to a sixteenth more"
)
def test_nothing_happens(party: NomadParty) -> None:
    waited = party.waited("nothing")
    assert waited.wait <= waited.seconds <= waited.wait * 17 / 16 + 0.1


@statement(
    "nomad.blocking.same-index",
    "one that ends with nothing new has the index it was asked with",
    source="https://developer.hashicorp.com/nomad/api-docs#blocking-queries",
)
def test_the_index_of_nothing_new(party: NomadParty) -> None:
    asked, came = both(party.waited("nothing"))
    assert asked == came


@statement("nomad.blocking.future", "an index of the future waits, then the true lower one comes")
def test_an_index_of_the_future(party: NomadParty) -> None:
    waited = party.waited("future")
    assert not waited.woken
    asked, came = both(waited)
    assert came < asked


@statement("nomad.blocking.nodes-eligibility", "the nodes wake when one becomes ineligible")
def test_nodes_wake_on_eligibility(party: NomadParty) -> None:
    assert party.waited("nodes/eligibility").woken


@statement("nomad.blocking.nodes-report", "the nodes wake when a client reports its allocations")
def test_nodes_wake_on_reports(party: NomadParty) -> None:
    assert party.waited("nodes/report").woken


@statement("nomad.blocking.nodes-equal", "the nodes that such a report wakes are equal once parsed")
def test_nodes_are_equal_after_a_report(party: NomadParty) -> None:
    waited = party.waited("nodes/report-again")
    assert waited.woken
    assert waited.before is not None
    assert waited.found is not None
    assert waited.before.body == waited.found.body


@statement("nomad.blocking.nodes-evaluation", "the nodes sleep on while a job is evaluated")
def test_nodes_sleep_on_evaluations(party: NomadParty) -> None:
    assert not party.waited("nodes/evaluation").woken


@statement("nomad.blocking.node-report", "one node sleeps on while its own allocations change")
def test_a_node_sleeps_on_its_reports(party: NomadParty) -> None:
    assert not party.waited("node/report").woken


@statement("nomad.blocking.node-elsewhere", "one node sleeps on while another one changes")
def test_a_node_sleeps_on_others(party: NomadParty) -> None:
    assert not party.waited("node/eligibility-elsewhere").woken
    assert not party.waited("node/report-elsewhere").woken


@statement("nomad.blocking.node-allocations", "a node's allocations wake on its own reports")
def test_node_allocations_wake_on_their_own(party: NomadParty) -> None:
    assert party.waited("node-allocations/report").woken


@statement("nomad.blocking.node-allocations-elsewhere", "and sleep on while another node reports")
def test_node_allocations_sleep_on_others(party: NomadParty) -> None:
    assert not party.waited("node-allocations/report-elsewhere").woken


@statement("nomad.blocking.allocations", "the allocations wake on any report")
def test_allocations_wake_on_reports(party: NomadParty) -> None:
    assert party.waited("allocations/report").woken


@statement("nomad.blocking.evaluations", "the evaluations wake on an evaluation")
def test_evaluations_wake(party: NomadParty) -> None:
    assert party.waited("evaluations/evaluation").woken
