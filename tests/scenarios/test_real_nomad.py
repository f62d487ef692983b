"""A guided run of one of two real clients: the same version restarted, no balancer to leave."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.support.bastion import ALL, ended
from tests.support.demos import homeless
from tests.support.real_agents import missing, real_consul
from tests.support.real_cluster import Agent, RealCluster, real_cluster

ABSENT = missing("nomad", "consul")
NODE = "n1"
SETTINGS = """\
default = "real"
[clusters.real]
label = "real"
[clusters.real.aws]
enabled = false
[clusters.real.policy]
settle_s = 2.0
bake_s = 2.0
"""


def restart_when_asked(agent: Agent, asked: Path, done: Path) -> None:
    """The other half of the host command: two FIFOs, so that this process owns the agent."""
    asked.read_text(encoding="utf-8")
    agent.stop()
    agent.start()
    done.write_text("restarted\n", encoding="utf-8")


def upgrade(cluster: RealCluster, consul: str, where: Path, *words: str) -> "subprocess.Popen[str]":
    config = where / "clusters.toml"
    config.write_text(SETTINGS, encoding="utf-8")
    env = os.environ | homeless(where)
    env |= {"NOMAD_ADDR": cluster.server.address, "CONSUL_HTTP_ADDR": consul}
    return subprocess.Popen(
        [sys.executable, "-m", "nomad_console", "upgrade", NODE, *ALL, *words],
        env=env | {"NOMAD_CONSOLE_CONFIG": str(config)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.skipif(bool(ABSENT), reason=f"not on PATH: {', '.join(ABSENT)}")
def test_one_of_two_real_clients(tmp_path: Path) -> None:
    asked, done = tmp_path / "asked", tmp_path / "done"
    os.mkfifo(asked)
    os.mkfifo(done)
    command = f"sh -c 'echo {{name}} > {asked}; cat {done}'"
    with real_consul(tmp_path) as consul, real_cluster(tmp_path, consul) as cluster:
        cluster.run_job("pair", 2)
        restarting = threading.Thread(
            target=restart_when_asked, args=(cluster.clients[NODE], asked, done), daemon=True
        )
        restarting.start()
        with upgrade(cluster, consul, tmp_path, "--host-command", command) as process:
            run = ended(process, [])
        rows = cluster.until("/v1/nodes", lambda rows: len(rows) == 2)
        pair = cluster.until("/v1/job/pair/allocations", bool)
    assert run.code == 0, run
    assert run.end["outcome"] == "done"
    steps = [line["step"] for line in run.lines if line["event"] == "GateConfirmed"]
    assert "detach" not in steps
    assert "attach" not in steps
    assert {"drain", "upgrade", "rejoin"} <= set(steps)
    assert {(row["Status"], row["SchedulingEligibility"], row["Drain"]) for row in rows} == {
        ("ready", "eligible", False)
    }
    running = [row for row in pair if row["ClientStatus"] == "running"]
    assert len(running) == 2
    assert {row["NodeName"] for row in running} == {"n2"}
