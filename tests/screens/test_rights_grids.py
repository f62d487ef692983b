"""What a token that only reads looks like: a grey key with its reason, and a page of rights."""

import msgspec
import pytest

from nomad_console.domain.rights import LIFECYCLE, NODE_READ, NODE_WRITE, Credential, Right, Verdict
from nomad_console.domain.snapshot import ClusterSnapshot, SourceState
from nomad_console.domain.target import Ties
from nomad_console.live.credentials import BALANCER
from tests.support.consoles import Box, a_console
from tests.support.manual_clock import ManualClock
from tests.support.pilots import expect_grid, seated
from tests.support.snapshots import article_snapshot, with_source

READER = Credential(
    "Nomad token reader",
    (
        Right(NODE_READ, Verdict.YES, "read"),
        Right(NODE_WRITE, Verdict.NO, "policy reader: node read"),
        Right(LIFECYCLE, Verdict.UNPROVEN, "in some namespaces only"),
    ),
)


def a_reader() -> ClusterSnapshot:
    held = {"nomad": READER, "alb": BALANCER}
    return msgspec.structs.replace(article_snapshot(), rights=held)


@pytest.mark.parametrize("size", [(200, 50), (80, 24)], ids=str)
async def test_a_grey_key_answers_with_its_reason(size: tuple[int, int]) -> None:
    clock = ManualClock()
    async with seated(a_console(Box(a_reader()), clock), clock, size) as seat:
        assert "upgrade (no node:write)" in seat.text
        assert "token cannot write" in seat.text
        await seat.press("u")
        assert "the Nomad token reader has no node:write (policy reader: node read)" in seat.text
        expect_grid(f"reader-{size[0]}x{size[1]}", seat.text)


async def test_the_page_of_what_is_wrong_says_what_tokens_may_do() -> None:
    clock = ManualClock()
    async with seated(a_console(Box(a_reader()), clock), clock, (80, 24)) as seat:
        await seat.press("exclamation_mark", "end")
        expect_grid("rights-80x24", seat.text)
        assert "NO       node:write" in seat.text


async def test_a_console_that_never_writes_offers_nothing_to_be_refused() -> None:
    clock = ManualClock()
    app = a_console(Box(a_reader()), clock, read_only=True)
    async with seated(app, clock, (200, 50)) as seat:
        assert "upgrade" not in seat.text.splitlines()[-1]
        assert "WATCH" in seat.text


async def test_what_a_token_without_jobs_may_not_see_is_not_counted_as_none() -> None:
    clock, why = ManualClock(), "nomad: GET /v1/allocations 403: Permission denied"
    refused = with_source(a_reader(), "nomad", SourceState.REFUSED, why)
    bare = msgspec.structs.replace(refused, allocations={}, by_node={}, by_job={}, node_sums={})
    bare = msgspec.structs.replace(bare, every_namespace=False)
    async with seated(a_console(Box(bare), clock), clock, (80, 24)) as seat:
        assert "2 Allocations ·" in seat.text
        assert "0/0" not in seat.text
        expect_grid("node-only-80x24", seat.text)


async def test_nodes_that_may_not_be_read_hide_nothing_of_the_others() -> None:
    clock, why = ManualClock(), "nomad: GET /v1/nodes 403: Permission denied"
    whole = article_snapshot()
    blind = msgspec.structs.replace(
        with_source(whole, "nomad", SourceState.REFUSED, why),
        **{key: {} for key in ("nodes", "details", "allocations", "by_node", "node_sums")},
        ties=Ties(),
        nomad_index=0,
    )
    async with seated(a_console(Box(blind), clock), clock, (80, 24)) as seat:
        tabs = f"[1 Nodes ·] 2 Allocations ·  3 Services {len(whole.services)}  4 Targets 12"
        assert tabs in seat.text
        await seat.press("3")
        assert "Services 4 " in seat.text
        assert " of – " not in seat.text
