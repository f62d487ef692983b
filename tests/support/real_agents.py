"""Real agents on loopback, where their programs are on PATH."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

PATIENCE_S = 30.0
MANAGEMENT = "22222222-2222-2222-2222-222222222222"
_GUARDED = (
    'acl { enabled = true, default_policy = "deny", '
    f'tokens {{ master = "{MANAGEMENT}", agent = "{MANAGEMENT}" }} }}'
)


def missing(*programs: str) -> list[str]:
    return [name for name in programs if shutil.which(name) is None]


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [
            stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)
        ]
        return [one.getsockname()[1] for one in sockets]


@contextmanager
def _running(command: list[str], log: Path, leader: str) -> Iterator[None]:
    """From when it names its leader; ended by its own handle."""
    with (
        log.open("wb") as written,
        subprocess.Popen(command, stdout=written, stderr=subprocess.STDOUT) as process,
    ):
        try:
            _answers(process, log, leader)
            yield
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _answers(process: "subprocess.Popen[bytes]", log: Path, url: str) -> None:
    """Wait until the agent names its leader, as long as it runs."""
    transport = httpx.HTTPTransport(retries=6)  # pauses of its own between them
    with httpx.Client(transport=transport, timeout=PATIENCE_S, trust_env=False) as client:
        for _ in range(200):
            assert process.poll() is None, log.read_text()
            answer = client.get(url)
            if answer.status_code == 200 and answer.json():
                return
    raise AssertionError(f"no leader: {log.read_text()}")


@contextmanager
def real_consul(where: Path, node: str = "c1", *, acl: bool = False) -> Iterator[str]:
    """`consul agent -dev`, settled; its address.

    With `acl` access control is on with the default policy deny, and MANAGEMENT may do all.
    """
    http, server, lan, wan = free_ports(4)
    command = ["consul", "agent", "-dev", "-node", node, "-bind", "127.0.0.1"]
    command += ["-client", "127.0.0.1", "-http-port", f"{http}", "-server-port", f"{server}"]
    command += ["-serf-lan-port", f"{lan}", "-serf-wan-port", f"{wan}", "-dns-port", "-1"]
    command += ["-grpc-port", "-1", "-log-level", "error", *(["-hcl", _GUARDED] if acl else [])]
    address = f"http://127.0.0.1:{http}"
    headers = {"X-Consul-Token": MANAGEMENT} if acl else {}
    log = where / f"consul-{http}.log"
    with _running(command, log, f"{address}/v1/status/leader"):
        with httpx.Client(base_url=address, headers=headers, timeout=10, trust_env=False) as asked:
            _until_catalogued(asked, log)
        yield address


def _until_catalogued(http: httpx.Client, log: Path) -> None:
    """Until the server has told the catalog all of itself."""
    index = "0"
    for _ in range(60):
        answer = http.get("/v1/catalog/nodes", params={"index": index, "wait": "1s"})
        if answer.status_code == httpx.codes.OK and any(row["Meta"] for row in answer.json()):
            return
        index = answer.headers.get("X-Consul-Index", "0")
    raise AssertionError(f"not in its own catalog: {log.read_text()}")


@contextmanager
def real_nomad(where: Path) -> Iterator[str]:
    """`nomad agent -dev`; its address."""
    http, rpc, serf = free_ports(3)
    settings = where / "nomad.hcl"
    settings.write_text(f"ports {{\n http = {http}\n rpc = {rpc}\n serf = {serf}\n}}\n")
    command = ["nomad", "agent", "-dev", "-bind", "127.0.0.1", "-config", f"{settings}"]
    address = f"http://127.0.0.1:{http}"
    with _running(command, where / "nomad.log", f"{address}/v1/status/leader"):
        yield address
