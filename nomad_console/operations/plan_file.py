"""A plan kept in a file, and whether it still fits the cluster."""

from pathlib import Path

import msgspec

from nomad_console.domain.plan import Plan, PlanOptions
from nomad_console.operations.calls import chain


class PlanFileError(Exception):
    """A file that holds no plan; the text names it and says why."""


def write(plan: Plan, path: Path) -> None:
    """OSError where it cannot be written."""
    path.write_text(document(plan) + "\n", encoding="utf-8")


def document(plan: Plan) -> str:
    return msgspec.json.format(msgspec.json.encode(plan), indent=1).decode()


def read(path: Path) -> Plan:
    try:
        plan = msgspec.json.decode(path.read_bytes(), type=Plan)
    except OSError as error:
        raise PlanFileError(f"cannot read the plan {path}: {error}") from error
    except msgspec.MsgspecError as error:
        raise PlanFileError(f"{path} holds no plan: {error}") from error
    if not plan.nodes:
        raise PlanFileError(f"the plan in {path} has no node")
    return plan


def options_of(plan: Plan, usual: PlanOptions) -> PlanOptions:
    """What makes the same plan again; what only the settings know stays as usual."""
    return msgspec.structs.replace(
        usual,
        run_id=plan.run_id,
        target_version=plan.target_version,
        system=plan.system,
        deadline_s=plan.deadline_s if plan.deadline_asked else None,
        bake_s=plan.bake_s,
        host_command=plan.host_command,
        policy=plan.policy,
        cordon_selection=plan.cordon_selection,
        batch=plan.batch,
    )


def differences(kept: Plan, fresh: Plan) -> tuple[str, ...]:
    """What the fresh plan would do otherwise: calls that are new, or not needed any more."""
    found = []
    for node in kept.nodes:
        listed = [one for one in fresh.nodes if one.node_id == node.node_id]
        if not listed:
            found.append(f"{node.name} is not listed any more")
            continue
        now = listed[0]
        if (node.version, node.instance_id) != (now.version, now.instance_id):
            found.append(f"{node.name} was {node.version}, is {now.version} {now.instance_id}")
        old, new = (chain(_in_turn(plan), one) for plan, one in ((kept, node), (fresh, now)))
        found += [f"no longer: {call.words}" for call in old if call not in new]
        found += [f"now also: {call.words}" for call in new if call not in old]
    if kept.cordon_selection != fresh.cordon_selection:
        how = "all at once" if fresh.cordon_selection else "one by one"
        found.append(f"its nodes would now be made ineligible {how}")
    return tuple(found)


def _in_turn(plan: Plan) -> Plan:
    """Each node with the calls that are about it, whenever they are made."""
    return msgspec.structs.replace(plan, cordon_selection=False)
