from argparse import ArgumentTypeError

import pytest

from nomad_console.cli import values


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("90", 90), ("90s", 90), ("1h30m", 5400), ("0.5m", 30), ("1d2h", 93_600)],
)
def test_durations_are_written_as_nomad_writes_them(text: str, wanted: float) -> None:
    assert values.seconds(text) == wanted


@pytest.mark.parametrize("text", ["", "0", "0s", "-5", "10 m", "m", "1h30x", "1e3", "5ms", "nan"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="is not a duration such as 90s or 1h30m"):
        values.seconds(text)


def test_ids_are_separated_by_commas() -> None:
    assert values.ids("a:b, count-one:default/solo/solo ,,") == (
        "a:b",
        "count-one:default/solo/solo",
    )
    assert values.ids("") == ()


def test_a_budget_may_be_nothing() -> None:
    assert (values.budget("0"), values.budget("12")) == (0, 12)
    for text in ("-1", "1.5", "many", ""):
        with pytest.raises(ArgumentTypeError, match="whole number from 0 up"):
            values.budget(text)


def test_a_url_is_http_without_a_password() -> None:
    assert values.url("https://web.example:8443/health") == "https://web.example:8443/health"
    for text in ("web.example", "ftp://x/", "http://me:pw@host/", "http://a b/", ""):
        with pytest.raises(ArgumentTypeError, match="is not http"):
            values.url(text)


def test_numbers_and_ports_are_within_their_bounds() -> None:
    assert values.positive("0.5") == 0.5
    assert values.count("3") == 3
    assert values.ports("nomad=4646,consul=8500") == {"nomad": 4646, "consul": 8500}
    for check, text in (
        (values.positive, "0"),
        (values.positive, "inf"),
        (values.count, "0"),
        (values.ports, "nomad=0"),
        (values.ports, "4646"),
    ):
        with pytest.raises(ArgumentTypeError):
            check(text)
