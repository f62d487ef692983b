"""Which keys of two maps differ, by identity first: snapshots share what did not change."""

from collections.abc import Mapping
from typing import Any


def differing(old: Mapping[Any, Any], new: Mapping[Any, Any]) -> set[Any]:
    if old is new:
        return set()
    changed = {key for key, value in new.items() if old.get(key) is not value}
    if len(old) + len(changed) != len(new):
        changed.update(key for key in old if key not in new)
    return changed
