import pytest

from nomad_console.simulator.elb.errors import AwsRefused
from nomad_console.simulator.elb.network import Instance, Network, Place


def a_network() -> Network:
    network = Network()
    network.add(Instance("i-1", "127.77.0.1", "eu-west-1a"))
    network.add(Instance("i-2", "127.77.0.2", "eu-west-1b", "stopped"))
    return network


def test_a_running_instance_has_its_primary_address_and_zone() -> None:
    network = a_network()
    assert network.instance("i-1", "") == Place("127.77.0.1", "eu-west-1a")
    assert network.stopped("i-2")
    assert not network.stopped("i-1")
    assert not network.stopped("127.77.0.2")


@pytest.mark.parametrize(
    ("target", "zone", "words"),
    [
        ("i-9", "", "Instance ID 'i-9' is not valid"),
        ("127.77.0.1", "", "is not valid"),
        ("i-2", "", "not in a running state"),
        ("i-1", "eu-west-1a", "Availability Zone"),
    ],
)
def test_what_is_no_instance_to_register(target: str, zone: str, words: str) -> None:
    with pytest.raises(AwsRefused, match=words) as refused:
        a_network().instance(target, zone)
    assert refused.value.code == "InvalidTarget"


def test_addresses_of_instances_and_of_the_vpc_find_their_zone() -> None:
    network = a_network()
    assert network.address("127.77.0.2", "", "z") == Place("127.77.0.2", "eu-west-1b")
    assert network.address("10.1.2.3", "", "eu-west-1c") == Place("10.1.2.3", "eu-west-1c")
    assert network.address("192.168.1.1", "eu-west-1a", "z").zone == "eu-west-1a"


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("8.8.8.8", "not a private address"),
        ("i-1", "is not valid"),
        ("192.168.1.1", "must specify an Availability Zone"),
    ],
)
def test_what_is_no_address_to_register(target: str, words: str) -> None:
    with pytest.raises(AwsRefused, match=words):
        a_network().address(target, "", "eu-west-1a")
