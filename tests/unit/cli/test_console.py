"""The console's command: where it runs, what it warns of, what it says at its end."""

import argparse
from pathlib import Path

import msgspec
import pytest

from nomad_console.cli.arguments import USAGE, parser
from nomad_console.cli.console import run, say_what_is_left, terminal_lacking, warnings
from nomad_console.domain.plan import Step
from nomad_console.settings.values import (
    ClusterSettings,
    ConsulSettings,
    Missing,
    NomadSettings,
    Tls,
)
from tests.support.manual_clock import ManualClock
from tests.support.plans import a_plan
from tests.support.small_cluster import SmallCluster
from tests.support.snapshots import node_id
from tests.support.upgrading import small_upgrades

OFF = Missing("not configured", "")
UNCHECKED = Tls(skip_verify=True)


@pytest.mark.parametrize("argv", [[], ["watch"], ["--read-only"]])
def test_without_a_terminal_it_says_so_and_names_what_scripts_use(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    options: argparse.Namespace = parser().parse_args(argv)
    assert run(options) == USAGE
    assert "needs a terminal; scripts use `status`" in capsys.readouterr().err


def test_a_dumb_terminal_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    assert terminal_lacking() == ""
    monkeypatch.setenv("TERM", "dumb")
    assert "TERM is dumb" in terminal_lacking()


def test_unchecked_tls_is_said_as_long_as_the_console_runs() -> None:
    nomad = NomadSettings(tls=UNCHECKED)
    assert warnings(ClusterSettings("a", "a", nomad, OFF, OFF)) == ("Nomad TLS UNCHECKED",)
    both = ClusterSettings("a", "a", nomad, ConsulSettings(tls=UNCHECKED), OFF)
    assert warnings(both) == ("Nomad TLS UNCHECKED", "Consul TLS UNCHECKED")
    assert warnings(ClusterSettings("a", "a", NomadSettings(), ConsulSettings(), OFF)) == ()


async def left(tmp_path: Path, capsys: pytest.CaptureFixture[str], **changed: object) -> str:
    clock = ManualClock()
    upgrades, _ = small_upgrades(SmallCluster(clock), clock, tmp_path)
    conductor = await upgrades.begin(a_plan(2))
    first = msgspec.structs.replace(conductor.run.upgrade, **changed)
    conductor.run = msgspec.structs.replace(
        conductor.run, started_at=clock.now(), upgrades=(first,)
    )
    say_what_is_left(upgrades)
    await conductor.give_up()
    return capsys.readouterr().out


async def test_a_run_that_is_not_over_leaves_its_journal_and_the_commands_that_undo_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = await left(tmp_path, capsys, step=Step.DRAIN, cordoned=True)
    assert f"Run 7f3a0000 is not over. Journal: {tmp_path}/7f3a0000.ndjson" in said
    assert "To put back what it changed:" in said
    assert f"\n  nomad node eligibility -enable {node_id(2)}\n" in said


async def test_a_run_that_changed_nothing_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "Nothing is changed." in await left(tmp_path, capsys)


async def test_without_a_run_nothing_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = ManualClock()
    upgrades, _ = small_upgrades(SmallCluster(clock), clock, tmp_path)
    say_what_is_left(upgrades)
    conductor = await upgrades.begin(a_plan(2))
    say_what_is_left(upgrades)  # begun, but not started
    await conductor.give_up()
    assert capsys.readouterr().out == ""
