"""Who is asked what Nomad does: its answers, waits, streams and life cycles, and the recordings."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol

from tests.support.recorded import RECORDINGS, recorded
from tests.support.statements import cannot_say
from tests.support.transitions import ACTION_AT, Event, Steps, digested, steps
from tests.support.transitions import recorded as recorded_events

UNKNOWN_ID = "11111111-2222-3333-4444-555555555555"


@dataclass(frozen=True)
class Answer:
    """Headers in lower case; the body parsed, or text; how many seconds it took, where known."""

    status: int
    headers: Mapping[str, str]
    body: Any
    seconds: float = 0.0

    @property
    def index(self) -> int:
        return int(self.headers["x-nomad-index"])

    @property
    def text(self) -> tuple[int, str]:
        """Status and words of a refusal."""
        return self.status, str(self.body)


@dataclass(frozen=True)
class Waited:
    """A blocking query: how long it might wait and did, in seconds; `found` is what it came with.

    `before` is the same read ahead of it; both None where only the times were kept.
    """

    wait: float
    seconds: float
    before: Answer | None = None
    found: Answer | None = None

    @property
    def woken(self) -> bool:
        return self.seconds < self.wait


@dataclass(frozen=True)
class Stream:
    """The start of an event stream: whether a heartbeat came, and the lines with events."""

    status: int
    headers: Mapping[str, str] | None
    accepted: bool
    indexes: list[int]
    kinds: set[str]  # TOPIC/TYPE
    ended: bool


@dataclass(frozen=True)
class Story:
    """What a node and its allocations went through since an operator did something.

    `lines` are the stream's own, heartbeats included, with their seconds; `reads` the calls made.
    """

    node: str
    reads: dict[str, Answer]
    steps: Steps = field(default_factory=dict)
    lines: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    streams: Mapping[str, Stream] = field(default_factory=dict)
    recorded: bool = False  # then what is missing was not recorded, else it did not happen

    def read(self, name: str) -> Answer:
        return self.reads[name] if name in self.reads else self._missing(name)

    @property
    def events(self) -> list[Event]:
        if not self.lines:
            self._missing("events")
        return [event for _, line in self.lines for event in line.get("Events", ())]

    def copies(self, job: str, role: str) -> list[list[tuple[float, str]]]:
        """The steps of the job's allocations: `old` on the node, `new` since, in their order."""
        found = [
            states for label, states in self.steps.items() if label.startswith(f"{job}/{role}/")
        ]
        return found or self._missing(f"{job}/{role}")

    def _missing(self, what: str) -> NoReturn:
        if self.recorded:
            cannot_say()
        raise AssertionError(f"no {what} among {[*self.reads, *self.steps]}")


class NomadParty(Protocol):
    """One Nomad, or what was recorded of one."""

    def answer(self, name: str) -> Answer:
        """To the recorded request of this name, asked with ids that exist there."""

    def pages(self, name: str) -> list[Answer]:
        """A list read page by page: all of it, or the first pages."""

    def waited(self, case: str) -> Waited:
        """`WATCHED/STIMULUS`, or `nothing` and `future`."""

    def stream(self, name: str) -> Stream:
        """The event stream of the recorded request of this name."""

    def story(self, case: str) -> Story: ...

    def refused_connection(self) -> str:
        """What the connection beyond the limit is told, as bytes were received."""


READS: dict[str, dict[str, str]] = {
    "drain-normal": {
        "start": "drain-normal-start",
        "node": "drains/drain-normal-node-after",
        "killed": "allocation-force-killed",
    },
    "drain-cancelled": {
        "cancel": "drains/drain-cancelled-cancel",
        "node": "drains/drain-cancelled-node-after",
    },
    "drain-deadline": {"node": "node-drained"},
    "drain-force": {"start": "drain-force-start"},
    "drain-blocked": {
        "node": "drains/drain-blocked-node",
        "update": "drain-update",
        "updated": "drains/drain-update-node",
        "evaluations": "drain-blocked-evaluations",
    },
    "upgrade-drained": {"eligible": "upgrade-drained-eligible"},
    "client-killed": {
        "node": "clients/client-killed-node",
        "unknown": "allocation-unknown",
        "stats": "clients/client-killed-client-stats",
    },
    "purge": {
        "purge": "clients/write-node-purge",
        "gone": "node-purged",
        "allocations": "node-purged-allocations",
        "back": "clients/node-back-after-purge",
    },
    "eligibility": {
        "ineligible": "write-ineligible",
        "eligible": "write-eligible",
        "again": "write-eligible-again",
    },
    "scaling": {
        "unknown": "writes/write-job-scale-unknown-group",
        "scale": "writes/write-job-scale",
        "refused": "writes/write-job-scale-during-deployment",
    },
    "stopping": {
        "stop": "writes/write-allocation-stop",
        "allocation": "writes/allocation-stopping",
    },
    "collection": {"collect": "writes/write-system-gc"},
    "server-down": {
        "autopilot": "server-down-autopilot-health",
        "members": "server-down-members",
    },
    "transfer": {
        name: f"servers/transfer-leadership{ending}"
        for name, ending in (
            ("given", ""),
            ("to-leader", "-to-leader"),
            ("neither", "-no-param"),
            ("both", "-both"),
            ("unknown-id", "-unknown-id"),
            ("unknown-address", "-bad-address"),
            ("get", "-get"),
        )
    },
    "no-leader": {
        "nodes": "no-leader/nodes",
        "leader": "no-leader/leader",
        "autopilot": "no-leader/autopilot-health",
        "autopilot-stale": "no-leader/autopilot-health-stale",
        "raft": "no-leader/raft-configuration",
        "health": "no-leader/agent-health",
        "write": "no-leader/drain",
        "transfer": "no-leader/transfer-leadership",
        "members": "no-leader/members",
        "nodes-stale": "servers/no-leader-nodes-stale",
        "raft-stale": "servers/no-leader-raft-configuration-stale",
        "through-client": "servers/no-leader-client-agent-nodes",
    },
}
WHOLE = {  # cases whose event stream was kept, and their node
    "drain-normal": "c4",
    "system-jobs-back": "c2",
    "upgrade-inplace": "c1",
    "upgrade-drained": "c2",
    "client-killed": "c4",
    "client-back": "c4",
}
ALIASES = {"stopped-twice": "drain-normal"}  # a recorded case that shows the same
STREAMS = {
    "no-leader": {"old": "no-leader/event-stream-old", "new": "no-leader/event-stream-new"},
    "transfer": {"old": "servers/transfer-leadership-event-stream"},
}
DIGESTED = {
    "drain-ignore-system": "c2",
    "drain-system-only": "c4",
    "drain-cancelled": "c1",
    "drain-force": "c3",
    "drain-deadline": "c1",
    "drain-count1": "c4",
    "drain-stuck-unhealthy": "c2",
    "drain-blocked": "c3",
}
WAITS = (  # in the order of nomad/blocking-queries.json
    "nothing",
    "nodes/report",
    "allocations/report",
    "node-allocations/report",
    "node-allocations/report-elsewhere",
    "node/report-elsewhere",
    "nodes/evaluation",
    "evaluations/evaluation",
    "node/eligibility-elsewhere",
    "nodes/eligibility",
    "future",
    "node/report",
    "nodes/report-again",
)


