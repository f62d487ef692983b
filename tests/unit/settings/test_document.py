from pathlib import Path

import pytest

from nomad_console.settings.document import check, read_document
from nomad_console.settings.errors import SettingsError


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "clusters.toml"
    path.write_text(text)
    return path


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    document = read_document(
        written(
            tmp_path,
            """
            default = "prod"
            [clusters.prod]
            label = "PROD"
            [clusters.prod.host]
            command = ["ssh", "{name}", "upgrade-nomad", "{version}"]
            [clusters.prod.policy]
            bake_s = 60
            """,
        )
    )
    table = check(document.clusters["prod"], "clusters.prod")
    assert table.host.command == ("ssh", "{name}", "upgrade-nomad", "{version}")
    assert table.policy.bake_s == 60
    assert table.policy.settle_s == 15


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("default = ", "is not TOML"),
        ('default = "x"', 'default names "x"'),
        ("[clusters.a]\nlabl = 'x'", "unknown field `labl`"),
        ("[clusters.a.nomad]\naddress = 1", "[clusters.a] Expected `str`, got `int`"),
        ("[clusters.a.policy]\nbake = 1", "unknown field `bake`"),
        ("cluster = 1", "unknown field `cluster`"),
    ],
)
def test_what_is_wrong_is_said_with_the_file_and_the_key(
    tmp_path: Path, text: str, said: str
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        read_document(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there_or_not_text_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot read the cluster file"):
        read_document(tmp_path / "none.toml")
    path = tmp_path / "binary.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="cannot read the cluster file"):
        read_document(path)
