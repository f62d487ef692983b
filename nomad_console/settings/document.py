"""The cluster file: TOML, checked key by key."""

import tomllib
from pathlib import Path
from typing import Any

import msgspec

from nomad_console.domain.policy import Policy
from nomad_console.settings.errors import SettingsError


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An unknown key is a typing error, and said."""


class TlsTable(_Strict, frozen=True):
    ca_file: str = ""
    ca_path: str = ""
    cert_file: str = ""
    key_file: str = ""
    server_name: str = ""
    skip_verify: bool = False


class NomadTable(_Strict, frozen=True):
    address: str = "http://127.0.0.1:4646"
    token: str = ""
    token_file: str = ""
    region: str = ""
    namespace: str = "*"
    tls: TlsTable = TlsTable()


class ConsulTable(_Strict, frozen=True):
    enabled: bool = True
    address: str = "http://127.0.0.1:8500"
    token: str = ""
    token_file: str = ""
    datacenter: str = ""
    tls: TlsTable = TlsTable()


class AwsTable(_Strict, frozen=True):
    enabled: bool = True
    region: str = ""
    endpoint_url: str = ""
    profile: str = ""
    target_groups: tuple[str, ...] = ()


class EdgeTable(_Strict, frozen=True):
    api: str = ""
    job: str = ""
    notice_s: float = 4.0
    longest_request_s: float = 60.0


class HostTable(_Strict, frozen=True):
    command: tuple[str, ...] | str = ()
    time_limit_s: float = 900.0


class ProbeTable(_Strict, frozen=True):
    urls: tuple[str, ...] = ()
    rate: float = 5.0


class ClusterTable(_Strict, frozen=True):
    label: str = ""
    colour: str = "blue"
    read_only: bool = False
    nomad: NomadTable = NomadTable()
    consul: ConsulTable = ConsulTable()
    aws: AwsTable = AwsTable()
    edge: EdgeTable = EdgeTable()
    host: HostTable = HostTable()
    probe: ProbeTable = ProbeTable()
    policy: Policy = Policy()


class Document(_Strict, frozen=True):
    default: str = ""
    clusters: dict[str, dict[str, Any]] = {}


def read_document(path: Path) -> Document:
    """Read a cluster file; SettingsError names the file and what is wrong in it."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot read the cluster file {path}: {error}") from error
    try:
        document = msgspec.convert(tomllib.loads(text), Document)
        for name, table in document.clusters.items():
            check(table, f"clusters.{name}")
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise SettingsError(f"{path}: {error}") from error
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}") from error
    if document.default and document.default not in document.clusters:
        known = ", ".join(sorted(document.clusters)) or "none"
        raise SettingsError(
            f'{path}: default names "{document.default}", but the clusters are: {known}'
        )
    return document


def check(table: dict[str, Any], where: str) -> ClusterTable:
    """The table as values; SettingsError names the key and the type it should have."""
    try:
        return msgspec.convert(table, ClusterTable)
    except msgspec.ValidationError as error:
        raise SettingsError(f"[{where}] {error}") from error
