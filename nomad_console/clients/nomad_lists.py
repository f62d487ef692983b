"""Nomad's lists over httpx, from servers that take every parameter and from those that do not."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar
from urllib.parse import quote

from nomad_console.clients import nomad_job_wire as job_wire
from nomad_console.clients import nomad_node_wire as node_wire
from nomad_console.clients import nomad_wire as wire
from nomad_console.clients.errors import ApiError, absent
from nomad_console.clients.http import Answer, HttpReads, misread
from nomad_console.clients.lacks import Lacks
from nomad_console.clients.listing import Listing, Page
from nomad_console.clients.wire import rows_of
from nomad_console.domain.allocation import Allocation, Deployment, Evaluation
from nomad_console.domain.backend import Lack
from nomad_console.domain.job import JobStub
from nomad_console.domain.node import Node

EVERY = "*"
_BAD_REQUEST, _FAILED = 400, 500  # what a server may say to a namespace that it does not know
_AMONG = "/"  # in our own page tokens: namespace, then the server's token

W = TypeVar("W")
R = TypeVar("R")


class Endpoint(NamedTuple, Generic[R]):
    """A list's path, the form of its rows, and the keys that each row of ours rests on."""

    path: str
    kind: type[Any]
    record: Callable[[Any], R]
    keys: Mapping[Lack, bytes] = {}


NODES = Endpoint[Node](
    "/v1/nodes",
    node_wire.NodeStubWire,
    node_wire.node,
    {
        Lack.ELIGIBILITY: b'"SchedulingEligibility"',
        Lack.LAST_DRAIN: b'"LastDrain"',
        Lack.POOLS: b'"NodePool"',
    },
)
ALLOCATIONS = Endpoint[Allocation](
    "/v1/allocations",
    wire.AllocationWire,
    wire.allocation,
    {Lack.VERDICTS: b'"DeploymentStatus"', Lack.CLAIMS: b'"AllocatedResources"'},
)
JOBS = Endpoint[JobStub]("/v1/jobs", job_wire.JobWire, job_wire.job_stub)
DEPLOYMENTS = Endpoint[Deployment]("/v1/deployments", wire.DeploymentWire, wire.deployment)
EVALUATIONS = Endpoint[Evaluation]("/v1/evaluations", wire.EvaluationWire, wire.evaluation)


