"""Meanings; that every recorded field arrives is tests/contract's affair."""

import json
from typing import Any

import msgspec
import pytest

from nomad_console.clients.nomad_node_wire import NodeStubWire, NodeWire, node, node_detail
from tests.support.recorded import recorded_body

NODE = recorded_body("nomad/node.json")


def wire(kind: type[Any], row: object) -> Any:
    return msgspec.json.decode(json.dumps(row), type=kind)


@pytest.mark.parametrize(
    ("kind", "record"), [(NodeStubWire, node), (NodeWire, node), (NodeWire, node_detail)]
)
def test_an_id_is_enough_and_null_is_as_good_as_absent(kind: type[Any], record: Any) -> None:
    fields = [field.encode_name for field in msgspec.structs.fields(kind) if field.name != "id"]
    bare = record(wire(kind, {"ID": "x"}))
    assert record(wire(kind, {"ID": "x"} | dict.fromkeys(fields))) == bare
    assert bare.id == "x"


def test_a_single_nodes_version_is_an_attribute_and_its_address_the_apis_host() -> None:
    found = node(wire(NodeWire, NODE))
    assert found.version == NODE["Attributes"]["nomad.version"]
    assert found.address == "10.77.0.101"
    six = node(wire(NodeWire, {"ID": "x", "HTTPAddr": "[fd00::1]:4646"}))
    assert six.address == "fd00::1"


def test_few_attributes_are_kept() -> None:
    kept = node_detail(wire(NodeWire, NODE)).attributes
    assert kept["driver.raw_exec"] == "1"
    assert kept["nomad.version"] == "2.0.5"
    assert "os.signals" not in kept
    assert not [name for name in kept if name.startswith("plugins.")]
    assert len(kept) < len(NODE["Attributes"]) / 1.5


def test_identity_comes_from_ec2_or_from_meta() -> None:
    ours = node_detail(wire(NodeWire, NODE))
    assert (ours.instance_id, ours.ip_address) == ("i-00000000000000001", "10.77.0.101")
    assert ours.consul_name == "c1"
    ec2 = {
        "unique.platform.aws.instance-id": "i-0abc",
        "platform.aws.placement.availability-zone": "eu-west-1a",
    }
    found = node_detail(wire(NodeWire, NODE | {"Attributes": ec2}))
    assert (found.instance_id, found.zone) == ("i-0abc", "eu-west-1a")


def test_only_detected_drivers_count() -> None:
    drivers = node_detail(wire(NodeWire, NODE)).drivers
    assert drivers == {"exec": False, "java": False, "mock_driver": True, "raw_exec": True}


def test_a_forced_drain_has_no_force_deadline() -> None:
    strategy = {"Deadline": -1, "ForceDeadline": None, "IgnoreSystemJobs": True}
    found = wire(NodeWire, {"ID": "x", "DrainStrategy": strategy})
    drain = node_detail(found).drain
    assert drain is not None
    assert drain.ignore_system_jobs
    assert drain.deadline_s < 0
    assert drain.force_deadline is None
    assert node(found).draining


def test_what_the_agent_keeps_from_allocations() -> None:
    reserved = {
        "Cpu": {"CpuShares": 500},
        "Memory": {"MemoryMB": 256},
        "Networks": {"ReservedHostPorts": "22,8500-8600"},
    }
    found = node_detail(wire(NodeWire, NODE | {"ReservedResources": reserved}))
    assert (found.reserved_cpu_mhz, found.reserved_memory_mb) == (500, 256)
    assert found.reserved_ports == "22,8500-8600"
    bare = dict.fromkeys(("Cpu", "Memory", "Networks"))
    none = node_detail(wire(NodeWire, NODE | {"ReservedResources": bare}))
    assert (none.reserved_cpu_mhz, none.reserved_memory_mb, none.reserved_ports) == (0, 0, "")
