"""The cluster file: what a console needs to know of this world, as TOML."""

import json
import sys
from dataclasses import dataclass

POLICY = {  # the console's own waits, in seconds at speed 1
    "detach_floor_s": 30.0,
    "detach_floor_nlb_s": 180.0,
    "settle_s": 15.0,
    "bake_s": 30.0,
    "poll_fast_s": 2.0,
    "poll_slow_s": 10.0,
    "stall_s": 60.0,
    "edge_margin_s": 1.0,
    "expect_tick_s": 1.0,
    "expect_look_s": 2.0,
    "expect_stop_s": 2.0,
    "expect_start_s": 3.0,
    "expect_healthy_s": 10.0,
    "expect_restart_s": 10.0,
    "expect_register_s": 10.0,
}

EDGE_NOTICE_S = 4.0  # what the world's edges need to notice that an instance is gone
LONGEST_REQUEST_S = 60.0


@dataclass(frozen=True)
class Addresses:
    """Where the world listens; URLs without a path."""

    nomad: str
    consul: str
    aws: str
    edge: str
    control: str
    front: str


def _value(value: object) -> str:
    """A TOML string, number or array of strings; JSON writes all three as TOML does."""
    return json.dumps(value, ensure_ascii=False)


def _table(name: str, entries: dict[str, object]) -> str:
    return "".join(
        [f"[{name}]\n", *(f"{key} = {_value(value)}\n" for key, value in entries.items())]
    )


def cluster_file(
    addresses: Addresses, *, region: str, edge_job: str, services: list[str], speed: float
) -> str:
    """The text of the file; the policy is in it only where the speed is not 1."""
    restart = ["-m", "nomad_console", "simulate", "--control", addresses.control]
    tables = [
        'default = "demo"\n',
        _table("clusters.demo", {"label": "demo", "colour": "green"}),
        _table("clusters.demo.nomad", {"address": addresses.nomad}),
        _table("clusters.demo.consul", {"address": addresses.consul}),
        _table(
            "clusters.demo.aws",
            {"region": region, "endpoint_url": addresses.aws, "target_groups": []},
        ),
        _table(
            "clusters.demo.edge",
            {
                "api": f"{addresses.edge}/edges/{{name}}",
                "job": edge_job,
                "notice_s": round(EDGE_NOTICE_S / speed, 6),
                "longest_request_s": round(LONGEST_REQUEST_S / speed, 6),
            },
        ),
        _table(
            "clusters.demo.probe",
            {"urls": [f"{addresses.front}/{service}" for service in services]},
        ),
        _table(
            "clusters.demo.host",
            {"command": [sys.executable, *restart, "restart", "{name}", "{version}"]},
        ),
    ]
    if speed != 1:
        divided = {key: round(value / speed, 6) for key, value in POLICY.items()}
        tables.append(_table("clusters.demo.policy", dict(divided)))
    return "\n".join(tables)


def environment(
    addresses: Addresses,
    *,
    region: str,
    config: str,
    token: str = "",
    consul_token: str = "",
) -> dict[str, str]:
    """Everything that leads nomad, consul, aws and the console here and nowhere else."""
    return {
        "NOMAD_ADDR": addresses.nomad,
        **({"NOMAD_TOKEN": token} if token else {}),
        "CONSUL_HTTP_ADDR": addresses.consul,
        **({"CONSUL_HTTP_TOKEN": consul_token} if consul_token else {}),
        "AWS_ENDPOINT_URL": addresses.aws,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": "simulated",
        "AWS_SECRET_ACCESS_KEY": "simulated",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "NOMAD_CONSOLE_CONFIG": config,
        "NOMAD_CONSOLE_CONTROL": addresses.control,
        "NOMAD_CONSOLE_FRONT_DOOR": addresses.front,
    }
