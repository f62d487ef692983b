"""The trimmed recordings of real answers."""

import json
from typing import Any

RECORDINGS = Path(__file__).parent.parent / "recordings"


def recorded(name: str) -> dict[str, Any]:
    """One call: request, status, headers, body."""
    call: dict[str, Any] = json.loads((RECORDINGS / name).read_text(encoding="utf-8"))
    return call


def recorded_body(name: str) -> Any:
    return recorded(name)["body"]
