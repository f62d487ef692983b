"""A real server and two real clients of Nomad on loopback, each with a folder of its own."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from tests.support.real_agents import PATIENCE_S, free_ports

ASKS = 60  # blocking queries of a second each


class Agent:
    """One agent with its configuration, started and started again."""

    def __init__(self, name: str, where: Path, settings: dict[str, Any]) -> None:
        self.name = name
        self.log = where / f"{name}.log"
        self.file = where / f"{name}.json"
        http, rpc, serf = free_ports(3)
        self.address = f"http://127.0.0.1:{http}"
        self.rpc = f"127.0.0.1:{rpc}"
        data = where / name
        data.mkdir()
        text = {
            "name": name,
            "data_dir": str(data),
            "bind_addr": "127.0.0.1",
            "ports": {"http": http, "rpc": rpc, "serf": serf},
            "leave_on_interrupt": False,
            "leave_on_terminate": False,
            **settings,
        }
        self.file.write_text(json.dumps(text), encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as written:
            command = ["nomad", "agent", "-config", str(self.file)]
            self._process = subprocess.Popen(command, stdout=written, stderr=subprocess.STDOUT)

    def kill(self) -> None:
        """Its tasks go on without it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


class RealCluster(NamedTuple):
    server: Agent
    clients: dict[str, Agent]

    def until(self, path: str, met: Callable[[Any], bool]) -> Any:
        """Ask by blocking queries until the answer is as wanted."""
        transport = httpx.HTTPTransport(retries=6)  # pauses of its own between them
        index, said = "1", ""
        with httpx.Client(
            base_url=self.server.address, transport=transport, timeout=30, trust_env=False
        ) as http:
            for _ in range(ASKS):
                answer = http.get(path, params={"index": index, "wait": "1s"})
                said = answer.text
                if answer.status_code == httpx.codes.OK:
                    if met(answer.json()):
                        return answer.json()
                    index = answer.headers.get("X-Nomad-Index", "1")
        raise AssertionError(f"never as wanted: {path}: {said}\n{self.server.log.read_text()}")

    def run_job(self, name: str, count: int) -> None:
        """A service on raw_exec that waits until it is told to end."""
        task = {
            "Name": name,
            "Driver": "raw_exec",
            "Config": {"command": sys.executable, "args": ["-c", "import signal; signal.pause()"]},
            "Resources": {"CPU": 50, "MemoryMB": 32},
        }
        group = {
            "Name": name,
            "Count": count,
            "Tasks": [task],
            "Update": {"HealthCheck": "task_states", "MinHealthyTime": 1_000_000_000},
            "Migrate": {
                "MaxParallel": 1,
                "HealthCheck": "task_states",
                "MinHealthyTime": 1_000_000_000,
                "HealthyDeadline": 60_000_000_000,
            },
        }
        job = {"ID": name, "Name": name, "Type": "service", "Datacenters": ["dc1"]}
        body = {"Job": {**job, "TaskGroups": [group]}}
        httpx.post(f"{self.server.address}/v1/jobs", json=body, trust_env=False).raise_for_status()
        self.until(
            f"/v1/job/{name}/allocations",
            lambda rows: [row["ClientStatus"] for row in rows] == ["running"] * count,
        )


@contextmanager
def real_cluster(where: Path, consul: str = "") -> Iterator[RealCluster]:
    """Ready: one server and the clients n1 and n2, which know this Consul; ended at the end."""
    shared = {"consul": {"address": consul.removeprefix("http://")}} if consul else {}
    server = Agent("s1", where, {**shared, "server": {"enabled": True, "bootstrap_expect": 1}})
    client = {
        "enabled": True,
        "servers": [server.rpc],
        "network_interface": "lo",
        "options": {"fingerprint.denylist": "env_aws,env_gce,env_azure,env_digitalocean"},
    }
    raw_exec = {"raw_exec": {"config": {"enabled": True}}}
    clients = {
        name: Agent(name, where, {**shared, "client": client, "plugin": raw_exec})
        for name in ("n1", "n2")
    }
    cluster = RealCluster(server, clients)
    with ExitStack() as stack:
        for agent in (server, *clients.values()):
            stack.callback(agent.stop)
            agent.start()
        cluster.until(
            "/v1/nodes",
            lambda rows: (
                sorted(row["Name"] for row in rows if row["Status"] == "ready") == ["n1", "n2"]
            ),
        )
        yield cluster
