"""The console's own waits; nothing of the cluster's is in here."""

import msgspec


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds. Shown in the plan where it is not the default.

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
