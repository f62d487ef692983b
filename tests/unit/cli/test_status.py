import json
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from nomad_console.cli.arguments import parser
from nomad_console.cli.status import (
    document,
    left_document,
    left_text,
    live_document,
    live_text,
    run,
    settled,
    silent,
    text,
)
from nomad_console.domain.backend import Backend, Lack
from nomad_console.domain.plan import Step
from nomad_console.domain.rights import Credential
from nomad_console.domain.snapshot import ClusterSnapshot, Source, SourceState
from nomad_console.operations.abandoned import Abandoned
from nomad_console.operations.journal import folder
from nomad_console.operations.lock_file import Holder
from nomad_console.operations.whereabouts import Live
from nomad_console.upgrade.events import Held
from tests.support.commands import SmallWorld
from tests.support.journals import keep
from tests.support.manual_clock import EPOCH
from tests.support.play import at_step
from tests.support.snapshots import (
    WEB_PUBLIC,
    article_snapshot,
    node_id,
    with_node,
    with_source,
    with_target,
)

SNAPSHOT = article_snapshot()
NOW = SNAPSHOT.at + timedelta(seconds=3)


def test_the_document_has_every_field_that_scripts_rely_on() -> None:
    data = json.loads(json.dumps(document(SNAPSHOT, NOW)))
    assert data["sources"]["nomad"] == {"state": "live", "age_s": 3.0}
    assert set(data["sources"]) == {"nomad", "consul", "alb"}
    node = data["nodes"][0]
    assert node["id"] == node_id(1)
    assert (node["name"], node["status"], node["eligibility"]) == ("c1", "ready", "eligible")
    assert (node["draining"], node["version"]) == (False, "2.0.4")
    assert node["allocations"] == {"running": 3, "total": 3, "at_least": False}
    assert node["consul"] == {"passing": 3, "warning": 0, "critical": 0}
    assert {"group": "web-public", "id": f"i-0{1:016x}", "port": 80, "state": "healthy"} in node[
        "targets"
    ]
    assert {"name": "web", "passing": 6, "warning": 0, "critical": 0} in data["services"]
    assert len(data["targets"]) == 12
    assert data["targets"][0]["node"] == "c1"


def test_what_is_not_known_is_null_never_zero() -> None:
    blank = msgspec.structs.replace(SNAPSHOT, sources={})
    node = document(blank, NOW)["nodes"][0]
    assert node["allocations"] is None
    assert node["consul"] is None
    assert node["targets"] is None
    unsummed = msgspec.structs.replace(SNAPSHOT, service_sums={})
    assert document(unsummed, NOW)["services"][0]["passing"] is None
    assert document(blank, NOW)["sources"]["alb"] == {"state": "connecting", "age_s": None}


def test_allocations_that_a_token_may_not_read_are_not_none() -> None:
    bare = with_source(SNAPSHOT, "nomad", SourceState.REFUSED, "Permission denied")
    bare = msgspec.structs.replace(bare, allocations={}, by_node={}, node_sums={})
    assert [node["allocations"] for node in document(bare, NOW)["nodes"]] == [None] * 6
    row = next(line for line in text(bare, NOW).splitlines() if line.startswith("c1"))
    assert row.split()[3] == "·"


def test_what_a_token_of_one_namespace_sees_is_said_to_be_no_more_than_that() -> None:
    sums = {node_id(1): SNAPSHOT.node_sums[node_id(1)]}
    some = msgspec.structs.replace(
        SNAPSHOT, every_namespace=False, node_sums=sums, rights={"nomad": Credential("Nomad token")}
    )
    seen = {node["name"]: node["allocations"] for node in document(some, NOW)["nodes"]}
    assert seen.pop("c1") == {"running": 3, "total": 3, "at_least": True}
    assert set(seen.values()) == {None}
    said = text(some, NOW)
    rows = {line.split()[0]: line.split() for line in said.splitlines() if line}
    assert (rows["c1"][3], rows["c2"][3]) == ("3/3+", "·")
    assert 'nomad  the Nomad token may not: namespace "*" read-job' in said


def test_a_look_is_settled_when_every_source_has_its_data_or_its_reason() -> None:
    assert settled(SNAPSHOT)
    assert not settled(ClusterSnapshot())
    refused = with_source(SNAPSHOT, "alb", SourceState.REFUSED, "AccessDenied")
    assert settled(msgspec.structs.replace(refused, groups_complete=False))
    assert not settled(msgspec.structs.replace(SNAPSHOT, groups_complete=False))


def test_a_source_that_failed_says_why_in_both_forms() -> None:
    refused = with_source(SNAPSHOT, "consul", SourceState.REFUSED, "ACL not found")
    assert document(refused, NOW)["sources"]["consul"]["reason"] == "ACL not found"
    assert "refused 3s old  ACL not found" in text(refused, NOW)


def test_the_text_is_one_line_a_node_and_harmless() -> None:
    hostile = with_node(SNAPSHOT, 1, name="c1\x1b[2J", eligibility="ineligible")
    bad = with_target(hostile, WEB_PUBLIC, 2, state="unhealthy")
    lines = text(bad, NOW).splitlines()
    assert "\x1b" not in text(bad, NOW)
    assert any("ineligible" in line and "3/3" in line for line in lines)
    assert any(line.startswith("c2") and "1 healthy, 1 unhealthy" in line for line in lines)


