"""AWS's XML, and the flat forms it takes (query protocol)."""

import re
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

# characters that XML 1.0 has no way to write
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Value = Any  # text, number, bool, None, list or mapping of such


def render(name: str, value: Value) -> str:
    """Lists become <member>s, None nothing at all."""
    if value is None:
        return ""
    return f"<{name}>{_inner(value)}</{name}>"


def _inner(value: Value) -> str:
    if isinstance(value, Mapping):
        return "".join(render(key, inner) for key, inner in value.items())
    if isinstance(value, list):
        return "".join(render("member", inner) for inner in value)
    if isinstance(value, bool):
        return str(value).lower()
    return escape(_FORBIDDEN.sub("\ufffd", str(value)))


def success(action: str, result: Mapping[str, Value], namespace: str, request_id: str) -> str:
    body = render(f"{action}Result", result) + render("ResponseMetadata", {"RequestId": request_id})
    return f'<{action}Response xmlns="{namespace}">{body}</{action}Response>'


def failure(code: str, message: str, status: int, namespace: str, request_id: str) -> str:
    kind = "Sender" if status < 500 else "Receiver"  # noqa: PLR2004 — HTTP's border of the two
    error = render("Error", {"Type": kind, "Code": code, "Message": message})
    return (
        f'<ErrorResponse xmlns="{namespace}">{error}{render("RequestId", request_id)}'
        "</ErrorResponse>"
    )


def texts(form: Mapping[str, str], key: str) -> list[str]:
    """`Names.member.1=a&Names.member.2=b` as a list, in order."""
    found = {
        int(rest): value
        for name, value in form.items()
        if name.startswith(f"{key}.member.") and (rest := name.split(".")[2]).isdigit()
    }
    return [value for _, value in sorted(found.items())]


def structures(form: Mapping[str, str], key: str) -> list[dict[str, str]]:
    """`Targets.member.1.Id=a&Targets.member.1.Port=80` as a list of mappings, in order."""
    found: dict[int, dict[str, str]] = {}
    for name, value in form.items():
        parts = name.split(".")
        if name.startswith(f"{key}.member.") and len(parts) == 4 and parts[2].isdigit():  # noqa: PLR2004 — key, member, number, field
            found.setdefault(int(parts[2]), {})[parts[3]] = value
    return [value for _, value in sorted(found.items())]
