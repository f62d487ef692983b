"""What happened, for whoever on the screen is concerned."""

from dataclasses import dataclass

from textual.message import Message

from nomad_console.domain.plan import Plan


@dataclass
class UpgradeAsked(Message):
    """The operator wants these nodes upgraded, in this order."""

    node_ids: tuple[str, ...]


@dataclass
class RunAsked(Message):
    """The operator takes up this plan; `takeover`: another run's lock may be taken over."""

    plan: Plan
    takeover: bool = False


@dataclass
class RunUnfinished(Message):
    """The operator wants to see the run that nobody conducts any more."""


@dataclass
class ResumeAsked(Message):
    """The operator goes on with an unfinished run; `restore`: puts back what it changed."""

    run_id: str
    restore: bool = False
    takeover: bool = False


@dataclass
class ReportAsked(Message):
    """The operator wants to read what the run did."""


@dataclass
class DetailAsked(Message):
    """The operator wants to look into one thing; `kind` as in rendering.links, or job, group."""

    kind: str
    key: object


@dataclass
class Said(Message):
    """A word to the operator, shown for a few seconds."""

    text: str
    bad: bool = False