def test_a_run_left_behind_is_said_before_anything_else(tmp_path: Path) -> None:
    play = at_step(Step.DRAIN, 2)
    play.answer()
    play.do(Held, "the probe \x1b[2J")
    keep(tmp_path, play.run, play.journal)
    left = Abandoned(tmp_path, "prod")()
    (one,) = left_document(left)
    assert one["id"] == play.run.plan.run_id
    assert (one["node"], one["step"], one["by"]) == ("c2", "drain", "ann@bastion")
    first, second, blank = left_text(left, EPOCH + timedelta(minutes=3))
    assert first == "RUN 7f3a0000 LEFT BEHIND at drain of c2, held: the probe \ufffd[2J"
    assert second == "  begun 03:00 ago by ann@bastion: nomad-console resume|restore 7f3a0000"
    assert blank == ""
    assert left_text((), NOW) == []
    assert Abandoned(tmp_path, "staging")() == ()


def test_a_run_under_way_is_told_with_who_is_at_it_since_when_and_where() -> None:
    play = at_step(Step.DRAIN, 2)
    play.answer()
    play.do(Held, "the probe")
    keep(folder(), play.run, play.journal)
    holder = Holder("7f3a0000", "ann\x1b@bastion", 4711, EPOCH)
    kept = Abandoned(folder(), "prod").unfinished()[0]
    live = (Live(holder, kept), Live(holder, None))
    first, second, elsewhere, *_ = live_text(live)
    assert first == "RUN 7f3a0000 UNDER WAY at drain of c2, held: the probe"
    assert second == "  by ann\ufffd@bastion (process 4711) since 2026-11-22 22:00:00 UTC"
    assert elsewhere == "RUN 7f3a0000 UNDER WAY; its journal is not in this state folder"
    here, there = live_document(live)
    assert (here["node"], here["step"], here["held"]) == ("c2", "drain", "the probe")
    assert (there["node"], there["pid"], there["since"]) == (None, 4711, EPOCH.isoformat())
    assert live_text(()) == []


def test_a_node_that_is_lost_is_not_called_draining() -> None:
    lost = with_node(SNAPSHOT, 1, status="down", draining=True, eligibility="ineligible")
    busy = with_node(lost, 2, draining=True, eligibility="ineligible")
    away = with_node(busy, 3, status="disconnected")
    rows = {line.split()[0]: line for line in text(away, NOW).splitlines() if line}
    assert "  down, draining  " in rows["c1"]
    assert "  draining  " in rows["c2"]
    assert "  disconnected  " in rows["c3"]


def test_what_was_never_reached_is_unreachable_and_says_once_why() -> None:
    told = Source("nomad", SourceState.CONNECTING, None, "no TLS", "set http://")
    never = msgspec.structs.replace(SNAPSHOT, sources={**SNAPSHOT.sources, "nomad": told})
    assert text(never, NOW).splitlines()[0] == "nomad  unreachable  no TLS; set http://"
    assert document(never, NOW)["sources"]["nomad"]["state"] == "unreachable"
    assert silent(never) == [told]


def test_a_version_nobody_tried_is_said_and_one_that_was_is_not() -> None:
    older = {"nomad": Backend("1.9.3", frozenset({Lack.EVENT_STREAM})), "consul": Backend("1.8.7")}
    seen = msgspec.structs.replace(SNAPSHOT, backends=older)
    assert settled(seen)
    said = text(seen, NOW).splitlines()
    (line,) = [line for line in said if "tried" in line]
    assert line == (
        "nomad  Nomad 1.9.3: not tried with this console (2.0.4 and 2.0.5 were); "
        "missing here: event stream"
    )
    nomad, consul = (document(seen, NOW)["sources"][name] for name in ("nomad", "consul"))
    assert (nomad["version"], nomad["tried"], nomad["missing"]) == (
        "1.9.3",
        False,
        ["event stream"],
    )
    assert (consul["version"], consul["tried"], consul["missing"]) == ("1.8.7", True, [])
    unsaid = msgspec.structs.replace(SNAPSHOT, backends={"nomad": Backend()})
    nomad = document(unsaid, NOW)["sources"]["nomad"]
    assert (nomad["version"], nomad["tried"], nomad["missing"]) == (None, None, [])
    awaited = msgspec.structs.replace(SNAPSHOT, backends={"nomad": Backend(pending=True)})
    assert not settled(awaited)


def test_certificates_that_nobody_verifies_are_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    SmallWorld().put_under(monkeypatch)
    monkeypatch.setenv("NOMAD_SKIP_VERIFY", "true")
    run(parser().parse_args(["status"]))
    assert "nomad  certificates are not verified" in capsys.readouterr().out.splitlines()
    run(parser().parse_args(["status", "--json"]))
    assert json.loads(capsys.readouterr().out)["unverified"] == ["nomad"]
    monkeypatch.setenv("NOMAD_SKIP_VERIFY", "false")
    run(parser().parse_args(["status"]))
    assert "not verified" not in capsys.readouterr().out
