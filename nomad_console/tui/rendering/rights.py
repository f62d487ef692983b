"""What our tokens may do: on a page, in the header, and as reasons of keys that do nothing."""

from collections.abc import Mapping
from typing import NamedTuple

from nomad_console.domain.backend import listed, tried, tried_words
from nomad_console.domain.rights import (
    DESCRIBE,
    LIFECYCLE,
    NODE_WRITE,
    READ_JOBS,
    Credential,
    Verdict,
)
from nomad_console.domain.snapshot import ClusterSnapshot, SourceName, SourceState
from nomad_console.domain.text import duration
from nomad_console.tui.rendering.columns import At
from nomad_console.tui.rendering.document import Entry, fact
from nomad_console.tui.rendering.text import NOTHING, UNKNOWN, Cell, Tone

_NEEDS = {
    NODE_WRITE: (
        *("upgrade", "begin", "resume", "restore", "go_on"),
        *("freeze", "freeze_and_leave", "extend", "batch_wait"),
    ),
    LIFECYCLE: ("batch_stop",),
}
_WORDS = {Verdict.YES: "yes", Verdict.NO: "NO", Verdict.UNPROVEN: "unproven"}
_TONES = {Verdict.YES: Tone.GOOD, Verdict.NO: Tone.BAD, Verdict.UNPROVEN: Tone.WARN}


class Refusal(NamedTuple):
    """`word` stands beside a key, `told` answers it."""

    word: str
    told: str


def refusals(snapshot: ClusterSnapshot) -> Mapping[str, Refusal]:
    """The actions that Nomad's token may not do. What is not proven is not refused."""
    held = snapshot.credential(SourceName.NOMAD)
    found: dict[str, Refusal] = {}
    for name, actions in _NEEDS.items():
        right = held.right(name)
        if right is None or right.verdict is not Verdict.NO:
            continue
        told = f"the {held.who} has no {name} ({right.because})"
        one = Refusal(f"no {name}", told)
        if held.trouble:
            one = Refusal("token refused", f"{held.trouble}: {held.cure}")
        found |= dict.fromkeys(actions, one)
    return found


def mode_word(snapshot: ClusterSnapshot) -> Cell | None:
    """What the header says instead of `interactive`; None where nothing is known to be refused."""
    held = snapshot.credential(SourceName.NOMAD)
    if held.trouble:
        return Cell("TOKEN REFUSED", Tone.BAD)
    return Cell("token cannot write", Tone.WARN) if held.may(NODE_WRITE) is Verdict.NO else None


def rights_entries(at: At) -> list[Entry]:
    """Each backend's credential with every right that the console uses."""
    found: list[Entry] = []
    for name in SourceName:
        held = at.snapshot.rights.get(name)
        if held is None:
            found.append(fact(name, NOTHING))
        elif held.pending:
            found.append(fact(name, UNKNOWN))
        else:
            found += _held(at, name, held)
        found += _backend(at, name)
    return found


def _backend(at: At, name: str) -> list[Entry]:
    """Which version answers, and what the console does in another way there."""
    backend = at.snapshot.backend(name)
    entries = []
    if backend.version:
        doubt = "" if tried(name, backend.version) else f"not tried: {tried_words(name)}"
        entries.append(_plain("version", backend.version, doubt))
    if backend.lacks:
        entries.append(_plain("missing", listed(backend.lacks), "done in another way"))
    return entries


def _held(at: At, name: str, held: Credential) -> list[Entry]:
    entries = [fact(name, Cell(held.who, Tone.STRONG), *_ends(at, held))]
    if held.trouble:
        return [*entries, fact("", Cell(held.trouble, Tone.BAD)), fact("", Cell(held.cure))]
    entries += [_right(one.name, one.verdict, one.because) for one in held.rights]
    if name == SourceName.NOMAD:
        every = at.snapshot.every_namespace
        verdict = Verdict.UNPROVEN if every is None else Verdict.YES if every else Verdict.NO
        seen = ", ".join(at.snapshot.namespaces) or "none"
        entries.append(_right(READ_JOBS, verdict, f"it sees {seen}"))
    if name == SourceName.ALB:
        source = at.snapshot.source(name)
        refused = source.state is SourceState.REFUSED
        verdict = (
            Verdict.NO if refused else Verdict.UNPROVEN if source.true_at is None else Verdict.YES
        )
        entries.append(_right(DESCRIBE, verdict, source.state))
    return entries


def _right(name: str, verdict: Verdict, because: str) -> Entry:
    word = Cell(f"{_WORDS[verdict]:<9}", _TONES[verdict])
    return fact("", word, Cell(name), Cell(f"  {because}", Tone.DIM))


def _plain(word: str, text: str, remark: str) -> Entry:
    return fact("", Cell(f"{word:<9}", Tone.DIM), Cell(text), Cell(f"  {remark}", Tone.DIM))


def _ends(at: At, held: Credential) -> tuple[Cell, ...]:
    if held.expires_at is None:
        return ()
    left = (held.expires_at - at.now).total_seconds()
    return (Cell(f", ends in {duration(left)}", Tone.WARN),) if left > 0 else ()
