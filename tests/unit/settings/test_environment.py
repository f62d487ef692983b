import pytest

from nomad_console.settings.environment import layer, overlaid
from nomad_console.settings.errors import SettingsError


def test_the_variables_of_the_three_command_lines_are_understood() -> None:
    tables = layer(
        {
            "NOMAD_ADDR": "https://n:4646",
            "NOMAD_TOKEN": "t",
            "NOMAD_CACERT": "/ca",
            "NOMAD_SKIP_VERIFY": "1",
            "CONSUL_HTTP_ADDR": "c:8501",
            "CONSUL_HTTP_SSL": "true",
            "CONSUL_HTTP_SSL_VERIFY": "false",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_REGION": "eu-west-2",
        }
    )
    assert tables["nomad"]["address"] == "https://n:4646"
    assert tables["nomad"]["tls"] == {"ca_file": "/ca", "skip_verify": True}
    assert tables["consul"]["address"] == "https://c:8501"
    assert tables["consul"]["tls"] == {"skip_verify": True}
    assert tables["aws"]["region"] == "eu-west-2"


def test_the_endpoint_of_the_service_goes_before_the_general_one() -> None:
    environ = {
        "AWS_ENDPOINT_URL": "http://all",
        "AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2": "http://elb",
    }
    assert layer(environ)["aws"] == {"endpoint_url": "http://elb"}
    assert "aws" not in layer({**environ, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"})


def test_a_flag_that_is_no_boolean_is_refused_with_what_would_be_right() -> None:
    with pytest.raises(SettingsError, match='NOMAD_SKIP_VERIFY is "maybe": say true or false'):
        layer({"NOMAD_SKIP_VERIFY": "maybe"})


def test_the_upper_layer_wins_key_by_key() -> None:
    below = {"nomad": {"address": "a", "tls": {"ca_file": "x"}}, "label": "l"}
    above = {"nomad": {"tls": {"server_name": "s"}, "address": "b"}}
    assert overlaid(below, above) == {
        "nomad": {"address": "b", "tls": {"ca_file": "x", "server_name": "s"}},
        "label": "l",
    }
