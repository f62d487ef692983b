"""The requests session put into python-nomad and py-consul: guard, TLS and errors in one place."""

import ssl
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from nomad_console.clients import tls as transport_security
from nomad_console.clients.errors import of_answer
from nomad_console.clients.guard import Guard
from nomad_console.clients.http import CONNECT_S, READ_S, Access


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
        context = transport_security.context(access.backend, access.tls)
        adapter = PinnedAdapter(context, access.tls.server_name, connections)
        self.mount("https://", adapter)
        self.mount("http://", HTTPAdapter(2, connections, pool_block=True))

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        path = urlsplit(request.url or "").path
        endpoint = f"{request.method} {path}"
        self._guard.check(str(request.method), str(path))
        kwargs |= {"allow_redirects": False, "proxies": {}, "timeout": (CONNECT_S, READ_S)}
        try:
            response = super().send(request, **kwargs)
        except requests.RequestException as error:
            raise transport_security.unreachable(self._access.backend, endpoint, error) from None
        if response.status_code != requests.codes.ok:
            text = self._access.safe(response.text)
            raise of_answer(self._access.backend, endpoint, response.status_code, text)
        return response
