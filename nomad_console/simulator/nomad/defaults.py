"""Rows every cluster begins with.

A fresh cluster has them before anybody writes (`default` namespace, pools `all` and `default`).
"""

from nomad_console.simulator.nomad.state import Row

_DESCRIPTIONS = {
    "all": "Node pool with all nodes in the cluster.",
    "default": "Default node pool.",
}


def namespace_row(name: str, description: str, index: int) -> Row:
    return {
        "Capabilities": None,
        "ConsulConfiguration": None,
        "CreateIndex": index,
        "Description": description,
        "Hash": "C7UbjDwBK0dK8wQq7Izg7SJIzaV+lIo2X7wRtzY3pSw=",
        "Meta": None,
        "ModifyIndex": index,
        "Name": name,
        "NodePoolConfiguration": None,
        "OptionalExtraClaims": None,
        "Quota": "",
        "RequiredExtraClaims": None,
        "VaultConfiguration": None,
    }


def node_pool_row(name: str) -> Row:
    return {
        "CreateIndex": 1,
        "Description": _DESCRIPTIONS[name],
        "Hash": None,
        "Meta": None,
        "ModifyIndex": 1,
        "Name": name,
        "NodeIdentityTTL": 86_400_000_000_000,  # ns: 24 h
        "SchedulerConfiguration": None,
    }
