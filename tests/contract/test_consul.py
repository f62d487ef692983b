"""What the console relies on in Consul."""

from base64 import b64decode
from collections.abc import Iterator

import pytest

from tests.support.consul_parties import CONSUL_PARTIES, ConsulParty
from tests.support.statements import statement

REFUSED, UNKNOWN_TOKEN = (403, "Permission denied"), (403, "ACL not found")


@pytest.fixture(scope="module")
def party(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ConsulParty]:
    with CONSUL_PARTIES[request.param](tmp_path_factory.mktemp("consul")) as found:
        yield found


@statement("consul.lists.unknown-service", "A service nobody knows has an empty list, not a 404.")
def test_unknown_service(party: ConsulParty) -> None:
    (answer,) = party.answers("health-service-unknown")
    assert (answer.status, answer.body) == (200, [])


@statement("consul.lists.unknown-node", "A node nobody knows is `null` with status 200.")
def test_unknown_node(party: ConsulParty) -> None:
    (answer,) = party.answers("catalog-node-unknown")
    assert (answer.status, answer.body) == (200, None)


@statement("consul.lists.node", "A node's services are a map from service id to service.")
def test_node(party: ConsulParty) -> None:
    (answer,) = party.answers("catalog-node")
    assert answer.body["Node"]["Node"] == "c1"
    assert answer.body["Services"]
    for key, service in answer.body["Services"].items():
        assert service["ID"] == key
        assert {"Service", "Tags", "Port", "Address", "Meta"} <= set(service)


@statement("consul.lists.index", "Lists carry X-Consul-Index; status answers carry none.")
def test_index(party: ConsulParty) -> None:
    *lists, leader = party.answers("catalog-node", "health-state-any", "status-leader")
    assert all(answer.index > 0 for answer in lists)
    assert all(answer.headers["x-consul-knownleader"] == "true" for answer in lists)
    assert "x-consul-index" not in leader.headers


@statement("consul.lists.filter", "A filter that names no field is a 500 with its reason.")
def test_bad_filter(party: ConsulParty) -> None:
    (answer,) = party.answers("health-service-bad-filter")
    assert answer.status == 500
    assert answer.body.endswith('Selector "Node.Nope" is not valid')


@statement("consul.health.entry", "An entry is Node, Service and Checks, the node's own included.")
def test_entry(party: ConsulParty) -> None:
    (answer,) = party.answers("health-service")
    assert answer.body
    for entry in answer.body:
        assert set(entry) == {"Node", "Service", "Checks"}
        names = {check["CheckID"]: check["ServiceID"] for check in entry["Checks"]}
        assert names["serfHealth"] == ""
        assert entry["Service"]["ID"] in names.values()


@statement("consul.health.passing", "With `passing` come only entries whose every check passes.")
def test_passing(party: ConsulParty) -> None:
    (answer,) = party.answers("health-service-passing")
    assert answer.body
    assert {check["Status"] for entry in answer.body for check in entry["Checks"]} == {"passing"}


@statement("consul.health.critical", "The list of critical checks holds no other.")
def test_critical(party: ConsulParty) -> None:
    (answer,) = party.answers("health-state-critical")
    assert answer.status == 200
    assert {check["Status"] for check in answer.body} <= {"critical"}


@statement("consul.health.services", "The services' summary counts instances and checks by state.")
def test_summary(party: ConsulParty) -> None:
    (answer,) = party.answers("internal-ui-services")
    rows = {row["Name"]: row for row in answer.body}
    assert {"consul", "web"} <= set(rows)
    for row in rows.values():
        assert row["InstanceCount"] >= 1
        assert all(row[f"Checks{state}"] >= 0 for state in ("Passing", "Warning", "Critical"))


@statement("consul.blocking.timeout", "A wait without a change ends with the same index.")
def test_blocking_timeout(party: ConsulParty) -> None:
    asked, wait_s, answer = party.waited()
    assert answer.index == asked
    assert wait_s <= answer.elapsed_s <= wait_s * (1 + 1 / 16) + 0.5


@statement("consul.blocking.wakes", "A write ends the wait, with a higher index and the new value.")
def test_blocking_wakes(party: ConsulParty) -> None:
    asked, answer = party.woken()
    assert answer.index > asked
    assert b64decode(answer.body[0]["Value"]) == b"2"
    assert answer.elapsed_s < 10


@statement("consul.blocking.ahead", "An index ahead of Consul's own is waited for, no error.")
def test_blocking_ahead(party: ConsulParty) -> None:
    answer = party.ask("/v1/session/list", index=1_000_000, wait="300ms")
    assert answer.status == 200
    assert answer.index < 1_000_000


@statement("consul.status.leader", "The leader is text, `address:port`.")
def test_leader(party: ConsulParty) -> None:
    (answer,) = party.answers("status-leader")
    host, _, port = answer.body.rpartition(":")
    assert host
    assert port.isdigit()


@statement("consul.session.create", "A new session answers with its id and nothing else.")
def test_create(party: ConsulParty) -> None:
    (answer,) = party.answers("session-create")
    assert (answer.status, list(answer.body)) == (200, ["ID"])


@statement("consul.session.ttl", "A TTL below 10 s is a 500 that names the bounds.")
def test_short_ttl(party: ConsulParty) -> None:
    (answer,) = party.answers("session-create-bad-ttl")
    text = "Invalid Session TTL '1000000000', must be between [10s=24h0m0s]"
    assert (answer.status, answer.body) == (500, text)


@statement("consul.session.info", "A session is a list of one: TTL as text, lock delay in ns.")
def test_info(party: ConsulParty) -> None:
    _, answer = party.answers("session-create", "session-info")
    (row,) = answer.body
    assert (row["TTL"], row["LockDelay"], row["Behavior"]) == ("15s", 0, "release")


