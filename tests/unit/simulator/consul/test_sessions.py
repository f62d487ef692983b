import pytest

from nomad_console.simulator.consul.sessions import SessionRefused, WantedSession
from tests.support.consul_world import ConsulWorld


def test_a_session_lives_twice_its_ttl_and_renewing_starts_again() -> None:
    world = ConsulWorld()
    session_id = world.sessions.create(WantedSession(ttl="10s"), "s1")
    world.step(19.9)
    assert world.sessions.renew(session_id) is not None
    world.step(19.9)
    assert session_id in world.sessions.rows
    world.step(0.2)
    assert session_id not in world.sessions.rows
    assert world.sessions.renew(session_id) is None


def test_a_session_without_ttl_stays() -> None:
    world = ConsulWorld()
    session_id = world.sessions.create(WantedSession(), "s1")
    world.step(100_000)
    assert session_id in world.sessions.rows
    assert world.sessions.listed("s1") == world.sessions.listed()
    assert world.sessions.listed("c1") == []


def test_a_session_ends_with_its_node() -> None:
    world = ConsulWorld()
    session_id = world.sessions.create(WantedSession(node="c1"), "s1")
    world.catalog.machine_down("c1")
    world.step(11)
    assert session_id not in world.sessions.rows
    with pytest.raises(SessionRefused, match="critical state"):
        world.sessions.create(WantedSession(node="c1"), "s1")


def test_a_session_without_checks_outlives_a_failure_of_its_node() -> None:
    world = ConsulWorld()
    session_id = world.sessions.create(WantedSession(node="c1", checks=()), "s1")
    world.catalog.machine_down("c1")
    world.step(11)
    assert session_id in world.sessions.rows
    assert world.sessions.create(WantedSession(node="c1", checks=()), "s1")


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (
            WantedSession(ttl="1s"),
            r"Invalid Session TTL '1000000000', must be between \[10s=24h0m0s\]",
        ),
        (WantedSession(ttl="x"), "invalid duration"),
        (WantedSession(behavior="x"), "Invalid Behavior setting 'x'"),
        (WantedSession(node="c9"), "Missing node registration"),
    ],
)
def test_what_consul_does_not_take(wanted: WantedSession, words: str) -> None:
    with pytest.raises(SessionRefused, match=words):
        ConsulWorld().sessions.create(wanted, "s1")


def test_an_id_that_is_no_uuid_is_refused() -> None:
    with pytest.raises(SessionRefused, match="UUID must be 36 characters"):
        ConsulWorld().sessions.get("abc")
