import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from nomad_console.clients.errors import Unreachable
from nomad_console.clients.tls import context, origin, shown, unreachable
from nomad_console.settings.values import Tls
from tests.support.backends import consul_at, nomad_at
from tests.support.certificates import Certificates
from tests.support.recorded_server import Recorded
from tests.support.serving import served, shaking_hands

HTTPS = "https://127.0.0.1:4646"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def nomad(certificates: Certificates) -> Iterator[str]:
    with served(Recorded("nomad").app, **certificates.server()) as address:
        yield address


@pytest.fixture(scope="module")
def consul(certificates: Certificates) -> Iterator[str]:
    with served(Recorded("consul").app, **certificates.server()) as address:
        yield address


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://127.0.0.1:4646", "http://127.0.0.1:4646"),
        ("https://nomad.example.com", "https://nomad.example.com:443"),
        ("http://nomad.example.com/", "http://nomad.example.com:80"),
        ("10.0.0.1", "http://10.0.0.1:4646"),
        ("10.0.0.1:4747", "http://10.0.0.1:4747"),
        ("http://[::1]:4646", "http://[::1]:4646"),
    ],
)
def test_addresses(address: str, expected: str) -> None:
    assert origin("nomad", address) == expected


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("unix:///run/nomad.sock", "unix sockets are not supported"),
        ("ftp://x", "must be http"),
        ("http://", "must be http"),
        ("http://x:port", "not host:port"),
    ],
)
def test_addresses_that_cannot_be_called(address: str, words: str) -> None:
    with pytest.raises(Unreachable, match=words):
        origin("nomad", address)


async def test_a_unix_socket_is_refused_by_every_kind_of_call() -> None:
    async with nomad_at("unix:///run/nomad.sock") as client:
        for call in (client.nodes, client.servers):
            with pytest.raises(Unreachable, match="unix"):
                await call()
        with pytest.raises(Unreachable, match="unix"):
            await anext(client.events(["Node"]))


async def test_mutual_tls_with_a_server_name(
    nomad: str, consul: str, certificates: Certificates
) -> None:
    async with nomad_at(nomad, tls=certificates.settings()) as client:
        assert len((await client.nodes()).rows) == 4  # httpx
        assert len(await client.servers()) == 3  # requests
    async with consul_at(consul, tls=certificates.settings()) as client:
        assert len((await client.services()).rows) == 6
        assert (await client.agent()).version == "1.8.7"


@pytest.mark.parametrize(
    ("who", "changed", "text", "hint"),
    [
        ("client", {"server_name": ""}, "another name", "NOMAD_TLS_SERVER_NAME"),
        ("client", {"server_name": "x.example.com"}, "another name", "NOMAD_TLS_SERVER_NAME"),
        ("client", {"ca_file": "other"}, "not signed by a known CA", "NOMAD_CACERT"),
        ("client", {"ca_file": ""}, "not signed by a known CA", "NOMAD_CACERT"),
    ],
)
async def test_what_tls_refuses_says_what_to_set(  # both libraries say the same
    nomad: str,
    certificates: Certificates,
    who: str,
    changed: dict[str, str],
    text: str,
    hint: str,
) -> None:
    if changed.get("ca_file") == "other":
        changed = {"ca_file": certificates.other_ca}
    async with nomad_at(nomad, tls=certificates.settings(who, **changed)) as client:
        for call in (client.nodes, client.servers):
            with pytest.raises(Unreachable) as caught:
                await call()
            assert text in caught.value.text
            assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("who", "text"),
    [
        ("nobody", "asks for a client certificate"),
        ("foreign", "does not know the client certificate's CA"),
    ],
)
async def test_a_missing_or_foreign_client_certificate_fails_at_the_first_read(
    certificates: Certificates, who: str, text: str
) -> None:
    with shaking_hands(*certificates.pair, certificates.ca) as address:
        async with nomad_at(address, tls=certificates.settings(who)) as client:
            for call in (client.nodes, client.servers):
                with pytest.raises(Unreachable) as caught:
                    await call()
                assert text in caught.value.text
                assert "NOMAD_CLIENT_CERT" in caught.value.hint


C1 = "9030af16-25ee-b12b-d341-f337c9c8fa52"