class NomadLists:
    """What a server does not do is noted in `lacks`, and done here or in another way.

    `namespaces`: asks for their names. Methods raise ApiError.
    """

    def __init__(
        self,
        reads: HttpReads,
        region: str,
        lacks: Lacks,
        namespaces: Callable[[], Awaitable[tuple[str, ...]]],
    ) -> None:
        self._reads = reads
        self._region = {"region": region} if region else {}
        self._lacks = lacks
        self._namespaces = namespaces
        self._names: tuple[str, ...] = ()
        self._together: set[str] = set()  # paths that gave rows of all namespaces at once
        self._apart: set[str] = set()  # paths that do not

    async def page(
        self, of: Endpoint[R], params: Mapping[str, str], wait_s: float = 0.0
    ) -> Page[R]:
        """One page; of all namespaces, where it is to be, also from a server that has no "*"."""
        if params.get("namespace") != EVERY or of.path in self._together:
            return await self._page(of, params, wait_s)
        if of.path in self._apart:
            return await self._one_by_one(of, params)
        try:
            answer = await self._answer(of, params)
        except ApiError as error:
            if not absent(error) and error.status not in {_BAD_REQUEST, _FAILED}:
                raise
            return await self._instead(of, params, error)
        if not _empty(answer):
            self._together.add(of.path)
        elif await self._hidden(of, params):
            return await self._instead(of, params, None)
        return self._made(of, params, answer)

    async def every(self, of: Endpoint[R], params: Mapping[str, str]) -> Listing[R]:
        """All pages; the index is the first one's."""
        return await self._rest(of, params, await self.page(of, params))

    async def only(
        self, of: Endpoint[R], params: Mapping[str, str], holds: Callable[[R], bool]
    ) -> Listing[R]:
        """The rows that `params` filters, and `holds` knows: not every server filters."""
        try:
            found = await self.every(of, params)
        except ApiError as error:
            if error.status != _BAD_REQUEST:
                raise
            found = await self.every(of, {key: params[key] for key in params if key != "filter"})
        rows = tuple(filter(holds, found.rows))
        if len(rows) < len(found.rows):
            self._lacks.add(Lack.FILTERS)
        return Listing(rows, found.index)

    async def of_node(self, node_id: str, params: Mapping[str, str]) -> Listing[Allocation]:
        """A node's allocations and never another's; `params` has the filter for them."""
        if self._lacks.found.isdisjoint({Lack.FILTERS, Lack.CLAIMS}):
            try:
                page = await self.page(ALLOCATIONS, params)
            except ApiError as error:
                if error.status != _BAD_REQUEST:
                    raise
            else:
                if all(row.node_id == node_id for row in page.rows):
                    return await self._rest(ALLOCATIONS, params, page)
            self._lacks.add(Lack.FILTERS)
        return await self._by_node(node_id, params["namespace"])

    async def _rest(self, of: Endpoint[R], params: Mapping[str, str], page: Page[R]) -> Listing[R]:
        """This page and all that follow it."""
        rows, index = list(page.rows), page.index
        while page.next_token:
            page = await self.page(of, {**params, "next_token": page.next_token})
            rows += page.rows
        return Listing(tuple(rows), index)

    async def _by_node(self, node_id: str, namespace: str) -> Listing[Allocation]:
        """By their own path, which has no pages, and the whole job in each row."""
        path = f"/v1/node/{quote(node_id, safe='')}/allocations"
        answer = await self._reads.get(path, self._region, whole=True)
        found = rows_of("nomad", f"GET {path}", answer.body, wire.AllocationWire)
        rows = [wire.allocation(row, whole=True) for row in found]
        here = (row for row in rows if row.node_id == node_id)
        return Listing(
            tuple(row for row in here if namespace in {EVERY, row.namespace}), answer.index
        )

    async def _page(
        self, of: Endpoint[R], params: Mapping[str, str], wait_s: float = 0.0
    ) -> Page[R]:
        return self._made(of, params, await self._answer(of, params, wait_s))

    async def _answer(
        self, of: Endpoint[R], params: Mapping[str, str], wait_s: float = 0.0
    ) -> Answer:
        asked = {**params, **self._region}
        answer = await self._reads.get(of.path, asked, wait_s=wait_s, whole=True)
        if answer.body[:8].strip() in {b"null", b""}:  # Nomad's lists are [] (command/agent/*.go)
            raise misread("nomad", f"GET {of.path}", ValueError("no list"))
        if answer.next_token and answer.next_token == params.get("next_token"):
            error = ValueError("a page that is its own successor")
            raise misread("nomad", f"GET {of.path}", error)
        return answer

    def _made(self, of: Endpoint[R], params: Mapping[str, str], answer: Answer) -> Page[R]:
        first = "next_token" not in params
        most = int(params.get("per_page", "0"))
        found = listing(of.path, answer, of.kind, of.record)

        def read() -> tuple[R, ...]:
            if found.rows and first:  # rows of Nomad's form: only they show what is missing
                for lack, key in of.keys.items():
                    if key not in answer.body:
                        self._lacks.add(lack)
            if 0 < most < len(found.rows):
                self._lacks.add(Lack.PAGES)
            return found.rows

        return Page(read, answer.index, answer.next_token)

    async def _one_by_one(self, of: Endpoint[R], params: Mapping[str, str]) -> Page[R]:
        """The page of one namespace; its token leads to the next."""
        name, _, token = params.get("next_token", "").partition(_AMONG)
        if not name:
            self._names = await self._namespaces() or ("default",)
            name = self._names[0]
        asked = {key: text for key, text in params.items() if key != "next_token"}
        asked |= {"namespace": name} | ({"next_token": token} if token else {})
        page = await self._page(of, asked)
        after = next((one for one in self._names if one > name), "")
        follows = (
            f"{name}{_AMONG}{page.next_token}" if page.next_token else after and after + _AMONG
        )
        return Page(lambda: page.rows, page.index, follows)

    async def _instead(
        self, of: Endpoint[R], params: Mapping[str, str], error: ApiError | None
    ) -> Page[R]:
        """Namespace by namespace; where that fails too, the error was about something else."""
        try:
            page = await self._one_by_one(of, params)
        except ApiError:
            if error is None:
                raise
            raise error from None
        self._apart.add(of.path)
        self._lacks.add(Lack.WILDCARD)
        return page

    async def _hidden(self, of: Endpoint[R], params: Mapping[str, str]) -> bool:
        """Whether a namespace has rows although all together show none.

        A server that takes "*" for a name answers 200 with nothing, as it does for any other.
        """
        plain = {"per_page": "1", "namespace": EVERY}
        try:
            if "filter" in params and not _empty(await self._answer(of, plain)):
                self._together.add(of.path)
                return False
            for name in await self._namespaces():
                if not _empty(await self._answer(of, {**plain, "namespace": name})):
                    return True
        except ApiError:  # nothing speaks against the empty list
            return False
        return False


def listing(path: str, answer: Answer, kind: type[W], record: Callable[[W], R]) -> Page[R]:
    """The rows of a list; null is an empty one."""

    def read() -> tuple[R, ...]:
        return tuple(map(record, rows_of("nomad", f"GET {path}", answer.body, kind)))

    return Page(read, answer.index, answer.next_token)


def _empty(answer: Answer) -> bool:
    return answer.body[:8].strip() == b"[]"
