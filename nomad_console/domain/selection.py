"""Nodes as they are named on a command line: by name, id prefix, or field=value."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches

from nomad_console.domain.names import natural
from nomad_console.domain.node import Node
from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.domain.text import printable

MIN_PREFIX = 4  # shorter words are mistyped names more often than ids
_SHOWN = 5
_ALL = 20  # nodes of which every name is shown
_HEX = set("0123456789abcdef-")
_META = "meta."
_FIELDS: Mapping[str, Callable[[Node], str]] = {
    "class": lambda node: node.node_class,
    "pool": lambda node: node.pool,
    "datacenter": lambda node: node.datacenter,
    "version": lambda node: node.version,
}


class SelectionError(Exception):
    """A word names no node, or more than it may; the text says what would be right."""


def needs_details(words: Sequence[str]) -> bool:
    """Whether a word asks for what only a node's own page tells."""
    return any(word.startswith(_META) and "=" in word for word in words)


def chosen(snapshot: ClusterSnapshot, words: Sequence[str]) -> tuple[str, ...]:
    """The ids of the nodes that the words name, in the words' order, each once.

    Nodes of one field=value come by name. SelectionError names every word that is no use.
    """
    found: dict[str, None] = {}
    refused = []
    for word in words:
        try:
            found.update(dict.fromkeys(node.id for node in _named(snapshot, word)))
        except SelectionError as error:
            refused.append(str(error))
    if refused:
        raise SelectionError("; ".join(refused))
    return tuple(found)


def _named(snapshot: ClusterSnapshot, word: str) -> list[Node]:
    nodes = snapshot.nodes.values()
    same = [node for node in nodes if node.name == word]
    if not same and "=" in word:
        return _by_field(snapshot, *word.split("=", 1))
    if not same and len(word) >= MIN_PREFIX:
        same = [node for node in nodes if node.id.startswith(word.lower())]
    if len(same) > 1:
        which = _few([f"{node.name} ({node.id[:8]})" for node in _in_order(same)])
        raise SelectionError(f'"{printable(word)}" could be any of {which}: give more of its id')
    if not same:
        raise SelectionError(f'no node "{printable(word)}"{_nearest(snapshot, word)}')
    return same


def _nearest(snapshot: ClusterSnapshot, word: str) -> str:
    """All names where they are few, else those like it; the rule, where it may be a short id."""
    short = len(word) < MIN_PREFIX and set(word.lower()) <= _HEX
    rule = f"; the beginning of an id has {MIN_PREFIX} characters or more" if short else ""
    names = {node.name.lower(): node.name for node in snapshot.nodes.values()}
    if len(names) <= _ALL:
        every = ", ".join(printable(one) for one in sorted(names.values(), key=natural))
        return f"; there are {every or 'none'}{rule}"
    near = get_close_matches(word.lower(), names, n=_SHOWN, cutoff=0.4)
    like = f"; like it {_few([names[one] for one in near])}" if near else ""
    return f" among {len(snapshot.nodes)}{like}{rule}"


def _by_field(snapshot: ClusterSnapshot, field: str, value: str) -> list[Node]:
    values = dict(_values(snapshot, field))
    found = [snapshot.nodes[key] for key, text in values.items() if text == value]
    if not found:
        known = sorted({text for text in values.values() if text}, key=natural)
        there = f"it is {_few(known)}" if known else "no node has it"
        raise SelectionError(f"no node with {printable(f'{field}={value}')}: {there}")
    return _in_order(found)


def _values(snapshot: ClusterSnapshot, field: str) -> Iterator[tuple[str, str]]:
    """Every node's value of the field; SelectionError where there is no such field."""
    key = field.removeprefix(_META)
    read = _FIELDS.get(field)
    if read is None and (key == field or not key):
        known = " ".join([*_FIELDS, "meta.KEY"])
        raise SelectionError(f'"{printable(field)}" is no field of a node; there are {known}')
    unread = [node for node in snapshot.nodes.values() if node.id not in snapshot.details]
    if read is None and unread:
        raise SelectionError(f"{printable(field)} of {len(unread)} nodes is not read yet")
    for node in snapshot.nodes.values():
        yield node.id, read(node) if read else snapshot.details[node.id].meta.get(key, "")


def _in_order(nodes: list[Node]) -> list[Node]:
    return sorted(nodes, key=lambda node: (natural(node.name), node.id))


def _few(names: list[str]) -> str:
    more = len(names) - _SHOWN
    shown = ", ".join(printable(name) for name in names[:_SHOWN])
    return shown + (f" and {more} more" if more > 0 else "")
