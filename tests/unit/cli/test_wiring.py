"""One place puts clients, feeds and store together."""

import socket

import msgspec
import pytest

from nomad_console.cli.arguments import parser
from nomad_console.cli.cluster import settings_of
from nomad_console.cli.wiring import connected, look
from nomad_console.clients.consul import Consul
from nomad_console.clients.elb import Elb
from nomad_console.clients.errors import ReadOnly
from nomad_console.domain.snapshot import SourceName, SourceState
from nomad_console.settings.values import Missing


def nowhere() -> str:
    """A loopback address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


async def test_what_is_not_configured_has_no_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOMAD_ADDR", nowhere())
    settings = msgspec.structs.replace(
        settings_of(parser().parse_args([])), consul=Missing("switched off", "")
    )
    async with connected(settings, read_only=True) as bare:
        assert isinstance(bare.consul, Missing)
        assert isinstance(bare.elb, Missing)
        assert bare.read_only
    monkeypatch.setenv("CONSUL_HTTP_ADDR", nowhere())
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    async with connected(settings_of(parser().parse_args([])), read_only=False) as whole:
        assert isinstance(whole.consul, Consul)
        assert isinstance(whole.elb, Elb)


async def test_read_only_reaches_the_transport_of_every_client(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NOMAD_ADDR", nowhere())
    async with connected(settings_of(parser().parse_args([])), read_only=True) as connections:
        with pytest.raises(ReadOnly):
            await connections.nomad.set_eligibility("n", eligible=False)


def test_a_look_ends_with_what_is_known_and_why_the_rest_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NOMAD_ADDR", nowhere())
    snapshot, _ = look(
        settings_of(parser().parse_args(["status"])),
        enough=lambda seen: bool(seen.source(SourceName.NOMAD).reason),
        seconds=10,
    )
    assert snapshot.source(SourceName.NOMAD).state is SourceState.CONNECTING
    assert "refused" in snapshot.source(SourceName.NOMAD).reason.lower()
    assert "(asked http://127.0.0.1:" in snapshot.source(SourceName.NOMAD).reason
    assert snapshot.source(SourceName.ALB).state is SourceState.OFF


def test_a_look_has_its_time_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOMAD_ADDR", nowhere())
    snapshot, now = look(
        settings_of(parser().parse_args(["status"])), enough=lambda _: False, seconds=0.2
    )
    assert snapshot.nodes == {}
    assert now >= snapshot.at
