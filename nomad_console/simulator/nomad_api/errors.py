"""Refusals with the words and statuses of Nomad's agents."""

from nomad_console.simulator.nomad.refusals import Refusal

UUID_LENGTH = 36
NO_LEADER_AFTER = 5.0  # seconds a server looks for a leader before it gives up


def no_path_to_region() -> Refusal:
    return Refusal(500, "No path to region")


def no_leader(*, through_client: bool) -> Refusal:
    return Refusal(500, f"{'rpc error: ' if through_client else ''}No cluster leader")


def invalid_method() -> Refusal:
    return Refusal(405, "Invalid method")


def need_uuid(kind: str, identity: str) -> None:
    """Whole UUIDs only: a prefix is no id."""
    if len(identity) != UUID_LENGTH:
        raise Refusal(
            500, f"rpc error: {kind} lookup failed: index error: UUID must be 36 characters"
        )
