"""What a server turned out not to do, found by asking it."""

from collections.abc import Callable

from nomad_console.domain.backend import Lack


class Lacks:
    """A follower is told each lack once, those found before included."""

    def __init__(self) -> None:
        self.found: frozenset[Lack] = frozenset()
        self._followers: list[Callable[[Lack], None]] = []

    def __contains__(self, lack: Lack) -> bool:
        return lack in self.found

    def add(self, lack: Lack) -> None:
        if lack not in self.found:
            self.found |= {lack}
            for follower in self._followers:
                follower(lack)

    def follow(self, follower: Callable[[Lack], None]) -> None:
        self._followers.append(follower)
        for lack in sorted(self.found):
            follower(lack)
