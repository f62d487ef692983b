"""From files, environment and flags to one frozen ClusterSettings."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import platformdirs

from nomad_console.settings import pem
from nomad_console.settings.document import (
    AwsTable,
    ClusterTable,
    ConsulTable,
    Document,
    HostTable,
    TlsTable,
    check,
    read_document,
)
from nomad_console.settings.environment import layer, name_of, overlaid
from nomad_console.settings.errors import SettingsError
from nomad_console.settings.values import (
    AwsSettings,
    ClusterSettings,
    ConsulSettings,
    EdgeSettings,
    HostSettings,
    Missing,
    NomadSettings,
    ProbeSettings,
    Secret,
    Tls,
)


def document_path(environ: Mapping[str, str]) -> Path | None:
    """NOMAD_CONSOLE_CONFIG, else clusters.toml in the platform's config folder where it exists."""
    if named := environ.get("NOMAD_CONSOLE_CONFIG", ""):
        return Path(named)
    usual = Path(platformdirs.user_config_dir("nomad-console")) / "clusters.toml"
    return usual if usual.exists() else None


def load(
    environ: Mapping[str, str], *, cluster: str = "", flags: Mapping[str, Any] | None = None
) -> ClusterSettings:
    """The settings of one cluster.

    Flags go before the environment, that before the file, that before the defaults. A cluster
    named by flag goes before the environment too: who says `--cluster prod` with another
    NOMAD_ADDR left in the shell means prod.
    """
    path = document_path(environ)
    document = read_document(path) if path else Document()
    name = cluster or document.default
    if not name and len(document.clusters) == 1:
        name = next(iter(document.clusters))
    if cluster and cluster not in document.clusters:
        known = ", ".join(sorted(document.clusters)) or "none"
        where = path or "no cluster file was found"
        raise SettingsError(f'no cluster "{cluster}" ({where}); known: {known}')
    table = document.clusters.get(name, {})
    around = layer(environ)
    merged = overlaid(around, table) if cluster else overlaid(table, around)
    values = check(overlaid(merged, flags or {}), f"clusters.{name}" if name else "settings")
    return _settings(name, values, environ)


def _settings(name: str, table: ClusterTable, environ: Mapping[str, str]) -> ClusterSettings:
    nomad = NomadSettings(
        address=_address(table.nomad.address, "Nomad", "NOMAD_ADDR"),
        token=_token(table.nomad.token, table.nomad.token_file),
        region=table.nomad.region,
        namespace=table.nomad.namespace,
        tls=_tls(table.nomad.tls, "nomad", table.nomad.address, environ),
    )
    host = urlsplit(nomad.address).netloc  # without a password: _address refuses those
    return ClusterSettings(
        name=name or "nomad",
        label=table.label or name or host,
        colour=table.colour,
        read_only=table.read_only,
        nomad=nomad,
        consul=_consul(table.consul, environ),
        aws=_aws(table.aws, environ),
        edge=EdgeSettings(
            table.edge.api, table.edge.job, table.edge.notice_s, table.edge.longest_request_s
        ),
        host=_host(table.host),
        probe=ProbeSettings(table.probe.urls, table.probe.rate),
        policy=table.policy,
    )


def _consul(table: ConsulTable, environ: Mapping[str, str]) -> ConsulSettings | Missing:
    if not table.enabled:
        return Missing("switched off in the cluster file", "set consul.enabled = true")
    return ConsulSettings(
        address=_address(table.address, "Consul", "CONSUL_HTTP_ADDR"),
        token=_token(table.token, table.token_file),
        datacenter=table.datacenter,
        tls=_tls(table.tls, "consul", table.address, environ),
    )


def _aws(table: AwsTable, environ: Mapping[str, str]) -> AwsSettings | Missing:
    if not table.enabled:
        return Missing("switched off in the cluster file", "set aws.enabled = true")
    config = Path(environ.get("AWS_CONFIG_FILE", "") or "~/.aws/config").expanduser()
    if not (table.region or table.profile or config.is_file()):
        return Missing(
            "no AWS region is set",
            "set AWS_REGION (and credentials), or aws.region in the cluster file",
        )
    return AwsSettings(table.region, table.endpoint_url, table.profile, table.target_groups)


def _host(table: HostTable) -> HostSettings:
    command = table.command
    if isinstance(command, str):
        try:
            command = tuple(shlex.split(command))
        except ValueError as error:
            raise SettingsError(f"host.command: {error}: {command}") from error
    return HostSettings(command, table.time_limit_s)


def _tls(table: TlsTable, backend: str, address: str, environ: Mapping[str, str]) -> Tls:
    """Files are looked into only where TLS is spoken, and before anything is asked."""
    if bool(table.cert_file) != bool(table.key_file):
        raise SettingsError(
            f"{backend}.tls: a client certificate needs both cert_file and key_file"
        )
    tls = Tls(
        table.ca_file,
        table.ca_path,
        table.cert_file,
        table.key_file,
        table.server_name,
        table.skip_verify,
    )
    secure = address.startswith("https:")
    fault = pem.misplaced(tls) or (pem.unusable(tls) if secure else None)
    if fault is not None:
        value = getattr(tls, fault.name)
        named = name_of(environ, (backend, "tls", fault.name), value)
        raise SettingsError(f"{named}: {fault.text}")
    return tls


def _token(token: str, token_file: str) -> Secret:
    if token or not token_file:
        return Secret(token)
    try:
        return Secret(Path(token_file).expanduser().read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot read the token file: {error}") from error


def _address(address: str, backend: str, variable: str) -> str:
    """The address without a trailing slash; SettingsError where it is no http(s) URL."""
    if "@" in address:
        raise SettingsError(
            f"{backend}'s address holds a user name or password ({variable}): leave them out, "
            "authentication is by token"
        )
    try:
        parts = urlsplit(address)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
        usable = usable and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable:
        raise SettingsError(
            f'{backend}\'s address "{address}" is not usable: write http://HOST:PORT or '
            f"https://HOST:PORT ({variable}; unix sockets are not supported)"
        )
    return address.rstrip("/")
