"""The actions of Elastic Load Balancing v2 that a console calls.

Parameters, limits and page sizes as the API reference has them (version 2015-12-01).
"""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence

from nomad_console.simulator.elb import describe
from nomad_console.simulator.elb.errors import AwsRefused, group_not_found, invalid
from nomad_console.simulator.elb.model import Balancer, Wanted
from nomad_console.simulator.elb.settings import Listener, LoadBalancer, TargetGroup
from nomad_console.simulator.elb.xml import Value, structures, texts

Form = Mapping[str, str]
Result = dict[str, Value]

LARGEST_PAGE = 400  # also where no PageSize is given
MOST_ARNS = 20  # of one call
LARGEST_PORT = 65_535


class Actions:
    """One method per action; AwsRefused with the code AWS gives."""

    def __init__(self, model: Balancer) -> None:
        self._model = model
        self.table: dict[str, Callable[[Form], Result]] = {
            "DescribeLoadBalancers": self._load_balancers,
            "DescribeLoadBalancerAttributes": self._load_balancer_attributes,
            "DescribeTargetGroups": self._target_groups,
            "DescribeTargetGroupAttributes": self._target_group_attributes,
            "DescribeTargetHealth": self._target_health,
            "DescribeTags": self._tags,
            "DescribeListeners": self._listeners,
            "DescribeRules": self._rules,
            "RegisterTargets": self._register,
            "DeregisterTargets": self._deregister,
        }

    def _load_balancers(self, form: Form) -> Result:
        arns, names = texts(form, "LoadBalancerArns"), texts(form, "Names")
        _at_most_20(arns)
        chosen = list(self._model.balancers.values())
        if arns:
            chosen = [self._balancer(arn) for arn in arns]
        elif names:
            chosen = [self._named_balancer(name) for name in names]
        rows = [describe.load_balancer(self._model, each) for each in chosen]
        return _page(form, "LoadBalancers", rows)

    def _load_balancer_attributes(self, form: Form) -> Result:
        balancer = self._balancer(_required(form, "LoadBalancerArn"))
        return _attributes(describe.balancer_attributes(balancer))

    def _target_groups(self, form: Form) -> Result:
        arns, names = texts(form, "TargetGroupArns"), texts(form, "Names")
        chosen = [group.settings for group in self._model.groups.values()]
        if arns:
            chosen = [self._group(arn) for arn in arns]
        elif names:
            chosen = [self._model.group(name).settings for name in names]
        elif arn := form.get("LoadBalancerArn"):
            balancer = self._balancer(arn)
            chosen = [each for each in chosen if self._model.balancer_of(each.name) is balancer]
        rows = [describe.target_group(self._model, each) for each in chosen]
        return _page(form, "TargetGroups", rows)

    def _target_group_attributes(self, form: Form) -> Result:
        return _attributes(describe.group_attributes(self._required_group(form)))

    def _target_health(self, form: Form) -> Result:
        """Never paged, however many targets there are."""
        group = self._required_group(form)
        anomalies = bool({"All", "AnomalyDetection"} & set(texts(form, "Include")))
        found = self._model.health(group.name, _targets(form))
        rows = [describe.target_health(each, anomalies=anomalies) for each in found]
        return {"TargetHealthDescriptions": rows}

    def _tags(self, form: Form) -> Result:
        arns = texts(form, "ResourceArns")
        _at_most_20(arns)
        return {"TagDescriptions": [self._tags_of(arn) for arn in arns]}

    def _tags_of(self, arn: str) -> Result:
        tags: Mapping[str, str] = {}
        if ":loadbalancer/" in arn:
            tags = self._balancer(arn).tags
        elif ":targetgroup/" in arn:
            tags = self._group(arn).tags
        else:
            self._listener(arn)
        rows = [{"Key": key, "Value": value} for key, value in tags.items()]
        return {"ResourceArn": arn, "Tags": rows}

    def _listeners(self, form: Form) -> Result:
        arns = texts(form, "ListenerArns")
        chosen = [self._listener(arn) for arn in arns]
        if not arns:
            balancer = self._balancer(_required(form, "LoadBalancerArn"))
            chosen = [each for each in self._model.listeners if each.balancer == balancer.name]
        return _page(form, "Listeners", [describe.listener(self._model, each) for each in chosen])

    def _rules(self, form: Form) -> Result:
        arns = texts(form, "RuleArns")  # of any listener; else all of one
        chosen = self._model.listeners
        if not arns:
            chosen = [self._listener(_required(form, "ListenerArn"))]
        rows = [row for each in chosen for row in describe.rules(self._model, each)]
        wanted = [row for row in rows if not arns or row["RuleArn"] in arns]
        return _page(form, "Rules", wanted)

    def _register(self, form: Form) -> Result:
        """The answer is empty, but must be there: botocore looks for its element."""
        self._model.register(self._required_group(form).name, _some_targets(form))
        return {}

    def _deregister(self, form: Form) -> Result:
        self._model.deregister(self._required_group(form).name, _some_targets(form))
        return {}

    def _required_group(self, form: Form) -> TargetGroup:
        return self._group(_required(form, "TargetGroupArn"))

    def _group(self, arn: str) -> TargetGroup:
        if ":targetgroup/" not in arn:
            raise invalid(f"'{arn}' is not a valid target group ARN")
        for group in self._model.groups.values():
            if self._model.arns.group(group.settings.name) == arn:
                return group.settings
        raise group_not_found()

    def _balancer(self, arn: str) -> LoadBalancer:
        if ":loadbalancer/" not in arn:
            raise invalid(f"'{arn}' is not a valid load balancer ARN")
        for balancer in self._model.balancers.values():
            if self._model.arns.balancer(balancer) == arn:
                return balancer
        raise AwsRefused("LoadBalancerNotFound", f"Load balancer '{arn}' not found")

    def _named_balancer(self, name: str) -> LoadBalancer:
        if name not in self._model.balancers:
            raise AwsRefused("LoadBalancerNotFound", f"Load balancers '[{name}]' not found")
        return self._model.balancers[name]

    def _listener(self, arn: str) -> Listener:
        for each in self._model.listeners:
            balancer = self._model.balancers[each.balancer]
            if self._model.arns.listener(balancer, each.port) == arn:
                return each
        raise AwsRefused("ListenerNotFound", f"Listener '{arn}' not found")


