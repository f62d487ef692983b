"""The simulated Nomad's HTTP API: servers and client agents, answering as recorded."""
