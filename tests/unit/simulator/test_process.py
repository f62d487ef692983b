"""The simulator as a program: what it prints, how it ends, what it leaves behind."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nomad_console.simulator.process import Options, run
from tests.support.simulator import running_simulator


def test_from_start_to_end() -> None:
    with running_simulator("one-service", speed=20) as simulator:
        config = Path(simulator.env["NOMAD_CONSOLE_CONFIG"])
        assert config.is_file()
        assert len(simulator.nomad("GET", "/v1/nodes")) == 3
        host = [sys.executable, "-m", "nomad_console", "simulate", "--control"]
        command = [*host, simulator.env["NOMAD_CONSOLE_CONTROL"], "restart", "c1", "2.0.5"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
        assert done.stdout.splitlines()[-1] == "c1 answers with 2.0.5"
        assert simulator.fault("stop-consul") == "consul refuses connections"
        with pytest.raises(ConnectionRefusedError):
            simulator.call("CONSUL_HTTP_ADDR", "GET", "/v1/status/leader")
    assert simulator.process.returncode == 0
    assert not config.parent.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(number: signal.Signals) -> None:
    with running_simulator("one-service") as simulator:
        simulator.process.send_signal(number)
        assert simulator.process.wait(10) == 0
        assert not Path(simulator.env["NOMAD_CONSOLE_CONFIG"]).exists()


def test_a_scenario_that_cannot_be_used_is_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(Options(scenario="nope")) == 2
    assert "no scenario 'nope'" in capsys.readouterr().err


def test_a_folder_without_certificates_says_which_are_wanted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("ca", "server", "server-key", "agent", "agent-key", "client"):
        (tmp_path / f"{name}.pem").touch()
    assert run(Options(scenario="one-service", tls=str(tmp_path))) == 2
    assert f"{tmp_path} lacks client-key.pem; wanted are server.pem" in capsys.readouterr().err


def test_a_port_that_cannot_be_had_is_3(capsys: pytest.CaptureFixture[str]) -> None:
    with running_simulator("one-service") as simulator:
        taken = int(simulator.env["NOMAD_ADDR"].rpartition(":")[2])
        assert run(Options(scenario="one-service", ports={"aws": taken})) == 3
    assert f"port {taken} for aws" in capsys.readouterr().err


def test_without_a_parent_s_pipe_it_ends_at_once_and_has_told_a_shell_all(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-m", "nomad_console", "simulate", "--with-parent"]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=True
    )
    *exports, ready = done.stdout.splitlines()
    assert ready == "# READY"
    assert all(line.startswith("export ") for line in exports)
    world = tmp_path / "world"
    world.write_text(done.stdout)
    shell = ["sh", "-c", f'. {world}; printf %s "$NOMAD_CONSOLE_CONTROL"']  # in a second terminal
    said = subprocess.run(shell, capture_output=True, text=True, timeout=20, check=True)
    assert said.stdout.startswith("http://127.0.0.1:")
