"""Addresses and TLS: one context for httpx and requests, and its failures in words."""

import ssl
from urllib.parse import urlsplit

from nomad_console.clients.errors import ApiError, Unreachable
from nomad_console.settings.pem import authorities, misplaced, unusable
from nomad_console.settings.values import Tls


def origin(backend: str, address: str) -> str:
    """`scheme://host:port`, or Unreachable in words for what cannot be called."""
    text = address if "://" in address else f"http://{address}"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise _unusable(backend, "the address is not host:port") from None
    if parts.scheme == "unix":
        raise _unusable(backend, "unix sockets are not supported: give an http:// address")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise _unusable(backend, "the address must be http://host:port or https://host:port")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    default = {"nomad": 4646, "consul": 8500}.get(backend, 443)
    if port is None and "://" in address:
        default = 443 if parts.scheme == "https" else 80
    return f"{parts.scheme}://{host}:{port or default}"


def shown(address: str) -> str:
    """The address without a user, a password or a query: as it may be shown."""
    text = address if "://" in address else f"http://{address}"
    scheme, _, rest = text.partition("://")
    return f"{scheme}://{rest.partition('?')[0].partition('#')[0].rpartition('@')[2]}"


def context(backend: str, address: str, tls: Tls) -> ssl.SSLContext:
    """A context that trusts what the settings say; a file that cannot be used is Unreachable.

    One that trusts nobody for an address without TLS: reading the system's CAs takes 20 ms.
    """
    secure = origin(backend, address).startswith("https:")
    made = ssl.create_default_context() if secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        if tls.ca_file or tls.ca_path:
            made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            made.load_verify_locations(tls.ca_file or None, tls.ca_path or None)
            for file in authorities(tls.ca_path) if tls.ca_path else ():
                made.load_verify_locations(file)
        if tls.cert_file:
            made.load_cert_chain(tls.cert_file, tls.key_file or None, password=_no_password)
    except OSError as error:  # of TLS too
        fault = misplaced(tls) or unusable(tls)
        text = fault.text if fault else f"the files of TLS cannot be used: {error.strerror}"
        raise _unusable(backend, text, "put the file right, then start anew") from None
    if tls.skip_verify:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made


def unreachable(backend: str, endpoint: str, cause: BaseException) -> ApiError:
    """What kept a connection from being made or used, in words that say what to set."""
    said = _chain(cause)
    for sign, text, advice in _SIGNS:
        if sign in said:
            hint = advice.format(name=backend.upper())
            return Unreachable(backend, endpoint, None, text, hint=hint)
    return Unreachable(backend, endpoint, None, str(cause) or type(cause).__name__)


_CLOSED = "if it speaks TLS: try https://, or give the client certificate that it asks for"
_SIGNS = (
    (
        "hostname mismatch",
        "TLS: the certificate is for another name",
        "set the TLS server name ({name}_TLS_SERVER_NAME), such as server.global.nomad",
    ),
    (
        "ip address mismatch",
        "TLS: the certificate is for another name",
        "set the TLS server name ({name}_TLS_SERVER_NAME), such as server.global.nomad",
    ),
    (
        "certificate_verify_failed",
        "TLS: the server's certificate is not signed by a known CA",
        "set {name}_CACERT to the cluster's CA file",
    ),
    (
        "certificate_required",
        "TLS: the server asks for a client certificate",
        "set {name}_CLIENT_CERT and {name}_CLIENT_KEY",
    ),
    (
        "certificate required",
        "TLS: the server asks for a client certificate",
        "set {name}_CLIENT_CERT and {name}_CLIENT_KEY",
    ),
    (
        "unknown_ca",
        "TLS: the server does not know the client certificate's CA",
        "set {name}_CLIENT_CERT and {name}_CLIENT_KEY to a pair of this cluster",
    ),
    (
        "unknown ca",
        "TLS: the server does not know the client certificate's CA",
        "set {name}_CLIENT_CERT and {name}_CLIENT_KEY to a pair of this cluster",
    ),
    ("wrong_version_number", "this port speaks plain HTTP, not TLS", "set http:// in the address"),
    ("record layer failure", "this port speaks plain HTTP, not TLS", "set http:// in the address"),
    ("http_request", "this port speaks plain HTTP, not TLS", "set http:// in the address"),
    ("illegal status line", "this port does not speak HTTP", "try https:// in the address"),
    ("connectionrefused", "connection refused", "is it running, and is the address right?"),
    ("connection refused", "connection refused", "is it running, and is the address right?"),
    ("name or service not known", "the address's name is unknown", "check the address"),
    ("temporary failure in name resolution", "the address's name is unknown", "check the address"),
    ("readtimeout", "no answer in time", "is it overloaded, or is a firewall between?"),
    ("read timed out", "no answer in time", "is it overloaded, or is a firewall between?"),
    ("timeout", "no connection in time", "is the address right, or is a firewall between?"),
    ("timed out", "no connection in time", "is the address right, or is a firewall between?"),
    ("reset by peer", "the connection was reset", _CLOSED),
    ("disconnected", "the connection was closed without an answer", _CLOSED),
    ("remotedisconnected", "the connection was closed without an answer", _CLOSED),
)


def _chain(cause: BaseException | None) -> str:
    found: list[str] = []
    while cause is not None and len(found) < 8:  # noqa: PLR2004 — deeper tells nothing new
        found.append(f"{type(cause).__name__} {cause}")
        cause = cause.__cause__ or cause.__context__
    return " ".join(found).lower()


def _unusable(backend: str, text: str, hint: str = "") -> Unreachable:
    return Unreachable(backend, "settings", None, text, hint=hint)


def _no_password() -> str:
    return ""
