"""The host step's command line."""

import pytest

from nomad_console.domain.host_command import HostCommandError, filled

VALUES = {"name": "c1", "address": "10.77.0.11", "instance_id": "", "version": "2.0.5+ent"}


def test_values_stay_within_their_argument() -> None:
    template = ("ssh", "root@{address}", "upgrade --to {version} {name}")
    assert filled(template, VALUES) == ("ssh", "root@10.77.0.11", "upgrade --to 2.0.5+ent c1")
    assert filled((), VALUES) == ()


@pytest.mark.parametrize(
    "name", ["-oProxyCommand=x", "c1;reboot", "c1 c2", "$(reboot)", "c1\n", "`x`", "c\x1b[2J", "é"]
)
def test_a_hostile_name_is_refused_and_printable(name: str) -> None:
    with pytest.raises(HostCommandError) as failure:
        filled(("ssh", "{name}"), {**VALUES, "name": name})
    assert "is not safe as an argument" in str(failure.value)
    assert str(failure.value).isprintable()


def test_what_is_unknown_is_said() -> None:
    with pytest.raises(HostCommandError, match=r"instance_id.* is not known"):
        filled(("x", "{instance_id}"), VALUES)
    with pytest.raises(HostCommandError, match=r"{host} is unknown; there are {name} {address}"):
        filled(("x", "{host}"), VALUES)
