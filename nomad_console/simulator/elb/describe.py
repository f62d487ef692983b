"""Balancers, groups, listeners, rules and targets as AWS describes them.

All that a console reads and boto3 must find; what no scenario can change is a constant.
"""

from nomad_console.simulator.elb.model import Balancer, TargetHealth
from nomad_console.simulator.elb.settings import Listener, LoadBalancer, Rule, TargetGroup
from nomad_console.simulator.elb.xml import Value

Shape = dict[str, Value]

# Attributes are all text, whatever they mean; these are AWS's defaults.
BALANCER_ATTRIBUTES = {
    "access_logs.s3.enabled": "false",
    "access_logs.s3.bucket": "",
    "access_logs.s3.prefix": "",
    "client_keep_alive.seconds": "3600",
    "deletion_protection.enabled": "false",
    "idle_timeout.timeout_seconds": "60",
    "routing.http2.enabled": "true",
    "zonal_shift.config.enabled": "false",
}
GROUP_ATTRIBUTES = {
    "stickiness.enabled": "false",
    "stickiness.type": "lb_cookie",
    "stickiness.lb_cookie.duration_seconds": "86400",
    "load_balancing.algorithm.type": "round_robin",
    "load_balancing.algorithm.anomaly_mitigation": "off",
    "target_group_health.dns_failover.minimum_healthy_targets.count": "1",
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": "off",
}
NETWORK_GROUP_ATTRIBUTES = {  # which groups behind an application balancer do not have
    "deregistration_delay.connection_termination.enabled": "false",
    "preserve_client_ip.enabled": "true",
    "proxy_protocol_v2.enabled": "false",
    "target_health_state.unhealthy.connection_termination.enabled": "true",
    "target_health_state.unhealthy.draining_interval_seconds": "0",
}
_ROUTING = "target_group_health.unhealthy_state_routing.minimum_healthy_targets"


def load_balancer(model: Balancer, balancer: LoadBalancer) -> Shape:
    zones = [
        {"ZoneName": zone, "SubnetId": f"subnet-{zone}", "LoadBalancerAddresses": []}
        for zone in balancer.zones
    ]
    return {
        "LoadBalancerArn": model.arns.balancer(balancer),
        "DNSName": f"{balancer.name}.elb.amazonaws.com",
        "CreatedTime": model.created.isoformat(timespec="milliseconds"),
        "LoadBalancerName": balancer.name,
        "Scheme": "internet-facing",
        "VpcId": "vpc-1",
        "State": {"Code": "active"},
        "Type": balancer.kind,
        "AvailabilityZones": zones,
        "SecurityGroups": [],
        "IpAddressType": "ipv4",
    }


def balancer_attributes(balancer: LoadBalancer) -> dict[str, str]:
    cross_zone = {"load_balancing.cross_zone.enabled": str(balancer.cross_zone).lower()}
    return BALANCER_ATTRIBUTES | cross_zone | dict(balancer.attributes)