def _page(form: Form, key: str, rows: Sequence[Value]) -> Result:
    """`Marker` is where to go on; NextMarker only where something is left."""
    size = form.get("PageSize", str(LARGEST_PAGE))
    if not size.isdigit() or not 1 <= int(size) <= LARGEST_PAGE:
        raise invalid(f"Page size '{size}' must be between 1 and {LARGEST_PAGE}")
    start = _marked(form.get("Marker", ""))
    end = start + int(size)
    following = base64.b64encode(str(end).encode()).decode() if end < len(rows) else None
    return {key: list(rows[start:end]), "NextMarker": following}


def _marked(marker: str) -> int:
    try:
        return int(base64.b64decode(marker, validate=True)) if marker else 0
    except (binascii.Error, ValueError) as error:
        raise invalid(f"'{marker}' is not a valid marker") from error


def _attributes(values: Mapping[str, str]) -> Result:
    return {"Attributes": [{"Key": key, "Value": value} for key, value in values.items()]}


def _required(form: Form, key: str) -> str:
    if not form.get(key):
        raise invalid(f"1 validation error detected: {key} must be specified")
    return form[key]


def _at_most_20(arns: list[str]) -> None:
    if len(arns) > MOST_ARNS:
        raise invalid(f"Up to {MOST_ARNS} ARNs can be described at once")


def _targets(form: Form) -> list[Wanted]:
    return [_target(each) for each in structures(form, "Targets")]


def _some_targets(form: Form) -> list[Wanted]:
    targets = _targets(form)
    if not targets:
        raise invalid("You must specify at least one target")
    return targets


def _target(given: Mapping[str, str]) -> Wanted:
    port = given.get("Port")
    if port is not None and not (port.isdigit() and 1 <= int(port) <= LARGEST_PORT):
        raise invalid(f"'{port}' is not a valid port: it must be from 1 to {LARGEST_PORT}")
    zone = given.get("AvailabilityZone", "")
    return Wanted(given.get("Id", ""), int(port) if port else None, "" if zone == "all" else zone)
