import pytest

from nomad_console.simulator.nomad.refusals import Refusal
from nomad_console.simulator.nomad_api.query import MAX_WAIT, Query


def test_what_is_not_asked_for_has_nomads_defaults() -> None:
    query = Query.read([])
    assert (query.namespace, query.index, query.wait, query.per_page) == ("default", 0, MAX_WAIT, 0)
    assert not query.stale
    assert not query.reverse


def test_options_are_read_and_the_wait_is_capped() -> None:
    query = Query.read(
        [("namespace", "*"), ("index", "7"), ("wait", "20m"), ("stale", ""), ("reverse", "true")]
    )
    assert (query.namespace, query.index, query.wait) == ("*", 7, MAX_WAIT)
    assert query.stale
    assert query.reverse


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("index", "Invalid index"),
        ("wait", "Invalid wait time"),
        ("per_page", "Expect a number for `per_page` query string parameter"),
    ],
)
def test_nonsense_is_refused_with_nomads_words(name: str, text: str) -> None:
    with pytest.raises(Refusal) as caught:
        Query.read([(name, "x")])
    assert (caught.value.status, caught.value.text) == (400, text)


def test_a_flag_must_be_a_bool() -> None:
    assert Query.read([("os", "true")]).flag("os")
    assert Query.read([]).flag("task_states", default=True)
    with pytest.raises(Refusal):
        Query.read([("os", "perhaps")]).flag("os")
