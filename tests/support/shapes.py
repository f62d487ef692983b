"""The shape of JSON: which keys its structs have, always or sometimes, and of which types."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

MAPS = {
    "Attributes",
    "Constraints",
    "Details",
    "Config",
    "Drivers",
    "DesiredTGUpdates",
    "Env",
    "FailedTGAllocs",
    "Links",
    "Meta",
    "NodesAvailable",
    "Options",
    "QueuedAllocations",
    "Scores",
    "Summary",
    "TaskGroups",
    "TaskLifecycles",
    "TaskResources",
    "TaskStates",
    "Tasks",
    "client",
    "nomad",
    "raft",
    "runtime",
    "serf",
}
FREE = {"Attributes", "Config", "Env", "Links", "Meta", "Options"}  # anything may be inside


@dataclass
class Shape:
    """Of all the values seen at one place."""

    seen: int = 0
    types: set[str] = field(default_factory=set)
    structs: int = 0
    keys: dict[str, "Shape"] = field(default_factory=dict)
    items: "Shape | None" = None  # of lists and of maps

    def add(self, value: Any, name: str = "") -> "Shape":
        self.seen += 1
        if isinstance(value, dict) and name in MAPS:
            self.types.add("map")
            if name not in FREE:
                self._items(value.values())
        elif isinstance(value, dict):
            self.types.add("struct")
            self.structs += 1
            for key, inner in value.items():
                self.keys.setdefault(key, Shape()).add(inner, key)
        elif isinstance(value, list):
            self.types.add("list")
            self._items(value)
        else:
            self.types.add("null" if value is None else type(value).__name__)
        return self

    def _items(self, values: Any) -> None:
        self.items = self.items or Shape()
        for value in values:
            self.items.add(value)

    def always(self) -> set[str]:
        return {key for key, inner in self.keys.items() if inner.seen == self.structs}


def differences(recorded: Shape, simulated: Shape, at: str = "") -> Iterator[str]:
    """What the simulator does that was never recorded, and what it always should and does not."""
    known = recorded.types - {"null"}
    if known:
        for kind in simulated.types - {"null"} - known:
            yield f"{at}: {kind}, recorded as {'/'.join(sorted(known))}"
        if "null" in simulated.types - recorded.types and not known & {"list", "map", "struct"}:
            yield f"{at}: null, recorded as {'/'.join(sorted(known))}"
    if recorded.structs and simulated.structs:
        for key in sorted(recorded.always() - simulated.always()):
            yield f"{at}.{key}: always recorded, lacking"
        for key in sorted(simulated.keys.keys() - recorded.keys.keys()):
            yield f"{at}.{key}: never recorded"
        for key in sorted(simulated.keys.keys() & recorded.keys.keys()):
            yield from differences(recorded.keys[key], simulated.keys[key], f"{at}.{key}")
    if recorded.items and simulated.items:
        yield from differences(recorded.items, simulated.items, f"{at}[]")
