from datetime import timedelta

import msgspec

from nomad_console.domain.rights import Credential
from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.operations.tokens import Tokens, refusal, taking_up
from nomad_console.upgrade.run import Run
from tests.support.manual_clock import EPOCH
from tests.support.play import started


class Desk:
    def __init__(self) -> None:
        self.run: Run = started(1).run
        self.snapshot = ClusterSnapshot()
        self.held: list[str] = []

    def hold(self, reason: str, *, token: bool = False) -> None:
        assert token
        self.held.append(reason)


def seen(trouble: str) -> ClusterSnapshot:
    held = Credential("Nomad token t", trouble=trouble, cure="start a console with a new one")
    return msgspec.structs.replace(ClusterSnapshot(), rights={"nomad": held})


def test_a_run_is_held_once_for_each_trouble_and_again_when_it_comes_back() -> None:
    tokens, desk = Tokens(), Desk()
    tokens.look(desk)
    for word in ("", "expired", "expired", "", "expired"):
        desk.snapshot = seen(word)
        tokens.look(desk)
    assert len(desk.held) == 2
    assert desk.held[0].startswith("expired: start a console with a new one, then take the run up")
    assert taking_up(desk.run.plan.run_id) in desk.held[0]


def test_a_refused_call_tells_that_the_token_ended_where_that_is_known() -> None:
    held = Credential("Nomad token t", expires_at=EPOCH)
    known = msgspec.structs.replace(ClusterSnapshot(), rights={"nomad": held})
    late = EPOCH + timedelta(seconds=1)
    said = refusal("403", known, started(1).run, late)
    assert f"403: the Nomad token expired at {EPOCH:%H:%M:%S} UTC: start a console" in said
    assert "has expired or was changed" in refusal("403", ClusterSnapshot(), started(1).run, late)
