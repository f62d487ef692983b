"""The host step's command line: placeholders filled with a node's values, never a shell."""

import re
from collections.abc import Mapping, Sequence

from nomad_console.domain.text import printable

PLACEHOLDERS = ("name", "address", "instance_id", "version")
_FIELD = re.compile(r"\{(\w*)\}")
_SAFE = re.compile(r"[\w.:/@+%~=,][\w.:/@+%~=,-]*", re.ASCII)


class HostCommandError(Exception):
    """The command cannot be run as it is written; the text says what would be right."""


def filled(template: Sequence[str], values: Mapping[str, str]) -> tuple[str, ...]:
    """The command for one node.

    A value stays within its argument. One that is empty, holds a space, or could be read as an
    option is refused with HostCommandError: names come from the cluster.
    """

    def fill(found: re.Match[str]) -> str:
        name = found[1]
        if name not in PLACEHOLDERS:
            known = " ".join(f"{{{one}}}" for one in PLACEHOLDERS)
            raise HostCommandError(f"{{{name}}} is unknown; there are {known}")
        value = values.get(name, "")
        if not _SAFE.fullmatch(value):
            said = f'"{printable(value)}" is not safe as an argument' if value else "is not known"
            raise HostCommandError(f"{{{name}}} of this node {said}")
        return value

    return tuple(_FIELD.sub(fill, word) for word in template)
