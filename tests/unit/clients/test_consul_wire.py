"""Meanings; that every recorded field arrives is tests/contract's affair."""

from nomad_console.clients.consul_wire import (
    AgentConfigWire,
    AgentWire,
    CatalogNodeWire,
    CheckWire,
    InstanceWire,
    MachineWire,
    SummaryWire,
    agent,
    check,
    node_health,
    summary,
)
from nomad_console.domain.service import HealthCheck, ServiceInstance, ServiceSummary


def test_null_is_empty() -> None:
    assert summary(SummaryWire("web")) == ServiceSummary("web", 0, (), ())
    assert check(CheckWire("c1", "a")) == HealthCheck("c1", "a", "", "", "", "", "")
    assert node_health("c1", None, []).instances == ()
    assert node_health("c1", CatalogNodeWire(MachineWire("c1")), []).instances == ()
    assert agent(AgentWire(AgentConfigWire())).version == ""


def test_an_instance_without_an_address_has_its_machines() -> None:
    catalog = CatalogNodeWire(
        MachineWire("c1", "10.0.0.1"),
        {"b": InstanceWire("b", "web", "", 80), "a": InstanceWire("a", "api", "10.0.0.9", 81)},
    )
    assert node_health("c1", catalog, [CheckWire("c1", "a")]).instances == (
        ServiceInstance("a", "api", "c1", "10.0.0.9", 81),
        ServiceInstance("b", "web", "c1", "10.0.0.1", 80),
    )
