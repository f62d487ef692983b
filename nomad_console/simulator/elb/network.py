"""The VPC: its instances, and what may be registered as a target."""

import ipaddress
from dataclasses import dataclass

from nomad_console.simulator.elb.errors import invalid_target

VPC = ipaddress.ip_network("10.0.0.0/8")
PRIVATE = tuple(  # what a target of type ip may be: RFC 1918 and RFC 6598
    ipaddress.ip_network(each)
    for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
)


@dataclass
class Instance:
    """An EC2 instance; `state`: running, stopped, terminated."""

    id: str
    address: str
    zone: str
    state: str = "running"


@dataclass(frozen=True)
class Place:
    """Where a target's requests go."""

    address: str
    zone: str


class Network:
    """Addresses of instances belong to the VPC, whatever they are."""

    def __init__(self) -> None:
        self.instances: dict[str, Instance] = {}
        self._by_address: dict[str, Instance] = {}
        self._stopped: set[str] = set()

    def add(self, instance: Instance) -> None:
        self.instances[instance.id] = instance
        self._by_address[instance.address] = instance
        self.turn(instance.id, instance.state)

    def turn(self, instance_id: str, state: str) -> None:
        """running, stopped or terminated from now on."""
        self.instances[instance_id].state = state
        (self._stopped.discard if state == "running" else self._stopped.add)(instance_id)

    def stopped(self, target_id: str) -> bool:
        """Whether it is a known instance that does not run; asked for every target and request."""
        return target_id in self._stopped

    def instance(self, target_id: str, zone: str) -> Place:
        """InvalidTarget unless it is a running instance named without a zone."""
        if zone:
            raise invalid_target("You cannot specify an Availability Zone for an instance")
        instance = self.instances.get(target_id)
        if instance is None:
            raise invalid_target(f"Instance ID '{target_id}' is not valid")
        if instance.state != "running":
            raise invalid_target(
                "The following targets are not in a running state and cannot be registered: "
                f"'{target_id}'"
            )
        return Place(instance.address, instance.zone)

    def address(self, target_id: str, zone: str, default_zone: str) -> Place:
        """InvalidTarget for a public address, or one beyond the VPC without a zone."""
        try:
            address = ipaddress.ip_address(target_id)
        except ValueError as error:
            raise invalid_target(f"The IP address '{target_id}' is not valid") from error
        instance = self._by_address.get(target_id)
        if instance is not None:
            return Place(target_id, instance.zone)
        if not any(address in network for network in PRIVATE):
            raise invalid_target(f"The IP address '{target_id}' is not a private address")
        if address not in VPC and not zone:
            raise invalid_target(
                f"You must specify an Availability Zone for the IP address '{target_id}', "
                "which is outside the VPC"
            )
        return Place(target_id, zone or default_zone)
