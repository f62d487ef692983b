"""Drains as lines, every state an allocation can be in."""

import msgspec
import pytest

from nomad_console.tui.rendering.drain import bar, drain_lines
from nomad_console.tui.rendering.text import Tone, plain
from nomad_console.tui.rendering.wrapping import size_of
from nomad_console.upgrade.progress import Doing, Hop, Moving, Progress

HEALTHY = Hop("n1", "c5", "running", healthy=True, healthy_in_s=None)
SOON = Hop("n2", "c5", "running", healthy=None, healthy_in_s=2.0)
PENDING = Hop("n3", "c4", "pending", healthy=None, healthy_in_s=None)
SICK = Hop("n4", "c4", "failed", healthy=None, healthy_in_s=None)


def moving(
    name: str,
    doing: Doing,
    *replacements: Hop,
    times: tuple[float, float, float] = (0.0, 0.0, 0.0),
    exit_code: int | None = None,
    blocked: bool = False,
) -> Moving:
    job = name.partition("[")[0]
    return Moving(
        id=name,
        name=name,
        job_id=job,
        job_type="service",
        doing=doing,
        for_s=times[0],
        of_s=times[1],
        then_s=times[2],
        exit_code=exit_code,
        replacements=replacements,
        blocked=blocked,
    )


def drain(*rows: Moving, left_s: float | None = None) -> Progress:
    gone = sum(row.gone for row in rows)
    return Progress(rows, gone, len(rows), left_s)


@pytest.mark.parametrize(
    ("row", "words", "tone"),
    [
        (moving("web[0]", Doing.WAITING), "waits for its turn", Tone.DIM),
        (
            moving("web[0]", Doing.DELAY, times=(3, 4, 15)),
            "shutdown_delay 3 of 4 s, then up to 15 s",
            Tone.BUSY,
        ),
        (
            moving("web[0]", Doing.STOPPING, times=(2, 15, 0)),
            "got its signal 2 s ago, killed at 15 s",
            Tone.BUSY,
        ),
        (moving("web[0]", Doing.GONE, exit_code=0), "gone, exit 0", Tone.GOOD),
        (moving("web[0]", Doing.GONE), "gone", Tone.GOOD),
        (
            moving("web[0]", Doing.KILLED, times=(5, 5, 0)),
            "gone, KILLED after 5 s (kill_timeout too short)",
            Tone.BAD,
        ),
        (moving("web[0]", Doing.LOST), "out of reach; its tasks may still run", Tone.BAD),
        (
            moving("web[0]", Doing.BATCH),
            "batch: stays until it ends or the deadline   s stops it now",
            Tone.WARN,
        ),
        (moving("web[0]", Doing.KEPT), "system: keeps running", Tone.DIM),
    ],
    ids=lambda case: case.doing if isinstance(case, Moving) else None,
)
def test_what_an_allocation_does(row: Moving, words: str, tone: Tone) -> None:
    _, line = drain_lines(drain(row), 100)
    assert plain(line) == f"web[0] {words}"
    assert line[1].tone is tone


@pytest.mark.parametrize(
    ("hop", "words", "tone"),
    [
        (HEALTHY, "→ c5 healthy", Tone.GOOD),
        (SOON, "→ c5 running, healthy in 2s", Tone.BUSY),
        (PENDING, "→ c4 pending", Tone.BUSY),
        (SICK, "→ c4 failed, UNHEALTHY", Tone.BAD),
    ],
)
def test_what_takes_its_place(hop: Hop, words: str, tone: Tone) -> None:
    _, line = drain_lines(drain(moving("web[0]", Doing.GONE, hop)), 100)
    assert plain(line).endswith(words)
    assert line[-1].tone is tone


def test_a_replacement_without_a_place_is_said() -> None:
    _, line = drain_lines(drain(moving("web[0]", Doing.DELAY, blocked=True)), 100)
    assert "✗ no node has room for its replacement" in plain(line)


def test_what_moves_stands_before_what_is_gone_and_what_is_kept() -> None:
    rows = [
        moving("edge[0]", Doing.KEPT),
        moving("api[0]", Doing.GONE),
        moving("web[0]", Doing.DELAY),
    ]
    names = [plain(line).split()[0] for line in drain_lines(drain(*rows), 100)[1:]]
    assert names == ["web[0]", "api[0]", "edge[0]"]


def test_at_80_columns_every_line_fits_and_says_everything() -> None:
    rows = (
        moving("web[2]", Doing.DELAY, SOON, times=(3, 4, 15)),
        moving("api[0]", Doing.KILLED, HEALTHY, times=(5, 5, 0)),
        moving("a-job-with-a-long-name-indeed[12]", Doing.GONE, SICK, HEALTHY, exit_code=137),
    )
    lines = drain_lines(drain(*rows), 77)
    assert all(size_of(line) <= 77 for line in lines)
    said = " ".join(" ".join(plain(line).split()) for line in lines)
    assert "then up to 15 s → c5 running, healthy in 2s" in said
    assert "(kill_timeout too short) → c5 healthy" in said
    assert "gone, exit 137 → c4 failed, UNHEALTHY → c5 healthy" in said


def test_replacements_stand_in_one_column_where_there_is_room() -> None:
    rows = (moving("web[2]", Doing.GONE, SOON), moving("api[0]", Doing.WAITING, HEALTHY))
    columns = {plain(line).index("→") for line in drain_lines(drain(*rows), 120)[1:]}
    assert len(columns) == 1


def test_the_bar_is_as_full_as_the_drain_and_names_the_deadline() -> None:
    two_of_four = drain(
        *(moving(f"web[{number}]", Doing.GONE) for number in range(2)),
        *(moving(f"api[{number}]", Doing.WAITING) for number in range(2)),
        left_s=3130,
    )
    said = plain(bar(two_of_four))
    assert (said.count("█"), said.count("░")) == (12, 12)
    assert said.endswith("2 of 4 gone · deadline in 52:10")
    assert plain(bar(drain())).count("█") == 24


def test_the_bar_of_a_lost_node_counts_down_to_nothing() -> None:
    lost = msgspec.structs.replace(drain(moving("web[0]", Doing.LOST), left_s=60), lost="down")
    said = plain(bar(lost))
    assert said.endswith("0 of 1 gone · DOWN: nothing here can be stopped")
    assert "deadline" not in said
