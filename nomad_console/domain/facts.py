"""What is asked for one plan because no feed follows it: of agents, the token, Auto Scaling."""

from collections.abc import Mapping
from datetime import datetime

import msgspec


class ScalingInstance(msgspec.Struct, frozen=True):
    """An instance as its Auto Scaling group sees it; the group's own settings are not in it."""

    instance_id: str
    group: str
    lifecycle: str  # InService, Standby, Terminating, …
    health: str  # Healthy, Unhealthy


class Facts(msgspec.Struct, frozen=True):
    """`pending` while the answers are awaited. What is absent was not answered.

    `kill_caps`: node id -> its client's max_kill_timeout in seconds; `silent`: node id -> why its
    agent did not answer. `token_expires_at` None: never, or not known. `scaling` holds those of
    `scaling_asked` (instance ids) that are in a group; `scaling_unknown`: why AWS was not heard.
    `unrunnable`: program of a host command -> why this machine cannot start it.
    """

    pending: bool = False
    kill_caps: Mapping[str, float] = {}
    silent: Mapping[str, str] = {}
    token_expires_at: datetime | None = None
    scaling: Mapping[str, ScalingInstance] = {}
    scaling_asked: frozenset[str] = frozenset()
    scaling_unknown: str = ""
    unrunnable: Mapping[str, str] = {}
