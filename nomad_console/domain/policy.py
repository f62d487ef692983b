"""The console's own waits; nothing of the cluster's is in here."""

import msgspec


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds. Shown in the plan where it is not the default.

    `edge_margin_s` is what a well-set service's shutdown_delay has over the edge's notice, and
    `deadline_least_s` the shortest deadline that is not asked for. The `expect_*_s` are what the
    forecast takes for granted: the drainer's and one more look of ours, the stop and the start of
    a task, a first verdict of health where no job says, the restart of an agent, a registration
    with a balancer.

    The detach floors: an ALB was seen sending for 17 to 25 s after a deregistration, network load
    balancers for two to three minutes, whatever the delay (aws-load-balancer-controller issues
    1064, 1834, 2366).
    """

    detach_floor_s: float = 30.0
    detach_floor_nlb_s: float = 180.0
    settle_s: float = 15.0
    bake_s: float = 30.0
    poll_fast_s: float = 2.0
    poll_slow_s: float = 10.0
    stall_s: float = 60.0
    edge_margin_s: float = 1.0
    deadline_least_s: float = 600.0
    expect_tick_s: float = 1.0
    expect_look_s: float = 2.0
    expect_stop_s: float = 2.0
    expect_start_s: float = 3.0
    expect_healthy_s: float = 10.0
    expect_restart_s: float = 10.0
    expect_register_s: float = 10.0
