"""Tokens of a real Consul with the default policy deny."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from nomad_console.clients.errors import Refused
from nomad_console.domain.rights import LOCK_WRITE, SERVICE_READ, Credential, Verdict
from nomad_console.live.credentials import consul_credential
from nomad_console.live.rights_feed import LOCK_KEY
from tests.support.backends import consul_at
from tests.support.manual_clock import EPOCH
from tests.support.real_agents import MANAGEMENT, missing, real_consul

pytestmark = pytest.mark.skipif(bool(missing("consul")), reason="no consul on PATH")
README = Path(__file__).parents[2] / "README.md"
AGENT_ONLY = 'agent_prefix "" { policy = "read" }'


def published(heading: str) -> str:
    """The policy that the README gives under this comment."""
    text = README.read_text(encoding="utf-8")
    begin = text.index(f"# Consul, {heading}\n")
    return text[begin : text.index("```", begin)]


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """The address, and secrets by what they are for."""
    wanted = {
        "watch": published("watching"),
        "upgrade": published("watching") + published("upgrading"),
        "agent-only": AGENT_ONLY,
    }
    with real_consul(tmp_path_factory.mktemp("consul"), acl=True) as address:
        secrets = {"none": "", "management": MANAGEMENT}
        headers = {"X-Consul-Token": MANAGEMENT}
        with httpx.Client(base_url=f"{address}/v1/acl", headers=headers, trust_env=False) as acl:
            for name, rules in wanted.items():
                acl.put("/policy", json={"Name": name, "Rules": rules}).raise_for_status()
                made = acl.put("/token", json={"Policies": [{"Name": name}]}).raise_for_status()
                secrets[name] = made.json()["SecretID"]
        yield address, secrets


async def held(address: str, secret: str) -> Credential:
    async with consul_at(address, token=secret) as consul:
        try:
            services = tuple(one.name for one in (await consul.services()).rows)
        except Refused:
            services = ()
        return await consul_credential(consul, LOCK_KEY, services, Credential(), EPOCH)


@pytest.mark.parametrize(
    ("token", "seen", "lock"),
    [
        ("management", Verdict.YES, Verdict.YES),
        ("watch", Verdict.YES, Verdict.NO),
        ("upgrade", Verdict.YES, Verdict.UNPROVEN),
        ("agent-only", Verdict.NO, Verdict.NO),
        ("none", Verdict.NO, Verdict.NO),
    ],
)
async def test_what_each_token_may(
    agent: tuple[str, dict[str, str]], token: str, seen: Verdict, lock: Verdict
) -> None:
    address, secrets = agent
    found = await held(address, secrets[token])
    assert (found.may(SERVICE_READ), found.may(LOCK_WRITE)) == (seen, lock)


@pytest.mark.parametrize("token", ["none", "agent-only"])
async def test_a_silent_empty_list_is_a_refusal(
    agent: tuple[str, dict[str, str]], token: str
) -> None:
    address, secrets = agent
    async with consul_at(address, token=secrets[token]) as consul:
        with pytest.raises(Refused, match="hidden from this token"):
            await consul.services()


async def test_the_published_rights_are_enough_for_the_lock(
    agent: tuple[str, dict[str, str]],
) -> None:
    address, secrets = agent
    async with consul_at(address, read_only=False, token=secrets["upgrade"]) as consul:
        session = await consul.open_session("nomad-console test", 30)
        assert await consul.acquire(LOCK_KEY, b"{}", session)
        await consul.renew_session(session)
        assert await consul.release(LOCK_KEY, b"", session)
        await consul.end_session(session)
    async with consul_at(address, read_only=False, token=secrets["watch"]) as consul:
        with pytest.raises(Refused):
            await consul.open_session("nomad-console test", 30)


async def test_an_unknown_token_is_said_to_be_unknown(agent: tuple[str, dict[str, str]]) -> None:
    found = await held(agent[0], "00000000-1111-2222-3333-444444444444")
    assert "unknown, revoked or expired" in found.trouble
