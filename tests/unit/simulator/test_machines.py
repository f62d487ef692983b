"""Addresses, zones and instance ids of client machines."""

import random

from nomad_console.simulator.machines import places, server_address, zones_of
from nomad_console.simulator.scenario import Clients, Scenario, load, scaled


def test_the_default_machines() -> None:
    found = places(load("article"), random.Random(1))
    assert [(place.name, place.address, place.zone[-1]) for place in found] == [
        ("c1", "127.77.1.1", "a"),
        ("c2", "127.77.2.1", "b"),
        ("c3", "127.77.3.1", "c"),
        ("c4", "127.77.1.2", "a"),
        ("c5", "127.77.2.2", "b"),
        ("c6", "127.77.3.2", "c"),
    ]
    assert all(len(place.instance_id) == len("i-0123456789abcdef0") for place in found)


def test_thousands_have_an_address_each() -> None:
    found = places(scaled(load("article"), 5000), random.Random(1))
    addresses = {place.address for place in found}
    assert len(addresses) == 5000
    assert server_address(1) not in addresses
    assert all(0 < int(part) < 255 for address in addresses for part in address.split(".")[1:])


def test_kinds_share_the_zones() -> None:
    gpu = Clients(prefix="gpu", count=2, zones=("b", "z"))
    scenario = Scenario(clients=(Clients(count=2, zones=("a", "b")), gpu))
    assert zones_of(scenario) == ("a", "b", "z")
    found = places(scenario, random.Random(1))
    assert [(place.name, place.address) for place in found] == [
        ("c1", "127.77.1.1"),
        ("c2", "127.77.2.1"),
        ("gpu1", "127.77.2.2"),
        ("gpu2", "127.77.3.1"),
    ]
