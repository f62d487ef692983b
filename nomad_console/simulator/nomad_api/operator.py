"""Reads of the servers as one: leader, peers, raft, autopilot."""

from nomad_console.simulator.nomad_api.calls import Answer, Call
from nomad_console.simulator.nomad_api.view import View


def leader(view: View, _call: Call) -> Answer:
    """`host:port` of its RPC."""
    server = view.cluster.leader()
    return Answer(server.address if server else "")


def peers(view: View, _call: Call) -> Answer:
    return Answer(view.cluster.servers.peers())


def raft_configuration(view: View, call: Call) -> Answer:
    """Every peer, dead ones too: raft forgets nobody by itself."""
    call.need("operator")
    return Answer(view.cluster.servers.raft_configuration())


def autopilot_configuration(_view: View, call: Call) -> Answer:
    call.need("operator")
    return Answer(
        {
            "LastContactThreshold": "200ms",
            "ServerStabilizationTime": "10s",
            "CleanupDeadServers": True,
            "MaxTrailingLogs": 250,
            "MinQuorum": 0,
            "EnableRedundancyZones": False,
            "DisableUpgradeMigration": False,
            "EnableCustomUpgrades": False,
            "CreateIndex": 4,
            "ModifyIndex": 4,
        }
    )


def autopilot_health(view: View, call: Call) -> Answer:
    """429 with the same JSON while a server is not healthy."""
    call.need("operator")
    health = view.cluster.servers.autopilot_health()
    return Answer(health, status=200 if health["Healthy"] else 429)