def target_group(model: Balancer, group: TargetGroup) -> Shape:
    """AWS counts in whole seconds: those of a fast world are rounded up."""
    balancer = model.balancer_of(group.name)
    check = group.check
    return {
        "TargetGroupArn": model.arns.group(group.name),
        "TargetGroupName": group.name,
        "Protocol": group.protocol,
        "Port": group.port,
        "VpcId": "vpc-1",
        "HealthCheckProtocol": "HTTP",
        "HealthCheckPort": "traffic-port" if check.port is None else str(check.port),
        "HealthCheckEnabled": True,
        "HealthCheckIntervalSeconds": -int(-check.interval // 1),
        "HealthCheckTimeoutSeconds": -int(-check.timeout // 1),
        "HealthyThresholdCount": check.healthy,
        "UnhealthyThresholdCount": check.unhealthy,
        "HealthCheckPath": check.path,
        "Matcher": {"HttpCode": check.matcher},
        "LoadBalancerArns": [model.arns.balancer(balancer)] if balancer else [],
        "TargetType": group.target_type,
        "ProtocolVersion": "HTTP1",
        "IpAddressType": "ipv4",
    }


def group_attributes(group: TargetGroup) -> dict[str, str]:
    cross_zone = {
        None: "use_load_balancer_configuration",
        True: "true",
        False: "false",
    }[group.cross_zone]
    share = f"{group.routing_percentage:g}" if group.routing_percentage else "off"
    return {
        "deregistration_delay.timeout_seconds": f"{group.deregistration_delay:.0f}",
        "slow_start.duration_seconds": f"{group.slow_start:.0f}",
        **GROUP_ATTRIBUTES,
        "load_balancing.cross_zone.enabled": cross_zone,
        f"{_ROUTING}.count": str(group.routing_count),
        f"{_ROUTING}.percentage": share,
        **(NETWORK_GROUP_ATTRIBUTES if group.protocol == "TCP" else {}),
        **group.attributes,
    }


def target_health(found: TargetHealth, *, anomalies: bool) -> Shape:
    """`healthy` has neither Reason nor Description; a zone out of service shows as an override."""
    state = found.health
    override = {
        "State": "zonal_shift_active",
        "Reason": "AdministrativeOverride.ZonalShiftActive",
        "Description": "An active zonal shift is in effect for the target",
    }
    return {
        "Target": {
            "Id": found.key.id,
            "Port": found.key.port,
            "AvailabilityZone": found.zone or None,
        },
        "HealthCheckPort": str(found.check_port),
        "TargetHealth": {
            "State": str(state.state),
            "Reason": state.reason or None,
            "Description": state.description or None,
        },
        "AdministrativeOverride": override if found.shifted else None,
        "AnomalyDetection": {"Result": "normal", "MitigationInEffect": "no"} if anomalies else None,
    }


def listener(model: Balancer, each: Listener) -> Shape:
    """A default action is always there: a fixed 404 where no rule is the default."""
    balancer = model.balancers[each.balancer]
    default = [rule for rule in each.rules if rule.priority is None]
    return {
        "ListenerArn": model.arns.listener(balancer, each.port),
        "LoadBalancerArn": model.arns.balancer(balancer),
        "Port": each.port,
        "Protocol": each.protocol,
        "DefaultActions": _actions(model, default[0] if default else None),
    }


def rules(model: Balancer, each: Listener) -> list[Shape]:
    """In order of priority, the default last, as every listener has one."""
    arn = model.arns.listener(model.balancers[each.balancer], each.port)
    numbered = sorted(
        (rule for rule in each.rules if rule.priority is not None),
        key=lambda rule: rule.priority or 0,
    )
    default = next((rule for rule in each.rules if rule.priority is None), None)
    return [
        {
            "RuleArn": model.arns.rule(arn, place),
            "Priority": "default" if rule is default else str(rule and rule.priority),
            "Conditions": _conditions(rule),
            "Actions": _actions(model, rule),
            "IsDefault": rule is default,
        }
        for place, rule in enumerate([*numbered, default])
    ]


def _conditions(rule: Rule | None) -> list[Shape]:
    found: list[Shape] = []
    if rule and rule.hosts:
        hosts = list(rule.hosts)
        found.append(
            {"Field": "host-header", "Values": hosts, "HostHeaderConfig": {"Values": hosts}}
        )
    if rule and rule.paths:
        paths = list(rule.paths)
        found.append(
            {"Field": "path-pattern", "Values": paths, "PathPatternConfig": {"Values": paths}}
        )
    return found


def _actions(model: Balancer, rule: Rule | None) -> list[Shape]:
    if rule is None:
        fixed = {"StatusCode": "404", "ContentType": "text/plain"}
        return [{"Type": "fixed-response", "Order": 1, "FixedResponseConfig": fixed}]
    arn = model.arns.group(rule.group)
    forward = {
        "TargetGroups": [{"TargetGroupArn": arn, "Weight": rule.weight}],
        "TargetGroupStickinessConfig": {"Enabled": False},
    }
    return [{"Type": "forward", "TargetGroupArn": arn, "Order": 1, "ForwardConfig": forward}]
