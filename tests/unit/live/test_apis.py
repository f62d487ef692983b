"""The real clients are what the feeds ask for."""

import inspect

import pytest

from nomad_console.clients.consul import Consul
from nomad_console.clients.elb import Elb
from nomad_console.clients.nomad import Nomad
from nomad_console.live.apis import AlbApi, ConsulApi, NomadApi


def asked(api: type) -> list[str]:
    return sorted(name for name in vars(api) if not name.startswith("_"))


@pytest.mark.parametrize(("api", "client"), [(NomadApi, Nomad), (ConsulApi, Consul), (AlbApi, Elb)])
def test_every_call_exists_and_takes_what_is_handed_over(api: type, client: type) -> None:
    for name in asked(api):
        wanted = inspect.signature(getattr(api, name)).parameters
        given = inspect.signature(getattr(client, name)).parameters
        assert wanted.keys() <= given.keys(), name
        extra = [given[key] for key in given.keys() - wanted.keys()]
        assert all(one.default is not inspect.Parameter.empty for one in extra), name


def test_the_types_agree_too() -> None:
    """Checked by mypy: these are assignments, made by no one."""

    def hand_over(nomad: Nomad, consul: Consul, alb: Elb) -> tuple[NomadApi, ConsulApi, AlbApi]:
        return nomad, consul, alb

    assert inspect.signature(hand_over).return_annotation == tuple[NomadApi, ConsulApi, AlbApi]
