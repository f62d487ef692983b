"""The waits hold the lower bounds that were measured."""

import msgspec
import pytest

from nomad_console.domain.policy import Policy


def test_the_defaults_keep_a_node_until_the_balancer_has_let_go() -> None:
    policy = Policy()
    assert policy.detach_floor_s >= 25
    assert policy.detach_floor_nlb_s >= 180
    assert policy.poll_fast_s < policy.poll_slow_s


def test_a_wait_that_does_not_exist_is_a_mistake() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"setle_s": 3}, Policy)
    assert msgspec.convert({"settle_s": 3}, Policy).settle_s == 3
