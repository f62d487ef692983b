from nomad_console.settings.errors import SettingsError


def test_it_is_an_expected_failure_not_a_bug() -> None:
    assert str(SettingsError("say true or false")) == "say true or false"
    assert not issubclass(SettingsError, ValueError)
