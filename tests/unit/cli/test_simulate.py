"""`simulate`: every option reaches the world, every word the one that runs."""

import socket

import pytest

from nomad_console.cli.arguments import parser
from nomad_console.cli.simulate import run
from nomad_console.simulator.process import Options


def test_every_option_reaches_the_world(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[Options] = []

    def serve(options: Options) -> int:
        served.append(options)
        return 7

    monkeypatch.setattr("nomad_console.simulator.process.run", serve)
    asked = "simulate --nodes 9 --allocs 40 --speed 8 --seed 3 --rate 5 --ports nomad=4646"
    assert run(parser().parse_args([*asked.split(), "--with-parent"])) == 7
    assert served == [
        Options(
            scenario="article",
            nodes=9,
            allocs=40,
            speed=8.0,
            seed=3,
            ports={"nomad": 4646},
            rate=5.0,
            parent_pipe=True,
        )
    ]


def test_words_go_to_a_running_world(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
    assert run(parser().parse_args(["simulate", "--control", url, "traffic"])) == 3
    assert f"simulator unreachable: {url}" in capsys.readouterr().err
