"""Nomad's servers: who they are, how well, without a leader, and with another one."""

from tests.support.nomad_parties import NomadParty
from tests.support.statements import statement

NO_LEADER = (500, "No cluster leader")
WAIT = 5.0  # s that a server looks for a leader


@statement("nomad.servers.members", "members have a status, and their version in `Tags.build`")
def test_members(party: NomadParty) -> None:
    body = party.answer("agent-members").body
    assert {"ServerName", "ServerRegion", "ServerDC"} < body.keys()
    for row in body["Members"]:
        assert row["Status"] == "alive"
        assert row["Tags"]["build"].startswith("2.")
        assert row["Name"].endswith(f".{body['ServerRegion']}")


@statement("nomad.servers.raft", "raft knows each server by id, name and address; one leads")
def test_raft_configuration(party: NomadParty) -> None:
    rows = party.answer("raft-configuration").body["Servers"]
    assert sum(row["Leader"] for row in rows) == 1
    for row in rows:
        assert row.keys() == {"ID", "Node", "Address", "Leader", "Voter", "RaftProtocol"}
        assert (row["Voter"], row["RaftProtocol"]) == (True, "3")


@statement("nomad.servers.leader", "`status/leader` is the address of a member, text in JSON")
def test_the_leader(party: NomadParty) -> None:
    leader = party.answer("status-leader").body
    addresses = {row["Address"] for row in party.answer("raft-configuration").body["Servers"]}
    assert leader in addresses


@statement("nomad.servers.autopilot", "autopilot says of each server how well it follows")
def test_autopilot(party: NomadParty) -> None:
    answer = party.answer("autopilot-health")
    assert (answer.status, answer.body["Healthy"]) == (200, True)
    assert len(answer.body["Voters"]) == len(answer.body["Servers"])
    for row in answer.body["Servers"]:
        assert row.items() >= {"SerfStatus": "alive", "Voter": True, "Healthy": True}.items()
        assert row["LastContact"].endswith("s")
        assert {"Version", "LastTerm", "LastIndex", "StableSince", "Leader"} < row.keys()


@statement("nomad.servers.health", "an agent's health says `ok` of its own half")
def test_health(party: NomadParty) -> None:
    answer = party.answer("agent-health")
    assert (answer.status, answer.body["server"]) == (200, {"message": "ok", "ok": True})


@statement("nomad.servers.down", "with a dead server autopilot is 429, JSON, and tolerates no more")
def test_a_dead_server(party: NomadParty) -> None:
    story = party.story("server-down")
    answer = story.read("autopilot")
    assert answer.status == 429
    assert (answer.body["Healthy"], answer.body["FailureTolerance"]) == (False, 0)
    (dead,) = [row for row in answer.body["Servers"] if not row["Healthy"]]
    assert dead["Voter"] is True
    statuses = [row["Status"] for row in story.read("members").body["Members"]]
    assert sorted(statuses) == ["alive", "alive", "failed"]


@statement(
    "nomad.servers.down-left", "members call a dead server `failed`, autopilot calls it `left`"
)
def test_two_words_for_a_dead_server(party: NomadParty) -> None:
    rows = party.story("server-down").read("autopilot").body["Servers"]
    assert sorted(row["SerfStatus"] for row in rows) == ["alive", "alive", "left"]


@statement("nomad.servers.no-leader", "without a leader reads and writes are 500 after 5 s")
def test_no_leader(party: NomadParty) -> None:
    story = party.story("no-leader")
    for name in ("nodes", "leader", "autopilot", "raft", "write", "transfer"):
        answer = story.read(name)
        assert answer.text == NO_LEADER, name
        assert WAIT <= answer.seconds < WAIT + 1.0, name


@statement("nomad.servers.no-leader-autopilot", "autopilot has no answer then, stale or not")
def test_autopilot_without_a_leader(party: NomadParty) -> None:
    assert party.story("no-leader").read("autopilot-stale").text == NO_LEADER


@statement("nomad.servers.no-leader-health", "a server's health is 500 then, with JSON")
def test_health_without_a_leader(party: NomadParty) -> None:
    answer = party.story("no-leader").read("health")
    assert answer.status == 500
    assert answer.body == {"server": {"ok": False, "message": "No cluster leader"}}


@statement("nomad.servers.no-leader-client", "a client's agent says the same as `rpc error: …`")
def test_no_leader_through_a_client(party: NomadParty) -> None:
    answer = party.story("no-leader").read("through-client")
    assert answer.text == (500, "rpc error: No cluster leader")


@statement("nomad.servers.no-leader-stale", "stale reads go on, and say that no leader is known")
def test_stale_reads_without_a_leader(party: NomadParty) -> None:
    answer = party.story("no-leader").read("nodes-stale")
    assert answer.status == 200
    assert answer.headers["x-nomad-knownleader"] == "false"
    assert int(answer.headers["x-nomad-lastcontact"]) > 2_000


@statement("nomad.servers.no-leader-members", "members and a stale raft configuration go on too")
def test_members_without_a_leader(party: NomadParty) -> None:
    story = party.story("no-leader")
    assert story.read("members").body["Members"]
    rows = story.read("raft-stale").body["Servers"]
    assert not any(row["Leader"] for row in rows)


@statement(
    "nomad.servers.transfer", "a transfer says from whom to whom, and whether it did nothing"
)
def test_a_transfer(party: NomadParty) -> None:
    story = party.story("transfer")
    body = story.read("given").body
    assert (body["Noop"], body["Err"]) == (False, None)
    assert body["From"].keys() == body["To"].keys() == {"ID", "Address"}
    assert body["From"] != body["To"]
    noop = story.read("to-leader").body
    assert (noop["Noop"], noop["From"]) == (True, noop["To"])


@statement(
    "nomad.servers.transferred",
    "after it `status/leader` names the new one",
    source="https://developer.hashicorp.com/nomad/api-docs/operator/raft",
)
def test_the_new_leader(party: NomadParty) -> None:
    story = party.story("transfer")
    assert story.read("leader").body == story.read("given").body["To"]["Address"]


@statement("nomad.servers.transfer-refused", "a transfer to nobody, to two or a stranger is 400")
def test_refused_transfers(party: NomadParty) -> None:
    story = party.story("transfer")
    texts = {
        "neither": "must specify id or address",
        "both": "must specify either id or address",
        "unknown-id": 'id "11111111-2222-3333-4444-555555555555" '
        "was not found in the Raft configuration",
        "unknown-address": 'address "10.77.0.99:4647" was not found in the Raft configuration',
    }
    assert {name: story.read(name).text for name in texts} == {
        name: (400, text) for name, text in texts.items()
    }
    assert story.read("get").text == (405, "Invalid method")
