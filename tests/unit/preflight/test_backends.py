import msgspec

from nomad_console.domain.backend import Backend, Lack
from nomad_console.domain.finding import Level
from nomad_console.preflight.backends import otherwise, workable
from nomad_console.preflight.case import Case
from tests.support.plans import a_case


def case(*lacks: Lack, version: str = "2.0.5", consul: str = "1.8.7") -> Case:
    made = a_case(1)
    backends = {"nomad": Backend(version, frozenset(lacks)), "consul": Backend(consul)}
    return made._replace(snapshot=msgspec.structs.replace(made.snapshot, backends=backends))


def test_what_was_tried_and_lacks_nothing_says_nothing() -> None:
    assert otherwise(case()) == workable(case()) == []
    assert otherwise(a_case(1)) == []


def test_another_version_is_said_once_and_stops_nobody() -> None:
    here = case(Lack.EVENT_STREAM, version="1.9.3", consul="1.20.1")
    consul, nomad = otherwise(here)
    assert {consul.level, nomad.level} == {Level.INFO}
    assert (consul.id, nomad.id) == ("backend:consul", "backend:nomad")
    assert nomad.evidence == (
        "Nomad 1.9.3: not tried with this console (2.0.4 and 2.0.5 were); "
        "missing here: event stream"
    )
    assert consul.evidence == "Consul 1.20.1: not tried with this console (1.8.7 was)"
    assert workable(here) == []


def test_what_has_nothing_in_its_place_blocks() -> None:
    found = workable(case(Lack.ELIGIBILITY, Lack.LAST_DRAIN, Lack.VERDICTS, Lack.FILTERS))
    assert [one.level for one in found] == [Level.BLOCK] * 3
    assert [one.id for one in found] == [
        "missing:eligibility",
        "missing:last_drain",
        "missing:verdicts",
    ]
    assert "a node cannot be cordoned" in found[0].evidence
