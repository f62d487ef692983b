"""What a rule found before anything is touched."""

from enum import StrEnum

import msgspec


class Level(StrEnum):
    """BLOCK stops a plan, ACK needs the operator's word, WARN warns, INFO says what to expect."""

    BLOCK = "BLOCK"
    ACK = "ACK"
    WARN = "WARN"
    INFO = "INFO"


class Finding(msgspec.Struct, frozen=True):
    """`id` is stable: rule and subject, for example `count-one:default/solo/solo`."""

    id: str
    level: Level
    subject: str
    evidence: str
    cure: str
