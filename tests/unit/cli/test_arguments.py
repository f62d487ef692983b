import pytest

from nomad_console.cli.arguments import main, parser


def said(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int | str | None, str]:
    with pytest.raises(SystemExit) as ended:
        main(argv)
    out, err = capsys.readouterr()
    return ended.value.code, out + err


def test_help_names_every_command_and_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = said(capsys, "--help")
    assert code == 0
    for word in ("watch", "demo", "simulate", "status", "70 a bug of ours"):
        assert word in text


def test_version_is_the_installed_one(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = said(capsys, "--version")
    assert code == 0
    assert text.startswith("nomad-console 0.")


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("--nope",), "unrecognized arguments: --nope"),
        (("stauts",), "invalid choice: 'stauts'"),
        (("demo", "--speed", "0"), '"0" is not a number above 0'),
        (("demo", "--speed", "fast"), '"fast" is not a number above 0'),
        (("demo", "--nodes", "-3"), '"-3" is not a whole number above 0'),
        (("simulate", "--ports", "nomad"), '"nomad" is not NAME=PORT'),
        (("simulate", "--ports", "nomad=99999"), '"nomad=99999" is not NAME=PORT'),
        (("simulate", "traffic"), '"traffic" needs --control URL'),
    ],
)
def test_bad_usage_is_2_and_says_what_is_wrong(
    capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], words: str
) -> None:
    code, text = said(capsys, *argv)
    assert code == 2
    assert words in text
    assert "usage: nomad-console" in text


def test_flags_count_before_and_after_the_command() -> None:
    for argv in (["--cluster", "a", "watch"], ["watch", "--cluster", "a"]):
        assert parser().parse_args(argv).cluster == "a"
    assert not hasattr(parser().parse_args(["watch"]), "cluster")
