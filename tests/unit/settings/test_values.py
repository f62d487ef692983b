import json

from nomad_console.settings.values import NomadSettings, Secret


def test_a_secret_is_given_away_by_nothing_but_reveal() -> None:
    secret = Secret("s3cr3t")
    shown = f"{secret} {secret!r} {NomadSettings(token=secret)} {[secret]}"
    assert "s3cr3t" not in shown
    assert secret.reveal() == "s3cr3t"
    assert json.dumps(str(secret)) == '"Secret(***)"'


def test_an_empty_secret_is_false() -> None:
    assert not Secret()
    assert Secret("x")
