from datetime import timedelta

import msgspec
import pytest

from nomad_console.domain.backend import Backend, Lack
from nomad_console.domain.rights import LIFECYCLE, NODE_WRITE, Credential, Right, Verdict
from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.tui.rendering.columns import At
from nomad_console.tui.rendering.rights import mode_word, refusals, rights_entries
from nomad_console.tui.rendering.text import plain
from tests.support.manual_clock import EPOCH


def holding(*rights: Right, **more: object) -> ClusterSnapshot:
    held = Credential("Nomad token deploy", rights, **more)  # type: ignore[arg-type]  # as its fields
    return msgspec.structs.replace(ClusterSnapshot(), rights={"nomad": held})


READER = holding(
    Right(NODE_WRITE, Verdict.NO, "policy reader: node read"),
    Right(LIFECYCLE, Verdict.UNPROVEN, "in some namespaces only"),
)
SPENT = holding(
    Right(NODE_WRITE, Verdict.NO, "expired"), trouble="the Nomad token expired", cure="new one"
)


def test_what_is_refused_has_its_reason_and_what_is_unproven_is_not_refused() -> None:
    found = refusals(READER)
    assert found["upgrade"].word == "no node:write"
    assert "policy reader: node read" in found["upgrade"].told
    assert {"freeze", "restore", "begin"} <= set(found)
    assert "batch_stop" not in found
    assert refusals(ClusterSnapshot()) == {}
    assert refusals(SPENT)["restore"] == ("token refused", "the Nomad token expired: new one")


@pytest.mark.parametrize(
    ("snapshot", "word"),
    [(ClusterSnapshot(), ""), (READER, "token cannot write"), (SPENT, "TOKEN REFUSED")],
)
def test_the_header_says_so_instead_of_interactive(snapshot: ClusterSnapshot, word: str) -> None:
    cell = mode_word(snapshot)
    assert (cell.text if cell else "") == word


def lines(snapshot: ClusterSnapshot) -> str:
    return "\n".join(plain(one.line) for one in rights_entries(At(snapshot, EPOCH)))


def test_a_page_of_every_right() -> None:
    said = lines(READER)
    assert "NO       node:write  policy reader: node read" in said
    assert "unproven " in said
    assert 'namespace "*" read-job  it sees none' in said
    assert "the Nomad token expired" in lines(SPENT)
    soon = holding(expires_at=EPOCH + timedelta(minutes=5))
    assert "ends in 05:00" in lines(soon)
    assert "·" in lines(holding(pending=True))


def test_versions_and_what_is_missing_stand_with_the_rights() -> None:
    backends = {
        "nomad": Backend("1.9.3", frozenset({Lack.EVENT_STREAM, Lack.PAGES})),
        "consul": Backend("1.8.7"),
    }
    said = lines(msgspec.structs.replace(READER, backends=backends))
    assert "version  1.9.3  not tried: 2.0.4 and 2.0.5 were" in said
    assert "missing  event stream, pages of lists  done in another way" in said
    assert "version  1.8.7\n" in said.replace("  \n", "\n")
    assert "version" not in lines(READER)
