"""The run screen: gates are answered by intent, never by accident."""

import os
from pathlib import Path

import pytest
from textual import events

from nomad_console.clients.errors import Refused
from nomad_console.domain.plan import Step
from nomad_console.domain.snapshot import SourceState
from nomad_console.tui.screens.upgrade_run import UpgradeRun
from nomad_console.upgrade.gates import Gate
from tests.support.snapshots import node_id, with_node, with_source
from tests.support.upgrading import Operator, SlowDrain, operating

OTHER = {"7": "8"}  # another character for any


def wrong(code: str) -> str:
    return OTHER.get(code[0], "7") + code[1]


async def at_first_gate(operator: Operator) -> str:
    await operator.begin()
    gate = operator.run.upgrade.gate
    assert gate is not None
    return gate.code


async def test_c_and_the_code_answer_the_gate(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        code = await at_first_gate(operator)
        assert f"c {code} confirm" in operator.seat.text
        assert f"type {code} to confirm: _" in await operator.press("c")
        assert f"type {code} to confirm: {code[0]}_" in await operator.press(code[0])
        await operator.press(code[1])
        assert operator.run.upgrade.step is Step.CORDON
        assert operator.cluster.writes == [("eligibility", node_id(2), False)]


async def test_a_code_typed_in_one_go_counts_too(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        code = await at_first_gate(operator)
        await operator.press("c", *code)
        assert operator.run.upgrade.step is Step.CORDON


@pytest.mark.parametrize("key", ["enter", "space", "y", "p"])
async def test_no_other_key_answers(tmp_path: Path, key: str) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        await at_first_gate(operator)
        await operator.press(key)
        await operator.press(key)
        assert operator.run.upgrade.step is None
        assert operator.cluster.writes == []


async def test_the_code_alone_is_no_answer(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        code = await at_first_gate(operator)
        await operator.press(*code)
        assert operator.run.upgrade.step is None


async def test_a_wrong_code_does_nothing_says_so_and_leaves_the_gate_open(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        code = await at_first_gate(operator)
        said = await operator.press("c", *wrong(code))
        assert f'"{wrong(code)}" is not the code that is shown: nothing done' in said
        said = await operator.press("c")
        assert "keys of the second after a wrong code are dropped" in said
        assert operator.cluster.writes == []
        await operator.pass_time(2)
        await operator.press("c", *code)
        assert operator.run.upgrade.step is Step.CORDON


async def test_keys_of_the_first_second_are_dropped_and_said_so(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        await operator.press("down", "space", "u")
        await operator.press("b")
        gate = operator.run.upgrade.gate
        assert gate is not None
        said = await operator.press("c", *gate.code)
        assert "the gate has just opened: keys of its first second are dropped" in said
        assert operator.run.upgrade.step is None
        await operator.pass_time(1)
        await operator.press("c", *gate.code)
        assert operator.run.upgrade.step is Step.CORDON


async def test_pasting_never_answers_and_says_so(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        code = await at_first_gate(operator)
        for before in ((), ("c",), ("c", code[0])):
            await operator.press(*before)
            operator.seat.app.post_message(events.Paste(f"c{code}"))
            await operator.seat.settle()
            assert "pasting never answers" in operator.seat.text
            assert "to confirm:" not in operator.seat.text
            await operator.pass_time(2)
        assert operator.run.upgrade.step is None
        assert operator.cluster.writes == []


async def test_200_keys_typed_ahead_answer_nothing(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        code = await at_first_gate(operator)
        guesses = [f"c{a}{b}" for a in "abcdefghjk" for b in "mnpqrst"]
        guesses = [guess for guess in guesses if guess[1:] != code]
        for key in ("".join(guesses))[:198] + "c" + code:  # even the right one comes too early
            operator.seat.app.post_message(events.Key(key, key))
        await operator.seat.settle()
        assert operator.run.upgrade.step is None
        assert operator.run.hold is None
        assert operator.cluster.writes == []


async def test_letters_of_a_code_are_no_keys_of_the_screen(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        code = await at_first_gate(operator)
        letters = "qh" if code != "qh" else "hq"
        assert f'"{letters}" is not the code' in await operator.press("c", *letters)
        assert operator.run.hold is None
        assert isinstance(operator.seat.app.screen, UpgradeRun)


async def test_escape_gives_up_answering_and_stays_on_the_screen(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        code = await at_first_gate(operator)
        said = await operator.press("c", code[0], "escape")
        assert "not answered" in said
        assert f"c {code} confirm" in said
        await operator.press(code[1])
        assert operator.run.upgrade.step is None


async def test_a_gate_that_closes_while_its_code_is_typed_is_not_answered(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        code = await at_first_gate(operator)
        await operator.press("c", code[0])
        live = operator.cluster.latest
        silent = with_source(live, "nomad", SourceState.STALE)
        operator.cluster.show(silent)
        await operator.seat.settle()
        text = operator.seat.text
        assert "the gate closed meanwhile: nothing is answered" in text
        assert "to confirm" not in text
        assert "? node as planned: nomad is stale: connection refused" in text
        await operator.press(code[1])
        await operator.pass_time(3)
        assert operator.run.upgrade.step is None
        again = operator.run.upgrade.gate
        assert again is not None
        assert again.code != code or again.opened_at != live.at
        assert f"c {again.code} confirm" in operator.seat.text


async def test_c_without_a_gate_says_so(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        await at_first_gate(operator)
        await operator.answer(Gate.START, Gate.DETACH)
        assert "no gate is open" in await operator.press("c")


async def test_hold_closes_the_gate_and_go_on_opens_it_anew(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        code = await at_first_gate(operator)
        said = await operator.press("h")
        assert "c2 HELD: you held it" in said
        assert "g go on  F freeze" in said
        assert "h hold" not in said
        await operator.press("c", *code)
        assert operator.run.upgrade.step is None
        await operator.press("g")
        assert "c2 HELD" not in operator.seat.text
        assert await operator.open(Gate.START)


async def test_freeze_during_a_drain_ends_it_and_says_what_it_means(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24), world=SlowDrain) as operator:
        await at_first_gate(operator)
        await operator.answer(Gate.START, Gate.DETACH, Gate.DRAIN)
        assert "shutdown_delay" in operator.seat.text
        said = await operator.press("F")
        assert "c2 FROZEN" in said
        assert "our drain is ended; what was marked still moves" in said
        assert "F freeze" not in said
        assert [write[0] for write in operator.cluster.writes][-2:] == ["drain", "drain"]
        assert operator.cluster.writes[-1][2] is None


async def test_a_node_lost_in_mid_drain_is_said_and_nothing_counts_down(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24), world=SlowDrain) as operator:
        await at_first_gate(operator)
        await operator.answer(Gate.START, Gate.DETACH, Gate.DRAIN)
        before = operator.cluster.latest
        assert "deadline in" in operator.seat.text
        operator.cluster.publish(with_node(before, 2, status="down"))
        said = await operator.pass_time(2)
        assert "c2 HELD: Nomad hears nothing of the node" in said
        assert "bring its agent or its machine back" in said
        assert "DOWN: nothing here can be stopped" in said
        assert "out of reach; its tasks may still run" in said
        assert not any(word in said for word in ("shutdown_delay", "got its signal", "deadline in"))
        operator.cluster.publish(before)
        await operator.pass_time(2)
        assert "c2: drain under way" in await operator.press("g")


async def test_a_refused_call_holds_and_names_call_and_reason(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        code = await at_first_gate(operator)
        operator.cluster.failing = Refused("nomad", "GET /v1/node/x", 403, "Permission denied")
        await operator.press("c", *code)
        said = " ".join(operator.seat.text.replace("║", " ").replace("│", " ").split())
        assert "c2 HELD" in said
        assert f"PUT /v1/node/{node_id(2)}/eligibility ineligible" in said
        assert "Permission denied" in said


async def test_y_copies_the_gates_commands_else_the_step(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        await at_first_gate(operator)
        await operator.press("y")
        assert operator.seat.app.clipboard == f"nomad node eligibility -disable {node_id(2)}"
        await operator.answer(Gate.START, Gate.DETACH)
        await operator.press("y")
        assert "balancer sends nothing" in operator.seat.app.clipboard


async def test_a_journal_that_cannot_be_written_stops_the_run_and_closes_the_gate(
    tmp_path: Path,
) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        code = await at_first_gate(operator)
        full = os.open("/dev/full", os.O_WRONLY)
        os.dup2(full, operator.conductor._journal._file.fileno())
        os.close(full)
        await operator.press("h")
        await operator.seat.settle()
        assert "· Stopped" in operator.seat.text
        assert "Nothing more is done" in operator.seat.text
        await operator.press("c", *code)
        assert operator.cluster.writes == []


async def test_escape_leads_back_while_the_run_goes_on_and_u_to_it_again(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        code = await at_first_gate(operator)
        await operator.press("escape")
        assert "Nodes 6" in operator.seat.text
        await operator.press("u")
        await operator.seat.settle()
        said = await operator.press("c", *code)
        assert "keys of its first second are dropped" in said  # it is new to this screen
        await operator.pass_time(2)
        await operator.press("c", *code)
        assert operator.run.upgrade.step is Step.CORDON


async def test_a_terminal_that_gets_too_small_and_back_loses_nothing(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        code = await at_first_gate(operator)
        pilot = operator.seat.pilot
        await pilot.resize_terminal(40, 10)
        await operator.seat.settle()
        assert "too small" in operator.seat.text
        await operator.press("c", *code)
        await operator.pass_time(2)
        assert operator.run.upgrade.step is None
        await pilot.resize_terminal(80, 24)
        await operator.seat.settle(1)
        assert f"c {code} confirm" in operator.seat.text
        await operator.press("c", *code)
        assert operator.run.upgrade.step is Step.CORDON


async def test_at_every_size_the_gate_shows_its_title_and_its_answers(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        await at_first_gate(operator)
        await operator.answer(Gate.START, Gate.DETACH, Gate.DRAIN)
        code = await operator.open(Gate.UPGRADE)
        for size in ((60, 15), (80, 24), (120, 30), (200, 50)):
            await operator.seat.pilot.resize_terminal(*size)
            await operator.seat.settle(1)
            assert "· Gate: upgrade the agent on c2" in operator.seat.text, size
            assert f"c {code} confirm" in operator.seat.text, size
            assert "h hold  F freeze" in operator.seat.text, size
            assert "R restore" in operator.seat.text, size
            assert "by hand: upgrade" in operator.seat.text, size


async def test_what_a_gate_asks_can_be_read_to_its_end(tmp_path: Path) -> None:
    host = ("true", *(f"--option-{number}={{name}}" for number in range(20)))
    async with operating(tmp_path, (60, 15), host=host) as operator:
        await at_first_gate(operator)
        await operator.answer(Gate.START, Gate.DETACH, Gate.DRAIN)
        await operator.open(Gate.UPGRADE)
        first = operator.seat.text
        assert "--option-19=c2" not in first
        assert "more lines" in first
        read = first
        while "more lines" in read.splitlines()[-4]:
            read += await operator.press("pagedown")
        for number in range(20):
            assert f"--option-{number}=c2" in read
        assert "proven" in read
        for _ in range(9):
            await operator.press("pageup")
        assert operator.seat.text.splitlines()[-9:] == first.splitlines()[-9:]


async def test_where_a_gate_is_open_the_label_of_the_cluster_stands_in_its_colour(
    tmp_path: Path,
) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        await at_first_gate(operator)
        title = operator.seat.app.screen.query_one("#gate-title")
        (label, *_) = title.render_line(0)
        assert label.text.strip() == "prod-eu"
        assert label.style is not None
        assert label.style.bgcolor is not None
        assert label.style.bgcolor.name == "#da3633"


async def test_paused_screens_still_follow_the_run(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        await at_first_gate(operator)
        await operator.press("p")
        await operator.answer(Gate.START)
        assert await operator.open(Gate.DETACH)
        assert "Gate: take c2 out" in operator.seat.text