@statement("consul.session.lock-delay", "Without a lock delay asked for it is 15 s.")
def test_default_lock_delay(party: ConsulParty) -> None:
    _, answer = party.answers("session-create-2", "session-list")
    (row,) = [row for row in answer.body if row["Name"] == "other"]
    assert row["LockDelay"] == 15_000_000_000


@statement("consul.session.renew", "A renewal answers with the session, a list of one.")
def test_renew(party: ConsulParty) -> None:
    made, answer = party.answers("session-create", "session-renew")
    assert [row["ID"] for row in answer.body] == [made.body["ID"]]


@statement(
    "consul.session.gone", "A session that ended: renewal 404 with its id, info an empty list."
)
def test_gone(party: ConsulParty) -> None:
    made, _, renewed, info = party.answers(
        "session-create", "session-destroy", "session-renew-gone", "session-info-gone"
    )
    assert (renewed.status, renewed.body) == (404, f"Session id '{made.body['ID']}' not found")
    assert (info.status, info.body) == (200, [])


@statement("consul.lock.acquire", "Who acquires a key gets `true`; the key names its session.")
def test_acquire(party: ConsulParty) -> None:
    made, acquired, found = party.answers("session-create", "kv-acquire", "kv-get")
    assert acquired.body is True
    (row,) = found.body
    assert (row["Session"], row["LockIndex"]) == (made.body["ID"], 1)
    assert b64decode(row["Value"]) == b'{"holder":"alice"}'


@statement("consul.lock.held", "A key that another session holds answers `false`, status 200.")
def test_held(party: ConsulParty) -> None:
    *_, answer = party.answers(
        "session-create", "session-create-2", "kv-acquire", "kv-acquire-held"
    )
    assert (answer.status, answer.body) == (200, False)


@statement(
    "consul.lock.dead-session", "To acquire with a session that ended is a 500 that says so."
)
def test_dead_session(party: ConsulParty) -> None:
    made, _, answer = party.answers(
        "session-create", "session-destroy", "kv-acquire-invalid-session"
    )
    assert (answer.status, answer.body) == (500, f'invalid session "{made.body["ID"]}"')


@statement("consul.lock.release", "Only the holder releases; the key stays, without a session.")
def test_release(party: ConsulParty) -> None:
    *_, wrong, right, found = party.answers(
        "session-create",
        "session-create-2",
        "kv-acquire",
        "kv-release-wrong",
        "kv-release",
        "kv-get-released",
    )
    assert (wrong.body, right.body) == (False, True)
    assert "Session" not in found.body[0]


@statement("consul.lock.end-of-session", "The end of a session frees its key and leaves its value.")
def test_end_of_session(party: ConsulParty) -> None:
    *_, found = party.answers(
        "session-create", "kv-acquire", "session-destroy", "kv-get-after-destroy"
    )
    (row,) = found.body
    assert "Session" not in row
    assert b64decode(row["Value"]) == b'{"holder":"alice"}'


@statement("consul.kv.create", "`cas=0` writes only where there is no key.")
def test_create_only(party: ConsulParty) -> None:
    first, second = party.answers("kv-cas-create", "kv-cas-create-conflict")
    assert (first.body, second.body) == (True, False)
    assert second.status == 200


@statement("consul.kv.cas", "A write at another index than the key's is `false`, status 200.")
def test_cas(party: ConsulParty) -> None:
    *_, stale, right = party.answers(
        "session-create", "kv-acquire", "kv-get", "kv-cas-conflict", "kv-cas"
    )
    assert (stale.status, stale.body, right.body) == (200, False, True)


@statement("consul.kv.missing", "A key that is not there is a 404 without text, with an index.")
def test_missing(party: ConsulParty) -> None:
    party.answers("kv-cas-create")
    (answer,) = party.answers("kv-get-missing")
    assert (answer.status, answer.body) == (404, "")
    assert answer.index > 0


@statement(
    "consul.acl.filtered", "Without a token lists are empty with status 200, and nothing says why."
)
def test_filtered(party: ConsulParty) -> None:
    names = [
        "catalog-nodes",
        "catalog-services",
        "health-service",
        "health-state-any",
        "ui-services",
    ]
    for answer in party.locked_out(*(f"{name}-no-token" for name in names)):
        assert (answer.status, len(answer.body)) == (200, 0)
        assert "x-consul-results-filtered-by-acls" not in answer.headers


@statement(
    "consul.acl.denied", "Without a token agent, keys and sessions are 403 `Permission denied`."
)
def test_denied(party: ConsulParty) -> None:
    names = ["agent-self", "kv", "kv-put", "session-create"]
    answers = party.locked_out(*(f"{name}-no-token" for name in names))
    assert [(answer.status, answer.body) for answer in answers] == [REFUSED] * len(names)


@statement(
    "consul.acl.unknown-token", "A token nobody knows is 403 `ACL not found`, for lists too."
)
def test_unknown_token(party: ConsulParty) -> None:
    names = ["agent-self", "token-self", "catalog-services", "health-service"]
    answers = party.locked_out(*(f"{name}-wrong-token" for name in names))
    assert [(answer.status, answer.body) for answer in answers] == [UNKNOWN_TOKEN] * len(names)


@statement("consul.acl.leader", "The leader is told to anybody.")
def test_open_leader(party: ConsulParty) -> None:
    (answer,) = party.locked_out("status-leader-no-token")
    assert answer.status == 200
    assert answer.body


@statement("consul.acl.self", "A token may read itself: accessor, policies, and no other secret.")
def test_token_self(party: ConsulParty) -> None:
    (answer,) = party.locked_out("token-self-management")
    assert answer.status == 200
    assert answer.body["AccessorID"]
    assert {policy["Name"] for policy in answer.body["Policies"]}