async def test_a_client_agent_is_known_by_its_own_name(certificates: Certificates) -> None:
    config = {"NodeName": "c1", "Client": {"Enabled": True}}
    own = Starlette(routes=[Route("/v1/agent/self", lambda _: JSONResponse({"config": config}))])
    with served(own, **certificates.server(agent=True)) as agent:
        row = {"ID": C1, "HTTPAddr": agent.removeprefix("https://")}
        known = Starlette(routes=[Route("/v1/node/{id}", lambda _: JSONResponse(row))])
        with served(known, **certificates.server()) as address:
            async with nomad_at(address, tls=certificates.settings()) as client:
                found = await client.agent(C1)
    assert (found.name, found.client) == ("c1", True)


async def test_skip_verify_trusts_anybody(nomad: str, certificates: Certificates) -> None:
    tls = certificates.settings(ca_file="", server_name="", skip_verify=True)
    async with nomad_at(nomad, tls=tls) as client:
        assert (await client.nodes()).rows
        assert await client.servers()


async def test_plain_http_and_tls_mixed_up_say_so(nomad: str, certificates: Certificates) -> None:
    with served(Recorded("nomad").app) as plain:
        address = plain.replace("http://", "https://")
        async with nomad_at(address, tls=certificates.settings()) as client:
            for call in (client.nodes, client.servers):
                with pytest.raises(Unreachable) as caught:
                    await call()
                assert "plain HTTP" in caught.value.text
    async with nomad_at(nomad.replace("https://", "http://")) as client:
        with pytest.raises(Unreachable):  # uvicorn just closes; Nomad's own 400 is in the errors
            await client.nodes()


@pytest.mark.parametrize(
    ("tls", "words"),
    [
        (Tls(ca_file="/nowhere/ca.pem"), "there is no file /nowhere/ca.pem"),
        (Tls(cert_file="/nowhere/cli.pem"), "there is no file /nowhere/cli.pem"),
    ],
)
def test_files_that_cannot_be_read(tls: Tls, words: str) -> None:
    with pytest.raises(Unreachable, match=words):
        context("nomad", HTTPS, tls)


def test_a_file_that_is_no_certificate(tmp_path: Path, certificates: Certificates) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("hello")
    for tls in (Tls(ca_file=str(path)), Tls(cert_file=str(path))):
        with pytest.raises(Unreachable, match=r"notes\.txt holds no certificate"):
            context("nomad", HTTPS, tls)
    assert context("nomad", HTTPS, certificates.settings()).verify_mode == ssl.CERT_REQUIRED


async def test_a_folder_of_plain_pem_files_is_trusted(
    nomad: str, tmp_path: Path, certificates: Certificates
) -> None:
    (tmp_path / "cluster.crt").symlink_to(certificates.ca)
    tls = certificates.settings(ca_file="", ca_path=str(tmp_path))
    async with nomad_at(nomad, tls=tls) as client:
        assert (await client.nodes()).rows
        assert await client.servers()


def test_without_tls_no_authority_is_read_but_files_that_are_named_are() -> None:
    assert context("nomad", HTTPS, Tls()).cert_store_stats()["x509_ca"] > 0
    plain = context("nomad", "http://127.0.0.1:4646", Tls())
    assert plain.cert_store_stats()["x509_ca"] == 0
    assert plain.verify_mode == ssl.CERT_REQUIRED
    with pytest.raises(Unreachable, match="there is no file"):
        context("nomad", "http://127.0.0.1:4646", Tls(ca_file="/nowhere/ca.pem"))


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "connection refused"),
        (TimeoutError("timed out"), "no connection in time"),
        (ConnectionResetError(104, "Connection reset by peer"), "the connection was reset"),
        (OSError("something else"), "something else"),
        (OSError(), "OSError"),
    ],
)
def test_causes_in_words(cause: OSError, text: str) -> None:
    assert unreachable("nomad", "GET /v1/nodes", cause).text == text


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://ann:s3cret@10.0.0.1:4646/x?token=s3cret", "http://10.0.0.1:4646/x"),
        ("10.0.0.1:4646", "http://10.0.0.1:4646"),
        ("https://nomad.example#s3cret", "https://nomad.example"),
    ],
)
def test_an_address_is_shown_without_secrets(address: str, said: str) -> None:
    assert shown(address) == said


@pytest.mark.parametrize("text", ["illegal status line: bytearray(b'\\x15\\x03')", "disconnected"])
def test_an_answer_in_tls_to_plain_http_says_try_https(text: str) -> None:
    assert "try https://" in unreachable("nomad", "GET /v1/nodes", OSError(text)).hint
