import pytest

from nomad_console.cli.arguments import main, parser


def test_a_plan_takes_nodes_and_what_shapes_it() -> None:
    words = "plan c4 class=edge --target-version 2.0.5 --system stop --deadline 20m --bake 5"
    options = parser().parse_args([*words.split(), "--host-command", "restart {name}"])
    assert options.nodes == ["c4", "class=edge"]
    assert (options.target_version, options.system) == ("2.0.5", "stop")
    assert (options.deadline, options.bake) == (1200, 5)
    assert options.host_command == "restart {name}"
    plain = parser().parse_args(["preflight", "c4"])
    assert (plain.target_version, plain.system, plain.deadline, plain.bake) == (None,) * 4


def test_nothing_is_approved_or_accepted_unless_said() -> None:
    options = parser().parse_args(["upgrade", "c4"])
    assert (options.approve, options.accept) == ("none", ())
    options = parser().parse_args(["upgrade", "c4", "--approve", "all", "--accept", "a,b"])
    assert (options.approve, options.accept) == ("all", ("a", "b"))


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("plan",), "the following arguments are required: NODE"),
        (("preflight",), "the following arguments are required: NODE"),
        (("upgrade", "c4", "--approve", "some"), "invalid choice: 'some'"),
        (("upgrade", "c4", "--deadline", "soon"), '"soon" is not a duration'),
        (("runs", "--markdown", "--json"), "not allowed with argument"),
        (("plan", "c4", "--system", "maybe"), "invalid choice: 'maybe'"),
    ],
)
def test_bad_usage_is_2(
    capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], words: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(argv)
    assert ended.value.code == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("command", ["plan", "preflight", "upgrade"])
def test_help_says_how_a_node_is_named(capsys: pytest.CaptureFixture[str], command: str) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    assert "field=value" in capsys.readouterr().out
