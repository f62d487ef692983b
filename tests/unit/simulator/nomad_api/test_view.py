import pytest

from nomad_console.simulator.nomad.refusals import Refusal
from nomad_console.simulator.nomad_api.acl import MANAGEMENT, NODE_ONLY, Rights, one_namespace
from nomad_console.simulator.nomad_api.calls import Call
from nomad_console.simulator.nomad_api.query import Query
from nomad_console.simulator.nomad_api.view import View, keeper, prefixed
from tests.support.nomad_http import NomadLab


@pytest.fixture
def view() -> View:
    return NomadLab(settled=False).view


def ask(rights: Rights, namespace: str) -> Call:
    return Call(Query({}, namespace=namespace), {}, rights)


def test_all_namespaces_are_those_with_rights_and_none_is_refused(view: View) -> None:
    assert view.readable(ask(MANAGEMENT, "*"), "read-job") is None
    assert view.readable(ask(one_namespace("prod"), "*"), "read-job") == frozenset({"prod"})
    assert view.readable(ask(one_namespace("prod"), "prod"), "read-job") == frozenset({"prod"})
    for rights, namespace in [(NODE_ONLY, "*"), (one_namespace("prod"), "default")]:
        with pytest.raises(Refusal):
            view.readable(ask(rights, namespace), "read-job")


def test_an_unknown_namespace_is_no_error(view: View) -> None:
    assert view.readable(ask(MANAGEMENT, "nope"), "read-job") == frozenset({"nope"})


def test_a_list_keeps_what_every_test_keeps() -> None:
    rows = [{"ID": "ab", "Namespace": "prod"}, {"ID": "ac", "Namespace": "default"}]
    assert list(filter(keeper(None, None), rows)) == rows
    assert list(filter(keeper(frozenset({"prod"}), None), rows)) == rows[:1]
    assert list(filter(keeper(None, None, *prefixed("ac")), rows)) == rows[1:]
    assert not list(filter(keeper(frozenset({"prod"}), None, *prefixed("ac")), rows))


def test_time_without_a_leader_grows() -> None:
    lab = NomadLab(settled=False)
    assert lab.view.leaderless_ms() == 0
    for name in ("s1", "s2"):
        lab.cluster.servers.stop(name)
    lab.advance(9)
    assert lab.view.leaderless_ms() == 9000
