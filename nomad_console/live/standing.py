"""What each backend turned out to be, and what we are to it."""

from collections.abc import Callable

import msgspec

from nomad_console.domain.backend import Backend, Lack
from nomad_console.domain.rights import Credential, Verdict
from nomad_console.domain.snapshot import SourceName


class Standing:
    """Maps that are never changed once handed out: a difference brings another."""

    def __init__(self, touched: Callable[[], None]) -> None:
        self.rights: dict[str, Credential] = {}
        self.backends: dict[str, Backend] = {}
        self._every_namespace: bool | None = None
        self._touched = touched

    @property
    def every_namespace(self) -> bool | None:
        """What the event stream showed; where there is none, what the token's record says."""
        held = self.rights.get(SourceName.NOMAD)
        streamless = self.lacks(SourceName.NOMAD, Lack.EVENT_STREAM)
        if self._every_namespace is not None or not streamless:
            return self._every_namespace
        return None if held is None or held.pending else held.everywhere is Verdict.YES

    def put_every_namespace(self, *, readable: bool | None) -> None:
        """Whether the token was seen to read all namespaces, those nobody told it of included.

        None where no stream can show it.
        """
        if readable != self._every_namespace:
            self._every_namespace = readable
            self._touched()

    def put_rights(self, name: SourceName, credential: Credential) -> None:
        if self.rights.get(name) != credential:
            self.rights = {**self.rights, name: credential}
            self._touched()

    def await_backend(self, name: SourceName) -> None:
        self._put(name, Backend(pending=True))

    def put_version(self, name: SourceName, version: str) -> None:
        """Of the agent that answers us; "" where it does not say."""
        known = self.backends.get(name, Backend())
        self._put(name, msgspec.structs.replace(known, version=version, pending=False))

    def put_lack(self, name: SourceName, lack: Lack, *, lacking: bool = True) -> None:
        """What the console would use there, and found missing; or found, after all."""
        known = self.backends.get(name, Backend())
        lacks = known.lacks | {lack} if lacking else known.lacks - {lack}
        self._put(name, msgspec.structs.replace(known, lacks=lacks))

    def lacks(self, name: SourceName, lack: Lack) -> bool:
        return lack in self.backends.get(name, Backend()).lacks

    def _put(self, name: SourceName, backend: Backend) -> None:
        if self.backends.get(name) != backend:
            self.backends = {**self.backends, name: backend}
            self._touched()
