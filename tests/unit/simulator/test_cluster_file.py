"""The cluster file is TOML that a console can read."""

import sys
import tomllib

from nomad_console.simulator.cluster_file import Addresses, cluster_file, environment

ADDRESSES = Addresses(
    nomad="http://127.0.0.1:1",
    consul="http://127.0.0.1:2",
    aws="http://127.0.0.1:3",
    edge="http://127.0.0.1:4",
    control="http://127.0.0.1:5",
    front="http://127.0.0.1:6",
)


def parsed(speed: float) -> dict[str, object]:
    text = cluster_file(
        ADDRESSES, region="eu-west-1", edge_job="edge", services=["web", "api"], speed=speed
    )
    tables = tomllib.loads(text)
    assert tables["default"] == "demo"
    demo: dict[str, object] = tables["clusters"]["demo"]
    return demo


def test_addresses_and_commands() -> None:
    assert parsed(1) == {
        "label": "demo",
        "colour": "green",
        "nomad": {"address": "http://127.0.0.1:1"},
        "consul": {"address": "http://127.0.0.1:2"},
        "aws": {
            "region": "eu-west-1",
            "endpoint_url": "http://127.0.0.1:3",
            "target_groups": [],
        },
        "edge": {
            "api": "http://127.0.0.1:4/edges/{name}",
            "job": "edge",
            "notice_s": 4.0,
            "longest_request_s": 60.0,
        },
        "probe": {"urls": ["http://127.0.0.1:6/web", "http://127.0.0.1:6/api"]},
        "host": {
            "command": [
                sys.executable,
                "-m",
                "nomad_console",
                "simulate",
                "--control",
                "http://127.0.0.1:5",
                "restart",
                "{name}",
                "{version}",
            ]
        },
    }


def test_the_policy_is_divided_by_the_speed() -> None:
    policy = parsed(10)["policy"]
    assert isinstance(policy, dict)
    assert policy["detach_floor_s"] == 3.0
    assert policy["poll_fast_s"] == 0.2


def test_the_environment_leads_nowhere_else() -> None:
    lines = environment(ADDRESSES, region="eu-west-1", config="/tmp/x.toml")  # noqa: S108 — not opened
    assert lines["NOMAD_ADDR"] == "http://127.0.0.1:1"
    assert "NOMAD_TOKEN" not in lines
    assert lines["AWS_ENDPOINT_URL"] == "http://127.0.0.1:3"
    assert lines["AWS_REGION"] == lines["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert lines["AWS_EC2_METADATA_DISABLED"] == "true"
    assert lines["AWS_CONFIG_FILE"] == lines["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"
    assert all("=" not in name and "\n" not in value for name, value in lines.items())
