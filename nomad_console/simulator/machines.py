"""Where the world's client machines stand: names, zones, loopback addresses, instance ids."""

import random
from collections import Counter
from dataclasses import dataclass

from nomad_console.simulator.scenario import Clients, Scenario

FIRST_NETWORK = 77  # 127.77.<zone>.<n>
PER_NETWORK = 250  # machines of a zone in one /24; more take the next second octet


@dataclass(frozen=True)
class Place:
    """One machine before it is part of the world."""

    name: str
    address: str
    zone: str
    instance_id: str
    kind: Clients


def places(scenario: Scenario, rng: random.Random) -> list[Place]:
    """Every client machine of the scenario, in order, its zones taken in turn."""
    zones = zones_of(scenario)
    taken: Counter[str] = Counter()
    found = []
    for kind in scenario.clients:
        for number in range(kind.count):
            zone = kind.zones[number % len(kind.zones)]
            high, low = divmod(taken[zone], PER_NETWORK)
            taken[zone] += 1
            address = f"127.{FIRST_NETWORK + high}.{zones.index(zone) + 1}.{low + 1}"
            instance = f"i-{rng.getrandbits(68):017x}"
            found.append(Place(f"{kind.prefix}{number + 1}", address, zone, instance, kind))
    return found


def zones_of(scenario: Scenario) -> tuple[str, ...]:
    return tuple(dict.fromkeys(zone for kind in scenario.clients for zone in kind.zones))


def server_address(number: int) -> str:
    """Of server s<number>, from 1."""
    return f"127.{FIRST_NETWORK}.0.{number}"
