"""When a doubtful listing is believed."""

import pytest

from nomad_console.clients.errors import Unreachable
from nomad_console.live.doubts import CONFIRM_S, Doubts
from tests.support.manual_clock import ManualClock
from tests.support.scripted import ScriptedNomad, unreachable

PATH = "/v1/nodes"


async def test_only_the_same_word_of_a_cluster_with_a_leader_confirms() -> None:
    clock, nomad = ManualClock(), ScriptedNomad()
    doubts = Doubts(nomad, clock)
    doubts.believe(PATH, 100)
    assert not await doubts.confirmed(PATH, 9)
    await clock.advance(CONFIRM_S - 1)
    assert not await doubts.confirmed(PATH, 9)
    await clock.advance(1)
    assert not await doubts.confirmed(PATH, 8)  # back once more: a doubt of its own
    await clock.advance(CONFIRM_S)
    nomad.leader_address = ""
    assert not await doubts.confirmed(PATH, 8)
    nomad.leader_address = "10.0.0.9:4647"
    await clock.advance(CONFIRM_S)
    assert await doubts.confirmed(PATH, 8)
    doubts.believe(PATH, 8)
    assert doubts.newest(PATH) == 8
    assert not await doubts.confirmed(PATH, 7)


async def test_silence_confirms_nothing() -> None:
    clock, nomad = ManualClock(), ScriptedNomad()
    doubts = Doubts(nomad, clock)
    nomad.failing["leader"] = unreachable()
    for _ in range(2):
        with pytest.raises(Unreachable):
            await doubts.confirmed(PATH, 9)
        await clock.advance(CONFIRM_S)
    nomad.failing.clear()
    assert not await doubts.confirmed(PATH, 9)
