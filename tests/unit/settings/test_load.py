from pathlib import Path

import pytest

from nomad_console.settings.errors import SettingsError
from nomad_console.settings.load import load
from nomad_console.settings.values import AwsSettings, ConsulSettings, Missing

FILE = """
[clusters.prod]
colour = "red"
[clusters.prod.nomad]
address = "https://prod:4646/"
[clusters.prod.consul]
enabled = false
[clusters.test.nomad]
address = "http://test:4646"
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    path = tmp_path / "clusters.toml"
    path.write_text(FILE)
    return {"NOMAD_CONSOLE_CONFIG": str(path), "AWS_CONFIG_FILE": str(tmp_path / "none")}


def test_without_anything_the_agents_of_this_machine_are_meant(tmp_path: Path) -> None:
    settings = load({"AWS_CONFIG_FILE": str(tmp_path / "none")})
    assert settings.nomad.address == "http://127.0.0.1:4646"
    assert isinstance(settings.consul, ConsulSettings)
    assert isinstance(settings.aws, Missing)
    assert settings.label == "127.0.0.1:4646"


def test_the_environment_goes_before_the_file(environ: dict[str, str]) -> None:
    environ["NOMAD_ADDR"] = "http://env:4646"
    path = Path(environ["NOMAD_CONSOLE_CONFIG"])
    path.write_text('default = "prod"\n' + path.read_text())
    settings = load(environ)
    assert settings.nomad.address == "http://env:4646"
    assert settings.colour == "red"


def test_a_cluster_named_by_flag_goes_before_the_environment(environ: dict[str, str]) -> None:
    environ["NOMAD_ADDR"] = "http://staging:4646"
    settings = load(environ, cluster="prod")
    assert settings.nomad.address == "https://prod:4646"
    assert isinstance(settings.consul, Missing)


def test_flags_go_before_everything(environ: dict[str, str]) -> None:
    settings = load(environ, cluster="prod", flags={"nomad": {"address": "http://flag:1"}})
    assert settings.nomad.address == "http://flag:1"


def test_an_unknown_cluster_is_refused_with_the_known_ones(environ: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=r'no cluster "x" .*known: prod, test'):
        load(environ, cluster="x")


@pytest.mark.parametrize(
    "address", ["unix:///run/nomad.sock", "ftp://x", "http://", "nomad:4646", "http://x:99999999"]
)
def test_an_address_that_cannot_be_used_is_refused_with_what_would_be_right(address: str) -> None:
    with pytest.raises(SettingsError, match="write http://HOST:PORT"):
        load({"NOMAD_ADDR": address})


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(SettingsError) as caught:
        load({"NOMAD_ADDR": "http://me:s3cr3t@nomad:4646"})
    assert "s3cr3t" not in str(caught.value)


def test_a_token_file_is_read_and_a_missing_one_said(
    environ: dict[str, str], tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("abc\n")
    environ["CONSUL_HTTP_TOKEN_FILE"] = str(token)
    consul = load(environ).consul
    assert isinstance(consul, ConsulSettings)
    assert consul.token.reveal() == "abc"
    environ["CONSUL_HTTP_TOKEN_FILE"] = str(tmp_path / "gone")
    with pytest.raises(SettingsError, match="cannot read the token file"):
        load(environ)


def test_half_a_client_certificate_and_a_missing_file_are_said(tmp_path: Path) -> None:
    pem = tmp_path / "x.pem"
    pem.write_text("x")
    with pytest.raises(SettingsError, match="needs both"):
        load({"NOMAD_CLIENT_CERT": str(pem)})
    with pytest.raises(SettingsError, match="there is no file /nowhere"):
        load({"NOMAD_CACERT": "/nowhere"})


def test_the_file_at_fault_is_named_as_it_was_set(tmp_path: Path) -> None:
    folder, notes = str(tmp_path), tmp_path / "notes.pem"
    notes.write_text("x")
    with pytest.raises(SettingsError, match=r"^NOMAD_CACERT: \S+ is a folder, not a file$"):
        load({"NOMAD_CACERT": folder})
    flags = {"consul": {"tls": {"ca_file": folder}}}
    with pytest.raises(SettingsError, match=r"^consul\.tls\.ca_file: "):
        load({}, flags=flags)
    secure = {"CONSUL_CACERT": str(notes), "CONSUL_HTTP_ADDR": "https://127.0.0.1:8501"}
    with pytest.raises(SettingsError, match=r"^CONSUL_CACERT: \S+ holds no certificate"):
        load(secure)
    assert load({"CONSUL_CACERT": str(notes)}).name == "nomad"  # nobody speaks TLS


def test_a_host_command_may_be_one_string(environ: dict[str, str]) -> None:
    command = load(environ, flags={"host": {"command": "ssh {name} 'a b'"}}).host.command
    assert command == ("ssh", "{name}", "a b")
    with pytest.raises(SettingsError, match=r"host\.command"):
        load(environ, flags={"host": {"command": "ssh 'oops"}})


def test_aws_is_configured_by_region_profile_or_file(environ: dict[str, str]) -> None:
    assert isinstance(load(environ).aws, Missing)
    assert isinstance(load({**environ, "AWS_PROFILE": "ops"}).aws, AwsSettings)
    Path(environ["AWS_CONFIG_FILE"]).write_text("[default]\nregion = eu-west-1\n")
    assert isinstance(load(environ).aws, AwsSettings)
