"""`preflight`: what stands against upgrading nodes."""

import argparse
import asyncio
import json
from typing import Any

from nomad_console.cli.plan import columns, plan_of
from nomad_console.cli.planning import code_of
from nomad_console.domain.plan import Plan
from nomad_console.tui.rendering.text import plain
from nomad_console.tui.rendering.upgrade_plan import finding_lines, verdict


def run(options: argparse.Namespace) -> int:
    plan = asyncio.run(plan_of(options))
    if options.json:
        print(json.dumps(document(plan), indent=1))
    else:
        print(*map(plain, (*finding_lines(plan, columns()), verdict(plan))), sep="\n")
    return code_of(plan)


def document(plan: Plan) -> dict[str, Any]:
    return {
        "nodes": [{"id": node.node_id, "name": node.name} for node in plan.nodes],
        "target_version": plan.target_version,
        "blocked": plan.blocked,
        "findings": [
            {
                "id": one.id,
                "level": one.level,
                "subject": one.subject,
                "evidence": one.evidence,
                "cure": one.cure,
            }
            for one in plan.findings
        ],
    }
