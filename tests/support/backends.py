"""Clients against an address, with settings as short as a test needs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from nomad_console.clients.autoscaling import AutoScaling
from nomad_console.clients.consul import Consul
from nomad_console.clients.elb import Elb
from nomad_console.clients.nomad import Nomad
from nomad_console.clients.threads import Threads
from nomad_console.settings.values import AwsSettings, ConsulSettings, NomadSettings, Secret, Tls


@asynccontextmanager
async def nomad_at(
    address: str, *, read_only: bool = True, token: str = "", tls: Tls | None = None
) -> AsyncIterator[Nomad]:
    settings = NomadSettings(address=address, token=Secret(token), tls=tls or Tls())
    threads = Threads(4)
    client = Nomad(settings, threads, read_only=read_only)
    try:
        yield client
    finally:
        await client.close()
        await threads.close()


@asynccontextmanager
async def consul_at(
    address: str, *, read_only: bool = True, token: str = "", tls: Tls | None = None
) -> AsyncIterator[Consul]:
    settings = ConsulSettings(address=address, token=Secret(token), tls=tls or Tls())
    threads = Threads(4)
    client = Consul(settings, threads, read_only=read_only)
    try:
        yield client
    finally:
        await client.close()
        await threads.close()


@asynccontextmanager
async def elb_at(address: str, *, read_only: bool = True, **settings: object) -> AsyncIterator[Elb]:
    """Needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: credentials are boto3's affair."""
    values = {"region": "us-east-1", "endpoint_url": address, **settings}
    threads = Threads(4)
    try:
        yield Elb(AwsSettings(**values), threads, read_only=read_only)  # type: ignore[arg-type]  # a test's own words
    finally:
        await threads.close()


@asynccontextmanager
async def scaling_at(
    address: str, *, read_only: bool = True, **settings: object
) -> AsyncIterator[AutoScaling]:
    """Needs credentials as `elb_at` does."""
    values = {"region": "us-east-1", "endpoint_url": address, **settings}
    threads = Threads(4)
    try:
        yield AutoScaling(AwsSettings(**values), threads, read_only=read_only)  # type: ignore[arg-type]  # a test's own words
    finally:
        await threads.close()
