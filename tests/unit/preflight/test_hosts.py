"""A host command that cannot be started."""

import msgspec

from nomad_console.domain.facts import Facts
from nomad_console.domain.finding import Level
from nomad_console.preflight.hosts import program_there
from tests.support.plans import a_case, a_plan, ids


def test_a_program_that_is_not_there_blocks_and_names_its_nodes() -> None:
    facts = Facts(unrunnable={"upgrade": "no such program in PATH"})
    case = a_case(1, 2, host_command=("upgrade", "{name}"), facts=facts)
    (finding,) = program_there(case)
    assert (finding.id, finding.level) == ("host-program:upgrade", Level.BLOCK)
    said = "the host command for c1, c2 cannot be started: no such program in PATH"
    assert finding.evidence == said
    assert "--host-command" in finding.cure
    plan = a_plan(1, 2, host_command=("upgrade", "{name}"), facts=facts)
    assert plan.blocked
    assert "host-program:upgrade" in ids(plan.findings)


def test_a_program_that_is_there_or_work_by_hand_is_no_finding() -> None:
    case = a_case(1, host_command=("upgrade", "{name}"))
    assert program_there(case) == []
    other = Facts(unrunnable={"other": "no such file"})
    options = msgspec.structs.replace(case.options, facts=other)
    assert program_there(case._replace(options=options)) == []
    assert program_there(a_case(1, facts=other)) == []
