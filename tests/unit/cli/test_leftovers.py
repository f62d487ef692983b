import pytest

from nomad_console.cli.leftovers import left_behind
from nomad_console.domain.plan import Step
from nomad_console.operations.journal import folder
from tests.support.commands import SETTINGS, stopped
from tests.support.journals import keep
from tests.support.play import at_step, started


def begun(run_id: str, cluster: str = "prod") -> None:
    play = at_step(Step.DETACH, 2)
    keep(folder(), play.run, play.journal, run_id, cluster=cluster)


def test_the_only_run_left_behind_needs_no_name() -> None:
    begun("aaaa0001")
    begun("bbbb0002", cluster="staging")
    assert left_behind(SETTINGS, "").id == "aaaa0001"
    assert left_behind(SETTINGS, "aa").id == "aaaa0001"


def test_without_one_or_with_several_it_says_so() -> None:
    assert stopped(lambda: left_behind(SETTINGS, "")) == (2, "no run of prod was left behind")
    begun("aaaa0001")
    begun("aaaa0002")
    code, said = stopped(lambda: left_behind(SETTINGS, ""))
    assert code == 2
    assert said.startswith("say which: aaaa000")


@pytest.mark.parametrize(
    ("run_id", "words"),
    [
        ("bbbb", "run bbbb0002 is of staging, this is prod"),
        ("cccc", "run cccc0003 is over: done"),
        ("dddd", "run dddd0004 is over: not begun"),
        ("ffff", "is no run of yours"),
    ],
)
def test_a_run_that_cannot_be_gone_on_with_is_bad_input(run_id: str, words: str) -> None:
    begun("aaaa0001")
    begun("bbbb0002", cluster="staging")
    over = started(1)
    over.finish()
    keep(folder(), over.run, over.journal, "cccc0003")
    keep(folder(), over.run, (), "dddd0004")
    code, said = stopped(lambda: left_behind(SETTINGS, run_id))
    assert code == 2
    assert words in said
