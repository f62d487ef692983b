"""The programs behind the API: agents, servers, and who we are to them."""

from datetime import datetime

import msgspec


class Agent(msgspec.Struct, frozen=True):
    """One agent about itself. `max_kill_timeout_s` None: it does not run tasks."""

    name: str
    version: str
    region: str
    datacenter: str
    server: bool
    client: bool
    address: str
    max_kill_timeout_s: float | None = None


class Server(msgspec.Struct, frozen=True):
    """A member of the server gossip pool; `status` alive, failed, left or leaving."""

    name: str
    address: str
    version: str
    status: str
    region: str
    datacenter: str


class Token(msgspec.Struct, frozen=True):
    """`accessor` is "anonymous" without a token, "acls-disabled" where there are no ACLs."""

    accessor: str
    name: str
    type: str  # client or management
    policies: tuple[str, ...]
    expires_at: datetime | None
    roles: bool = False  # it has more policies than those named here

    @property
    def management(self) -> bool:
        """May do everything: by its type, or because nothing is asked."""
        return self.type == "management" or self.accessor == "acls-disabled"
