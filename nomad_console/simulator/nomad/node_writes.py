"""Writes to a node that operators ask for: eligibility, drain, evaluation, purge.

Drain and eligibility as nomad/node_endpoint.go and state_store.go have them, refusals included.
"""

from nomad_console.simulator.nomad.core import Core, seconds_of
from nomad_console.simulator.nomad.evaluations import Evaluations
from nomad_console.simulator.nomad.heartbeats import Heartbeats
from nomad_console.simulator.nomad.nodes import node_event, with_event
from nomad_console.simulator.nomad.refusals import Refusal
from nomad_console.simulator.nomad.state import Row

ANONYMOUS = "acls-disabled"  # the accessor of everybody while access control is off


class NodeWrites:
    """Each method is one call of Nomad's API and returns its answer."""

    def __init__(self, core: Core, evaluations: Evaluations, heartbeats: Heartbeats) -> None:
        self._core = core
        self._evaluations = evaluations
        self._heartbeats = heartbeats

    def set_eligibility(self, node_id: str, eligibility: str) -> Row:
        """What changes nothing is answered with index 0 and leaves no event behind."""
        if eligibility not in {"eligible", "ineligible"}:
            raise Refusal(500, f'rpc error: invalid scheduling eligibility "{eligibility}"')
        node = self._node(node_id)
        if node["DrainStrategy"] is not None and eligibility == "eligible":
            raise Refusal(
                500,
                "rpc error: can not set node's scheduling eligibility to eligible "
                "while it is draining",
            )
        if node["SchedulingEligibility"] == eligibility:
            return _answer([], 0, 0)
        change = self._core.state.change("NodeEligibility")
        text = f"Node marked as {eligibility} for scheduling"
        event = node_event(self._core, change.index, text, "Cluster")
        new = with_event(
            node, event, SchedulingEligibility=eligibility, StatusUpdatedAt=self._core.now_s()
        )
        change.put("nodes", new)
        index = self._core.state.write(change)
        rows = self._heartbeats.evaluate(new) if eligibility == "eligible" else []
        return _answer(rows, index, 0)

    def set_drain(
        self,
        node_id: str,
        spec: Row | None,
        *,
        mark_eligible: bool = False,
        meta: dict[str, str] | None = None,
        actor: str = ANONYMOUS,
    ) -> Row:
        """`spec`: {"Deadline": ns, "IgnoreSystemJobs": bool}, None to cancel.

        A drain takes eligibility away in the same write; only a cancelled one may give it back.
        """
        node = self._node(node_id)
        change = self._core.state.change("NodeDrain")
        strategy = _strategy(self._core, node, spec)
        last = _last_drain(node, spec, meta, actor, self._core.stamp_s())
        if spec is not None:
            message = "updated" if node["DrainStrategy"] is not None else "set"
            text, eligibility = f"Node drain strategy {message}", "ineligible"
        else:
            text = "Node drain disabled"
            eligibility = "eligible" if mark_eligible else node["SchedulingEligibility"]
        event = node_event(self._core, change.index, text, "Drain")
        new = with_event(
            node,
            event,
            Drain=strategy is not None,
            DrainStrategy=strategy,
            LastDrain=last,
            SchedulingEligibility=eligibility,
            StatusUpdatedAt=self._core.now_s(),
        )
        change.put("nodes", new)
        index = self._core.state.write(change)
        became = eligibility == "eligible" != node["SchedulingEligibility"]
        return _answer(self._heartbeats.evaluate(new) if became else [], index, index)

    def evaluate(self, node_id: str) -> Row:
        rows = self._heartbeats.evaluate(self._node(node_id))
        return _wide_answer(rows, self._core.state.index, 0)

    def purge(self, node_id: str) -> Row:
        """The row goes, with its LastDrain and eligibility; its allocations are lost."""
        node = self._node(node_id)
        state = self._core.state
        change = state.change("NodeDeregistration")
        change.remove("nodes", node_id)
        index = state.write(change)
        rows = self._heartbeats.evaluate({**node, "ModifyIndex": index})
        return _wide_answer(rows, index, index)

    def _node(self, node_id: str) -> Row:
        node = self._core.state.nodes.get(node_id)
        if node is None:
            raise Refusal(500, "rpc error: node not found")  # not 404: the servers refuse it
        return node


def _strategy(core: Core, node: Row, spec: Row | None) -> Row | None:
    """A second call keeps StartedAt, but its deadline counts anew from now."""
    if spec is None:
        return None
    before = node["DrainStrategy"]
    deadline = spec["Deadline"]
    return {
        "Deadline": deadline,
        "ForceDeadline": core.stamp(seconds_of(deadline)) if deadline > 0 else None,
        "IgnoreSystemJobs": bool(spec.get("IgnoreSystemJobs")),
        "StartedAt": before["StartedAt"] if before is not None else core.stamp(),
    }


def _last_drain(
    node: Row, spec: Row | None, meta: dict[str, str] | None, actor: str, stamp: str
) -> Row | None:
    """A later call's Meta replaces the start's only where it is not empty."""
    before: Row | None = node["LastDrain"]
    accessor = f"token:{actor}"
    if node["DrainStrategy"] is None:
        if spec is None:
            return before
        return {
            "AccessorID": accessor,
            "Meta": meta or None,
            "StartedAt": stamp,
            "Status": "draining",
            "UpdatedAt": stamp,
        }
    return {
        **(before or {}),
        "AccessorID": accessor,
        "Meta": meta or (before or {}).get("Meta"),
        "Status": "canceled" if spec is None else "draining",
        "UpdatedAt": stamp,
    }


def _answer(rows: list[Row], index: int, node_index: int) -> Row:
    return {
        "EvalCreateIndex": rows[0]["CreateIndex"] if rows else 0,
        "EvalIDs": [row["ID"] for row in rows] or None,
        "Index": index,
        "NodeModifyIndex": node_index,
    }


def _wide_answer(rows: list[Row], index: int, node_index: int) -> Row:
    """Nomad answers these with the struct of a node's registration (NodeUpdateResponse)."""
    return {
        **_answer(rows, index, node_index),
        "Features": 0,
        "HeartbeatTTL": 0,
        "KnownLeader": False,
        "LastContact": 0,
        "LeaderRPCAddr": "",
        "NextToken": "",
        "NumNodes": 0,
        "SchedulingEligibility": "",
        "Servers": None,
        "SignedIdentity": None,
    }
