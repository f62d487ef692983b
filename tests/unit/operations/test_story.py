"""A run told from its journal: who did what, when, and how long each stretch took."""

from pathlib import Path

from nomad_console.domain.plan import Step
from nomad_console.operations.archive import Kept, document, markdown, read_kept, text
from nomad_console.operations.story import Story, retold
from nomad_console.upgrade import events
from nomad_console.upgrade.gates import NodeProofs, Observation, Proof, ProofName, Truth, Undo
from nomad_console.upgrade.run import Run
from tests.support.journals import keep
from tests.support.play import HOST, Play, at_step, started


def told(play: Play) -> Story:
    run, story = retold(play.run.plan, "ann@bastion", play.journal)
    assert run == play.run
    return story


def failed(*numbers: int) -> Play:
    """Its host command ended badly, its version was seen, and it was put back by another."""
    play = at_step(Step.UPGRADE, *(numbers or (2, 3)), host_command=HOST)
    call = play.now.pending[0].write.id
    play.do(events.Intended, call)
    play.do(events.HostStarted, call)
    play.do(events.HostEnded, call, 7, last="E: no package \x1b[2J")
    proof = Proof(ProofName.VERSION, Truth.FALSE, "2.0.4, wanted 2.0.5", "nomad", mark="2.0.4")
    seen = NodeProofs(play.now.node, Step.UPGRADE, (proof,))
    play.do(events.Observed, Observation(play.run.writes, (seen,)))
    play.do(events.Resumed, "bob@laptop")
    play.do(events.RestoreAsked, "asked for by bob@laptop")
    play.go_back()
    assert play.run.outcome == "restored"
    return play


def test_a_whole_run_tells_its_gates_its_calls_and_by_whom() -> None:
    play = started(1, host_command=HOST)
    play.finish()
    words = [one.text for one in told(play).told]
    assert "begun by ann@bastion" in words
    assert "c1: drain: confirmed by ann@bastion" in words
    assert any("/eligibility ineligible" in one for one in words)
    assert "c1: the host command ended with 0" in words
    assert words[-1] == "done"
    stretches = told(play).stretches
    assert [one.what for one in stretches] == list(Step)
    assert all(one.ended_at is not None and not one.left for one in stretches)


def test_a_restored_run_tells_the_failure_who_asked_and_each_part_of_the_way_back() -> None:
    story = told(failed())
    words = [one.text for one in story.told]
    held = next(one for one in words if one.startswith("held: "))
    assert "the host command ended with 7: E: no package" in held
    assert words.index(held) < words.index("taken up by bob@laptop")
    assert "to be put back, by bob@laptop: asked for by bob@laptop" in words
    back = [one for one in story.stretches if isinstance(one.what, Undo)]
    assert [one.what for one in back] == [Undo.REJOIN, Undo.ATTACH, Undo.CORDONS]
    assert all(one.ended_at is not None for one in back)
    assert "way back: c2: bring back" in words
    (left,) = [one for one in story.stretches if one.left]
    assert left.what is Step.UPGRADE
    assert words[-1] == "restored"


def test_told_in_two_parts_it_is_the_same() -> None:
    play = failed()
    run, story = retold(play.run.plan, "ann@bastion", play.journal[:9])
    for event in play.journal[9:]:
        before = run
        run = play_on(run, event)
        story.take(event, before, run)
    assert (story.told, story.stretches) == (told(play).told, told(play).stretches)


def play_on(run: Run, event: events.Event) -> Run:
    play = Play(run)
    play.send(event)
    return play.run


def kept_of(play: Play, tmp_path: Path) -> Kept:
    return read_kept(keep(tmp_path, play.run, play.journal))


def test_the_report_of_a_restored_run_is_whole_and_true(tmp_path: Path) -> None:
    play = failed()
    kept = kept_of(play, tmp_path)
    kept.path.with_suffix(f".{play.run.upgrades[0].node[:8]}.log").write_text("E: no package\n")
    lines = text(kept)
    page = "\n".join(lines)
    assert lines[2].startswith("restored: ")
    assert "the host command ended with 7" in lines[2]
    assert lines[2].endswith("then asked for by bob@laptop")
    assert {"c2: restored", "c3: not begun", "  | E: no package"} <= set(lines)
    assert "under way" not in page
    assert "may have become" not in page
    assert "became" not in page
    assert any(line.startswith("  drain ") for line in lines)
    assert any(line.startswith("  upgrade") and "not brought to its end" in line for line in lines)
    assert "  runs 2.0.4, by Nomad's list of nodes" in lines
    assert sum("way back at" in line for line in lines) == 2
    assert not any(line.startswith("  c3:") for line in lines)  # its losses were never to come
    assert "\x1b" not in page
    data = document(kept)
    first, second = data["nodes"]
    assert (first["state"], second["state"]) == ("restored", "not begun")
    assert (first["left"]["step"], first["runs"]) == ("upgrade", "2.0.4")
    assert [one["step"] for one in first["way_back"]] == [Undo.REJOIN, Undo.ATTACH]
    assert data["why"].startswith(kept.run.restoring.held if kept.run.restoring else "never")
    assert {one["node"] for one in data["foretold"]} <= {"c2"}
    assert [one["what"] for one in data["happened"]] == [one.text for one in kept.story.told]
    ticket = "\n".join(markdown(kept))
    assert "Why: " in ticket
    assert "no probe was running" in ticket
    assert "not to its end" in ticket
    assert "bring back" in ticket


def test_restored_before_the_upgrade_the_drain_that_moved_the_work_is_there(
    tmp_path: Path,
) -> None:
    play = at_step(Step.DRAIN, 2)
    play.finish_step()  # its gate is open
    play.do(events.RestoreAsked, "the operator")
    play.go_back()
    lines = text(kept_of(play, tmp_path))
    assert "restored: the operator" in lines
    assert any(line.startswith("  drain ") for line in lines)
    assert any("work was moved" in line for line in lines)
    assert not any("2.0.5 -" in line for line in lines)  # no version was touched


def test_a_run_closed_by_hand_says_how_it_was_found(tmp_path: Path) -> None:
    play = at_step(Step.DRAIN, 2)
    play.do(events.Closed, "bob@laptop", ("c2: ready, eligible",))
    kept = kept_of(play, tmp_path)
    assert kept.outcome == "closed"
    lines = text(kept)
    assert "c2: left at drain" in lines
    assert any("closed by hand by bob@laptop, left as found: c2: ready" in one for one in lines)
