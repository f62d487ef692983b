import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from nomad_console.simulator.servers import Listener, bind
from nomad_console.simulator.tls import Certificates
from tests.support.certificates import Certificates as Made

BIG = "x" * 300_000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(tmp_path_factory.mktemp("tls"))


@pytest.fixture
async def listener(made: Made) -> AsyncIterator[Listener]:
    app = Starlette(routes=[Route("/", lambda _: PlainTextResponse(BIG))])
    context = Certificates(made.folder).context("server")
    found = Listener("nomad", app, bind("127.0.0.1"), tls=context)
    await found.start()
    yield found
    found.stop()


def client(made: Made, *, certificate: bool = True) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=made.ca)
    if certificate:
        context.load_cert_chain(made.folder / "client.pem", made.folder / "client-key.pem")
    return context


async def asked(listener: Listener, context: ssl.SSLContext) -> list[httpx.Response]:
    """Two requests on one connection."""
    async with httpx.AsyncClient(verify=context) as http:
        known = {"sni_hostname": "server.global.nomad"}
        return [await http.get(listener.url, extensions=known) for _ in range(2)]


async def test_a_client_with_a_certificate_is_answered(listener: Listener, made: Made) -> None:
    assert listener.url.startswith("https://")
    for answer in await asked(listener, client(made)):
        assert answer.text == BIG


async def test_without_one_the_alert_comes_at_the_first_read(
    listener: Listener, made: Made
) -> None:
    with pytest.raises((httpx.ReadError, ssl.SSLError), match=r"(?i)certificate.required"):
        await asked(listener, client(made, certificate=False))


async def test_plain_http_is_answered_in_the_clear(listener: Listener) -> None:
    async with httpx.AsyncClient() as http:
        answer = await http.get(listener.url.replace("https", "http"))
    assert (answer.status_code, answer.text) == (
        400,
        "Client sent an HTTP request to an HTTPS server.\n",
    )


async def test_garbage_and_silence_end_the_connection(listener: Listener) -> None:
    for said in (b"\x16\x03\x01\x00\x05hello", b""):
        reader, writer = await asyncio.open_connection(listener.address, listener.port)
        writer.write(said)
        writer.write_eof()
        while await reader.read(1024):
            pass
        writer.close()
    assert listener.listening


def test_what_a_client_needs_besides_addresses(made: Made) -> None:
    env = Certificates(Path(made.folder)).environment()
    assert env["NOMAD_CACERT"] == made.ca
    assert env["CONSUL_TLS_SERVER_NAME"] == "server.global.nomad"
    assert len(env) == 8


def test_a_folder_without_certificates_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Certificates(tmp_path).context("server")