class Recordings:
    """Says what was recorded of Nomad 2.0.4 and 2.0.5."""

    def answer(self, name: str) -> Answer:
        call = recorded(f"nomad/{name}.json")
        headers = {key.lower(): text for key, text in call["headers"].items()}
        return Answer(call["status"], headers, call["body"], call.get("elapsed_s", 0.0))

    def pages(self, name: str) -> list[Answer]:
        folder = "lists/" if name == "allocations" else ""
        return [self.answer(f"{folder}{name}-page-{number}") for number in (1, 2)]

    def waited(self, case: str) -> Waited:
        text = (RECORDINGS / "nomad" / "blocking-queries.json").read_text()
        call = json.loads(text)[WAITS.index(case)]
        wait = float(call["wait"].removesuffix("s"))
        found = None
        if "index_back" in call:
            found = Answer(call["status"], {"x-nomad-index": call["index_back"]}, None)
            asked = Answer(call["status"], {"x-nomad-index": str(call["index"])}, None)
            return Waited(wait, wait, asked, found)
        if call.get("equal_once_parsed"):
            same = Answer(200, {"x-nomad-index": "0"}, "the same")
            return Waited(wait, call["after_s"], same, same)
        return Waited(wait, call["after_s"])

    def stream(self, name: str) -> Stream:
        call = recorded(f"nomad/{name}.json")
        if "ended_by_server" in call:
            return Stream(
                call["status"], None, call["lines"] > 0, [], set(), call["ended_by_server"]
            )
        if "raw_answer_start" not in call:
            status = int(call["status_line"].split()[1])
            kinds = set(call["events"])
            return Stream(status, None, bool(kinds), call["indexes"], kinds, ended=False)
        head, _, body = call["raw_answer_start"].partition("\r\n\r\n")
        return Stream(
            *parsed_head(head),
            body.startswith("{}\n"),
            [],
            set(),
            call["closed_by_server"],
        )

    def story(self, case: str) -> Story:
        reads = {key: self.answer(name) for key, name in READS.get(case, {}).items()}
        streams = {key: self.stream(name) for key, name in STREAMS.get(case, {}).items()}
        if case == "placed":
            line = recorded("nomad/streams/stream-plan-result.json")["line"]
            return Story("", {}, lines=[(0.0, line)], recorded=True)
        if case in DIGESTED:
            return Story(DIGESTED[case], reads, digested(case), recorded=True)
        case = ALIASES.get(case, case)
        if case in WHOLE:
            node = WHOLE[case]
            found = steps(recorded_events(case), node)
            return Story(node, reads, found, _lines(case), recorded=True)
        return Story("", reads, streams=streams, recorded=True) if reads else cannot_say()

    def refused_connection(self) -> str:
        call = recorded("nomad/error-429-too-many-connections.json")
        return str(call["raw_answer_default_limit"])


def parsed_head(head: str) -> tuple[int, dict[str, str]]:
    """Status and headers, their names in lower case."""
    first, *rest = head.split("\r\n")
    fields = (line.partition(":") for line in rest if line)
    return int(first.split()[1]), {name.lower(): text.strip() for name, _, text in fields}


def _lines(case: str) -> list[tuple[float, dict[str, Any]]]:
    """All of the stream, from its first line on, in seconds since the action."""
    folder = RECORDINGS / "nomad"
    times = json.loads((folder / f"{case}-events.times.json").read_text())
    texts = (folder / f"{case}-events.ndjson").read_text().splitlines()
    return [(at - ACTION_AT, json.loads(text)) for at, text in zip(times, texts, strict=True)]
