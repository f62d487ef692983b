"""What an agent says of itself: health, configuration, version, members."""

from functools import cache
from importlib.resources import files

import msgspec

from nomad_console.simulator.nomad.state import Row

_RUNTIME = {
    "arch": "amd64",
    "cpu_count": "2",
    "goroutines": "120",
    "kernel.name": "linux",
    "max_procs": "2",
    "version": "go1.26.8",
}
_NO_MEMBER: Row = {
    "Addr": None,
    "DelegateCur": 0,
    "DelegateMax": 0,
    "DelegateMin": 0,
    "Name": "",
    "Port": 0,
    "ProtocolCur": 0,
    "ProtocolMax": 0,
    "ProtocolMin": 0,
    "Status": "none",
    "Tags": None,
}


@cache
def _configuration() -> Row:
    """A server agent's configuration, defaults in place; not to be changed."""
    text = (files(__package__) / "agent_config.json").read_bytes()
    configuration: Row = msgspec.json.decode(text)
    return configuration
