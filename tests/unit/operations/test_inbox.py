from collections.abc import Callable

import msgspec
import pytest

from nomad_console.domain.plan import BatchChoice
from nomad_console.operations.inbox import Inbox, Moment, who
from nomad_console.upgrade.events import (
    Accepted,
    BatchChosen,
    Extended,
    Frozen,
    GateConfirmed,
    Held,
    HostAnswered,
    Released,
    RestoreAsked,
    Skipped,
    StopAsked,
    StopUnasked,
)
from nomad_console.upgrade.gates import Gate
from tests.support.manual_clock import EPOCH, ManualClock
from tests.support.small_cluster import SmallCluster
from tests.support.snapshots import an_allocation, node_id, with_new

NODE = node_id(2)
AT: Moment = {"at": EPOCH, "elapsed": 0.0}


@pytest.fixture
def cluster() -> SmallCluster:
    return SmallCluster(ManualClock())


@pytest.fixture
def inbox(cluster: SmallCluster) -> Inbox:
    return Inbox(cluster, ManualClock())


@pytest.mark.parametrize(
    ("say", "event"),
    [
        (lambda inbox: inbox.accept("a", "b"), Accepted(findings=("a", "b"), **AT)),
        (lambda inbox: inbox.hold("lunch"), Held(reason="lunch", **AT)),
        (lambda inbox: inbox.freeze("smoke"), Frozen(reason="smoke", **AT)),
        (lambda inbox: inbox.release(), Released(**AT)),
        (lambda inbox: inbox.skip(NODE), Skipped(node=NODE, by=who(), **AT)),
        (lambda inbox: inbox.extend(NODE, 90), Extended(node=NODE, deadline_s=90, **AT)),
        (lambda inbox: inbox.stop_after_this(), StopAsked(**AT)),
        (lambda inbox: inbox.go_on_after_this(), StopUnasked(**AT)),
        (lambda inbox: inbox.restore("enough"), RestoreAsked(reason="enough", **AT)),
        (lambda inbox: inbox.answer_host(ran=True), HostAnswered(ran=True, **AT)),
    ],
)
def test_each_word_is_an_event_with_its_moment(
    inbox: Inbox, say: Callable[[Inbox], None], event: msgspec.Struct
) -> None:
    say(inbox)
    assert inbox.events.get_nowait() == event


def test_a_confirmation_carries_what_was_seen_last(inbox: Inbox, cluster: SmallCluster) -> None:
    inbox.confirm(NODE, Gate.DRAIN, "a7")
    index = cluster.latest.nomad_index
    wanted = GateConfirmed(node=NODE, gate=Gate.DRAIN, code="a7", index=index, **AT)
    assert inbox.events.get_nowait() == wanted


def test_a_choice_is_for_the_batch_work_that_is_there_now(
    inbox: Inbox, cluster: SmallCluster
) -> None:
    running = an_allocation("report", 0, 2, "batch")
    over = an_allocation("report", 1, 2, "batch", client="complete")
    cluster.latest = with_new(cluster.latest, running, over)
    inbox.choose_batch(NODE, BatchChoice.STOP)
    event = inbox.events.get_nowait()
    assert isinstance(event, BatchChosen)
    assert running.id in event.allocations
    assert over.id not in event.allocations


def test_a_user_without_a_name_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr("nomad_console.operations.inbox.getpass.getuser", nameless)
    user, _, host = who().partition("@")
    assert user.isdigit()
    assert host
