"""The requests session put into python-nomad and py-consul: guard, TLS and errors in one place."""

import ssl
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from nomad_console.clients import tls as transport_security
from nomad_console.clients.guard import Guard
from nomad_console.clients.http import CONNECT_S, LARGEST, READ_S, Access, too_large
from nomad_console.clients.wire import decoded

_PART = 65_536


class PinnedAdapter(HTTPAdapter):
    """Uses one SSL context, whatever a library passes as verify and cert."""

    def __init__(self, context: ssl.SSLContext, server_name: str, connections: int) -> None:
        self._context = context
        self._server_name = server_name
        super().__init__(pool_connections=2, pool_maxsize=connections, pool_block=True)

    def init_poolmanager(self, connections: int, maxsize: int, *rest: Any, **pool: Any) -> None:
        pool["ssl_context"] = self._context
        if self._server_name:
            pool["server_hostname"] = self._server_name
        super().init_poolmanager(connections, maxsize, *rest, **pool)

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, *_: Any, **__: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        host, _context = super().build_connection_pool_key_attributes(request, verify=True)
        return host, {}

    def cert_verify(self, *_: object, **__: object) -> None:
        """Leave the connection to the context."""


class GuardedSession(requests.Session):
    """Asks the guard, sends without redirects or proxies, and raises ApiError and nothing else."""

    def __init__(self, access: Access, guard: Guard, *, connections: int) -> None:
        super().__init__()
        self.trust_env = False
        self._access = access
        self._guard = guard
        if access.tls.skip_verify:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        context = transport_security.context(access.backend, access.address, access.tls)
        adapter = PinnedAdapter(context, access.tls.server_name, connections)
        self.mount("https://", adapter)
        self.mount("http://", HTTPAdapter(2, connections, pool_block=True))

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        path = urlsplit(request.url or "").path
        endpoint = f"{request.method} {path}"
        self._guard.check(str(request.method), str(path))
        kwargs |= {"allow_redirects": False, "proxies": {}, "timeout": (CONNECT_S, READ_S)}
        kwargs["stream"] = True  # the body is read below, and no further than it may be
        try:
            response = super().send(request, **kwargs)
            self._read(endpoint, response)
        except requests.RequestException as error:
            raise transport_security.unreachable(self._access.backend, endpoint, error) from None
        if response.status_code != requests.codes.ok:
            raise self._access.failed(endpoint, response.status_code, response.content)
        return response

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Nowhere: a redirect is an answer, and where it points to may be nonsense."""

    def _read(self, endpoint: str, response: requests.Response) -> None:
        body = bytearray()
        with response:
            for part in response.iter_content(_PART):
                body += part
                if len(body) > LARGEST:
                    raise too_large(self._access, endpoint, LARGEST)
        response._content = bytes(body)  # noqa: SLF001 — where requests keeps what it has read


class JsonSession(GuardedSession):
    """For a library that reads more than JSON allows: NaN, half of a pair, bytes of no encoding."""

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        response = super().send(request, **kwargs)
        endpoint = f"{request.method} {urlsplit(request.url or '').path}"
        decoded(self._access.backend, endpoint, response.content, object)
        return response
