"""Which machine a node is, kept on disk: ties at once, at the next start."""

import hashlib
import logging
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Self

import msgspec
from platformdirs import user_cache_path

from nomad_console.domain.node import Node, NodeDetail

_LOG = logging.getLogger(__name__)
_FORMAT = 1


class _Machine(msgspec.Struct, frozen=True, array_like=True):
    """What does not change while a node keeps its id, name and address."""

    name: str
    address: str
    http_address: str
    instance_id: str
    zone: str
    ip_address: str
    consul_name: str
    meta: dict[str, str]


class _File(msgspec.Struct, frozen=True):
    format: int
    machines: dict[str, _Machine]


class MachineCache:
    """One small file a cluster; it ties, and is confirmed by a reading later."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._machines = self._load()

    @classmethod
    def of_cluster(cls, name: str) -> Self:
        digest = hashlib.sha256(name.encode()).hexdigest()[:16]
        return cls(user_cache_path("nomad-console") / f"machines-{digest}.msgpack")

    def details(self, nodes: Iterable[Node]) -> list[NodeDetail]:
        """Details of known machines; only what ties is in them, at index 0."""
        found = ((node, self._machines.get(node.id)) for node in nodes)
        return [
            _detail(node, machine)
            for node, machine in found
            if machine is not None and (machine.name, machine.address) == (node.name, node.address)
        ]

    def learn(self, nodes: Mapping[str, Node], details: Mapping[str, NodeDetail]) -> bool:
        """Hold exactly these nodes; say whether that is anything new."""
        machines = {
            key: _machine(nodes[key], detail) for key, detail in details.items() if key in nodes
        }
        new = machines != self._machines
        self._machines = machines
        return new

    def save(self) -> None:
        """Replace the file whole; a disk that refuses costs only the head start."""
        partial = self._path.with_suffix(f".{os.getpid()}")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(msgspec.msgpack.encode(_File(_FORMAT, self._machines)))
            partial.replace(self._path)
        except OSError as error:
            _LOG.warning("the cache of machines was not written: %s", error)

    def _load(self) -> dict[str, _Machine]:
        try:
            file = msgspec.msgpack.decode(self._path.read_bytes(), type=_File)
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.DecodeError) as error:
            _LOG.warning("the cache of machines is discarded: %s", error)
            return {}
        return file.machines if file.format == _FORMAT else {}


def _machine(node: Node, detail: NodeDetail) -> _Machine:
    return _Machine(
        node.name,
        node.address,
        detail.http_address,
        detail.instance_id,
        detail.zone,
        detail.ip_address,
        detail.consul_name,
        dict(detail.meta),
    )


def _detail(node: Node, machine: _Machine) -> NodeDetail:
    return NodeDetail(
        id=node.id,
        http_address=machine.http_address,
        status_updated_at=None,
        drain=None,
        events=(),
        drivers={},
        meta=machine.meta,
        instance_id=machine.instance_id,
        zone=machine.zone,
        ip_address=machine.ip_address,
        consul_name=machine.consul_name,
        cpu_mhz=0,
        memory_mb=0,
        modify_index=0,
        attributes={},
    )
