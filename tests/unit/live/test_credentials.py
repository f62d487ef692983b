from datetime import timedelta

import pytest

from nomad_console.clients.errors import ApiError, NotFound, Refused, refused
from nomad_console.domain.agent import Token
from nomad_console.domain.rights import (
    AGENT_READ,
    ANONYMOUS,
    LIFECYCLE,
    LOCK_WRITE,
    NODE_READ,
    NODE_WRITE,
    OFF,
    SERVICE_READ,
    Credential,
    Policy,
    Verdict,
)
from nomad_console.domain.snapshot import SourceName
from nomad_console.live.credentials import consul_credential, nomad_credential, unproven
from tests.support.manual_clock import EPOCH

YES, NO, UNPROVEN = Verdict.YES, Verdict.NO, Verdict.UNPROVEN
EVERYWHERE = {"*": frozenset({"read-job", "alloc-lifecycle"})}
UPGRADE = Policy("upgrade", node="write", agent="read", namespaces=EVERYWHERE)
READ = Policy("reader", node="read", agent="read", namespaces={"*": frozenset({"read-job"})})


def no(text: str = "Permission denied", status: int = 403) -> Refused:
    return refused("nomad", "GET /v1/acl", status, text, right="")


def a_token(*policies: str, roles: bool = False) -> Token:
    return Token("a1b2c3d4-e5", "deploy", "client", policies, None, roles)


class Asked:
    """Answers of one token; an error in place of an answer is raised."""

    def __init__(
        self,
        token: Token | ApiError,
        *policies: Policy | ApiError | None,
        reads: bool = True,
        entry: ApiError | None = None,
    ) -> None:
        self._token = token
        self._policies = list(policies)
        self._reads = reads
        self._entry = entry

    async def token(self) -> Token:
        if isinstance(self._token, ApiError):
            raise self._token
        return self._token

    async def policy(self, name: str) -> Policy | None:
        assert name
        answer = self._policies.pop(0)
        if isinstance(answer, ApiError):
            raise answer
        return answer

    async def may_read(self, path: str) -> bool:
        assert path.startswith("/v1/")
        return self._reads

    async def entry(self, path: str) -> object:
        assert path.startswith("nomad-console/")
        if self._entry:
            raise self._entry
        return None


async def nomad(asked: Asked, before: Credential | None = None) -> Credential:
    return await nomad_credential(asked, before or Credential(), EPOCH)


@pytest.mark.parametrize(
    ("asked", "node_write", "lifecycle"),
    [
        (Asked(Token("x", "", "management", (), None)), YES, YES),
        (Asked(Token(OFF, "", "client", (), None)), YES, YES),
        (Asked(a_token("upgrade"), UPGRADE), YES, YES),
        (Asked(a_token("reader"), READ), NO, NO),
        (Asked(a_token("reader", "upgrade"), READ, UPGRADE), YES, YES),
        (Asked(a_token("gone"), NotFound("nomad", "", 404, "")), NO, NO),
        (Asked(a_token("upgrade"), no()), UNPROVEN, UNPROVEN),
        (Asked(a_token("upgrade"), None), UNPROVEN, UNPROVEN),
        (Asked(a_token(roles=True)), UNPROVEN, UNPROVEN),
        (Asked(a_token("upgrade"), no(), reads=False), NO, UNPROVEN),
    ],
    ids=[
        "management",
        "off",
        "upgrade",
        "reader",
        "both",
        "no such policy",
        "unreadable",
        "not spelled out",
        "roles",
        "may not even read",
    ],
)
async def test_nomads_rights(asked: Asked, node_write: Verdict, lifecycle: Verdict) -> None:
    held = await nomad(asked)
    assert (held.may(NODE_WRITE), held.may(LIFECYCLE)) == (node_write, lifecycle)
    assert not held.trouble


async def test_reads_are_proven_by_reading() -> None:
    held = await nomad(Asked(a_token("upgrade"), UPGRADE, reads=False))
    assert (held.may(NODE_READ), held.may(AGENT_READ)) == (NO, NO)
    assert held.who == "Nomad token deploy"
    anonymous = Token(ANONYMOUS, "Anonymous Token", "client", ("anonymous",), None)
    gone = NotFound("nomad", "", 404, "")
    assert (await nomad(Asked(anonymous, gone, reads=False))).who == "console without a Nomad token"


@pytest.mark.parametrize(
    ("refusal", "ends", "trouble"),
    [
        (no(), EPOCH - timedelta(seconds=9), "the Nomad token expired at"),
        (no(), None, "the Nomad token is unknown, revoked or expired"),
        (no(), EPOCH + timedelta(hours=1), "the Nomad token is unknown, revoked or expired"),
        (no("ACL token expired", 500), None, "the Nomad token has expired"),
    ],
)
async def test_a_spent_token_may_nothing(refusal: Refused, ends: "object", trouble: str) -> None:
    before = Credential("Nomad token deploy", expires_at=ends)  # type: ignore[arg-type]  # a datetime or None
    held = await nomad(Asked(refusal), before)
    assert held.trouble.startswith(trouble)
    assert "NOMAD_TOKEN" in held.cure
    assert (held.who, held.may(NODE_WRITE)) == ("Nomad token deploy", NO)


@pytest.mark.parametrize(
    ("asked", "services", "seen", "lock"),
    [
        (Asked(Token(OFF, "", "client", (), None)), (), YES, YES),
        (Asked(a_token("watch"), entry=no()), ("consul", "web"), YES, NO),
        (Asked(a_token("lock")), (), NO, UNPROVEN),
        (Asked(a_token("web")), ("web",), NO, UNPROVEN),
    ],
)
async def test_consuls_rights(
    asked: Asked, services: tuple[str, ...], seen: Verdict, lock: Verdict
) -> None:
    key = "nomad-console/global/run"
    held = await consul_credential(asked, key, services, Credential(), EPOCH)
    assert (held.may(SERVICE_READ), held.may(LOCK_WRITE)) == (seen, lock)


async def test_an_unknown_token_of_consul_names_its_variable() -> None:
    held = await consul_credential(Asked(no("ACL not found")), "k", (), Credential(), EPOCH)
    assert "Consul token is unknown" in held.trouble
    assert "CONSUL_HTTP_TOKEN" in held.cure


def test_a_backend_that_says_nothing_of_tokens_leaves_everything_unproven() -> None:
    held = unproven(SourceName.NOMAD, "404")
    assert {one.verdict for one in held.rights} == {UNPROVEN}
    assert held.right(NODE_WRITE) is not None


@pytest.mark.parametrize(
    ("asked", "everywhere"),
    [
        (Asked(Token(OFF, "", "client", (), None)), YES),
        (Asked(a_token("reader"), READ), YES),
        (Asked(a_token("nodes"), Policy("nodes", node="read")), NO),
        (Asked(a_token("one"), Policy("one", namespaces={"a": frozenset({"read-job"})})), UNPROVEN),
        (Asked(a_token("reader", roles=True), READ), UNPROVEN),
        (Asked(no()), UNPROVEN),
    ],
)
async def test_whether_it_reads_every_namespace_by_its_own_record(
    asked: Asked, everywhere: Verdict
) -> None:
    assert (await nomad_credential(asked, Credential(), EPOCH)).everywhere is everywhere
