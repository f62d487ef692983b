"""Flags, environment and file together name one cluster."""

import pytest

from nomad_console.cli.arguments import parser
from nomad_console.cli.cluster import settings_of
from nomad_console.settings.values import AwsSettings, ConsulSettings


def test_flags_come_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOMAD_ADDR", "http://127.0.0.1:1")
    monkeypatch.setenv("NOMAD_REGION", "eu")
    asked = ["--nomad-address", "http://127.0.0.1:2", "--consul-address", "http://127.0.0.1:3"]
    settings = settings_of(parser().parse_args([*asked, "--aws-region", "eu-west-1"]))
    assert (settings.nomad.address, settings.nomad.region) == ("http://127.0.0.1:2", "eu")
    assert isinstance(settings.consul, ConsulSettings)
    assert settings.consul.address == "http://127.0.0.1:3"
    assert isinstance(settings.aws, AwsSettings)
    assert settings.aws.region == "eu-west-1"
    assert settings_of(parser().parse_args([])).nomad.address == "http://127.0.0.1:1"
