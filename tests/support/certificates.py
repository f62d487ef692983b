"""Certificates for loopback, and a server that asks for one in return."""

import ssl
from pathlib import Path
from typing import Any

import trustme

from nomad_console.settings.values import Tls


class Certificates:
    """A CA, a server's certificate by name and address, and clients' of this and another CA."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ca = trustme.CA()
        other = trustme.CA()
        self.ca = self._written("ca.pem", self._ca.cert_pem)
        self.other_ca = self._written("other-ca.pem", other.cert_pem)
        self._server = self._pair("server", self._ca.issue_cert("server.global.nomad"))
        self._agent = self._pair("agent", self._ca.issue_cert("client.global.nomad"))
        self._client = self._pair("client", self._ca.issue_cert("cli.global.nomad"))
        self._foreign = self._pair("foreign", other.issue_cert("cli.global.nomad"))

    def server(self, *, mutual: bool = True, agent: bool = False) -> dict[str, Any]:
        """Options of uvicorn, for a server's API or a client agent's own."""
        certificate, key = self._agent if agent else self._server
        options: dict[str, Any] = {"ssl_certfile": certificate, "ssl_keyfile": key}
        if mutual:
            options |= {"ssl_ca_certs": self.ca, "ssl_cert_reqs": ssl.CERT_REQUIRED}
        return options

    @property
    def folder(self) -> Path:
        """Of ca.pem, server.pem, agent.pem, client.pem and their keys."""
        return self._folder

    @property
    def pair(self) -> tuple[str, str]:
        return self._server

    def settings(self, who: str = "client", **changed: Any) -> Tls:
        """What a client sets; `who` is client, foreign or nobody."""
        pair = {"client": self._client, "foreign": self._foreign, "nobody": ("", "")}[who]
        values = {
            "ca_file": self.ca,
            "cert_file": pair[0],
            "key_file": pair[1],
            "server_name": "server.global.nomad",
        }
        return Tls(**{**values, **changed})

    def _pair(self, name: str, issued: trustme.LeafCert) -> tuple[str, str]:
        return (
            self._written(f"{name}.pem", issued.cert_chain_pems[0]),
            self._written(f"{name}-key.pem", issued.private_key_pem),
        )

    def _written(self, name: str, blob: trustme.Blob) -> str:
        path = self._folder / name
        blob.write_to_path(str(path))
        return str(path)
