"""The variables of the nomad, consul and aws command lines, as one layer of settings."""

from collections.abc import Mapping
from typing import Any

from nomad_console.settings.errors import SettingsError

_TRUE = {"1", "t", "true"}
_FALSE = {"0", "f", "false"}

# variable -> where it goes
_TEXTS = {
    "NOMAD_ADDR": ("nomad", "address"),
    "NOMAD_TOKEN": ("nomad", "token"),
    "NOMAD_REGION": ("nomad", "region"),
    "NOMAD_NAMESPACE": ("nomad", "namespace"),
    "NOMAD_CACERT": ("nomad", "tls", "ca_file"),
    "NOMAD_CAPATH": ("nomad", "tls", "ca_path"),
    "NOMAD_CLIENT_CERT": ("nomad", "tls", "cert_file"),
    "NOMAD_CLIENT_KEY": ("nomad", "tls", "key_file"),
    "NOMAD_TLS_SERVER_NAME": ("nomad", "tls", "server_name"),
    "CONSUL_HTTP_TOKEN": ("consul", "token"),
    "CONSUL_HTTP_TOKEN_FILE": ("consul", "token_file"),
    "CONSUL_CACERT": ("consul", "tls", "ca_file"),
    "CONSUL_CAPATH": ("consul", "tls", "ca_path"),
    "CONSUL_CLIENT_CERT": ("consul", "tls", "cert_file"),
    "CONSUL_CLIENT_KEY": ("consul", "tls", "key_file"),
    "CONSUL_TLS_SERVER_NAME": ("consul", "tls", "server_name"),
    "AWS_DEFAULT_REGION": ("aws", "region"),
    "AWS_REGION": ("aws", "region"),  # after AWS_DEFAULT_REGION: as in the aws command line it wins
    "AWS_PROFILE": ("aws", "profile"),
    "AWS_ENDPOINT_URL": ("aws", "endpoint_url"),
    "AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2": ("aws", "endpoint_url"),
}


def layer(environ: Mapping[str, str]) -> dict[str, Any]:
    """Nested tables of what the environment sets; SettingsError for a flag that is no boolean."""
    tables: dict[str, Any] = {}
    ignored = _flag(environ, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
    for name, path in _TEXTS.items():
        value = environ.get(name, "")
        if value and not (ignored and path == ("aws", "endpoint_url")):
            put(tables, path, value)
    if _flag(environ, "NOMAD_SKIP_VERIFY"):
        put(tables, ("nomad", "tls", "skip_verify"), value=True)
    if _flag(environ, "CONSUL_HTTP_SSL_VERIFY") is False:
        put(tables, ("consul", "tls", "skip_verify"), value=True)
    if address := environ.get("CONSUL_HTTP_ADDR", ""):
        scheme = "https" if _flag(environ, "CONSUL_HTTP_SSL") else "http"
        put(tables, ("consul", "address"), address if "://" in address else f"{scheme}://{address}")
    return tables


def name_of(environ: Mapping[str, str], path: tuple[str, ...], value: str) -> str:
    """The variable that set this value, else its name in a cluster file."""
    said = (name for name, where in _TEXTS.items() if where == path and environ.get(name) == value)
    return next(said, ".".join(path))


def put(tables: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    """Set a value deep in nested tables."""
    for name in path[:-1]:
        tables = tables.setdefault(name, {})
    tables[path[-1]] = value


def overlaid(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Both layers; where they touch, the one above wins."""
    result = dict(below)
    for name, value in above.items():
        old = result.get(name)
        if isinstance(value, dict) and isinstance(old, dict):
            result[name] = overlaid(old, value)
        else:
            result[name] = value
    return result


def _flag(environ: Mapping[str, str], name: str) -> bool | None:
    value = environ.get(name, "").strip().lower()
    if not value:
        return None
    if value in _TRUE or value in _FALSE:
        return value in _TRUE
    raise SettingsError(f'{name} is "{environ[name]}": say true or false')
