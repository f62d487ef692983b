"""A group's services: told to Consul, or kept by Nomad itself (provider nomad)."""

from nomad_console.simulator.nomad.core import Core, seconds_of
from nomad_console.simulator.nomad.state import Row
from nomad_console.simulator.services import Check, Registration


def services_of(group: Row) -> list[Row]:
    rows = [*(group["Services"] or ())]
    for task in group["Tasks"]:
        rows.extend(task["Services"] or ())
    return rows


class GroupServices:
    """The services of one allocation."""

    def __init__(self, core: Core, allocation: Row, group: Row, address: str) -> None:
        self._core = core
        self._allocation = allocation
        self._group = group
        self._address = address
        ports = allocation["AllocatedResources"]["Shared"]["Ports"] or ()
        self._ports = {port["Label"]: port["Value"] for port in ports}

    def checked_ids(self) -> list[str]:
        """Ids of the Consul registrations that have checks."""
        return [
            self._id(service)
            for service in services_of(self._group)
            if service["Provider"] == "consul" and service["Checks"]
        ]

    def announce(self, initial_status: str = "critical") -> None:
        """Tell Consul, whose checks start in this status."""
        for service in services_of(self._group):
            if service["Provider"] == "consul":
                self._core.registry.register(self._registration(service, initial_status))

    def register(self) -> None:
        self.announce()
        rows = self.rows(self._core.state.index + 1)
        if rows:
            change = self._core.state.change("ServiceRegistration")
            for row in rows:
                change.put("services", row)
            self._core.state.write(change)

    def deregister(self) -> None:
        """Before shutdown_delay and the stop signal (group_service_hook.go, PreKill)."""
        gone = []
        for service in services_of(self._group):
            service_id = self._id(service)
            if service["Provider"] == "consul":
                self._core.registry.deregister(service_id)
            elif service_id in self._core.state.services:
                gone.append(service_id)
        if gone:
            change = self._core.state.change("ServiceDeregistration")
            for service_id in gone:
                change.remove("services", service_id)
            self._core.state.write(change)

    def rows(self, index: int) -> list[Row]:
        """What Nomad itself keeps of them."""
        return [
            {
                "Address": self._address,
                "AllocID": self._allocation["ID"],
                "CreateIndex": index,
                "Datacenter": self._core.datacenter,
                "ID": self._id(service),
                "JobID": self._allocation["JobID"],
                "ModifyIndex": index,
                "Namespace": self._allocation["Namespace"],
                "NodeID": self._allocation["NodeID"],
                "Port": self._ports.get(service["PortLabel"], 0),
                "ServiceName": service["Name"],
                "Tags": service["Tags"] or [],
            }
            for service in services_of(self._group)
            if service["Provider"] == "nomad"
        ]

    def _id(self, service: Row) -> str:
        """As MakeAllocServiceID of Nomad has it; readers find the allocation in it."""
        group = self._group["Name"]
        alloc = self._allocation["ID"]
        return f"_nomad-task-{alloc}-group-{group}-{service['Name']}-{service['PortLabel']}"

    def _registration(self, service: Row, initial_status: str) -> Registration:
        checks = tuple(
            Check(
                id=f"_nomad-check-{self._allocation['ID']}-{number}",
                name=check["Name"],
                kind=check["Type"],
                path=check["Path"],
                interval=seconds_of(check["Interval"]),
                timeout=seconds_of(check["Timeout"]),
                initial_status=check["InitialStatus"] or initial_status,
            )
            for number, check in enumerate(service["Checks"] or ())
        )
        return Registration(
            id=self._id(service),
            name=service["Name"],
            node_name=self._allocation["NodeName"],
            address=self._address,
            port=self._ports.get(service["PortLabel"], 0),
            tags=tuple(service["Tags"] or ()),
            checks=checks,
            meta={"external-source": "nomad"},
            alloc_id=self._allocation["ID"],
        )
