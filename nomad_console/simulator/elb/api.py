"""Every AWS endpoint of the world, behind one address: elasticloadbalancing, sts, autoscaling.

A request's signature is read for its scope only: any secret is taken.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal
from urllib.parse import parse_qsl

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nomad_console.clock import Clock
from nomad_console.simulator.elb.actions import Actions, Form, Result
from nomad_console.simulator.elb.errors import AwsRefused
from nomad_console.simulator.elb.model import Balancer
from nomad_console.simulator.elb.others import IDENTITY, scaling_instances
from nomad_console.simulator.elb.throttle import WRITES, Throttle
from nomad_console.simulator.elb.xml import Value, failure, success

NAMESPACES = {  # of the XML, with each service's API version
    "elasticloadbalancing": "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
    "sts": "https://sts.amazonaws.com/doc/2011-06-15/",
    "autoscaling": "http://autoscaling.amazonaws.com/doc/2011-01-01/",
}
_SCOPE = re.compile(r"Credential=[^/,]+/\d+/[^/,]+/([^/,]+)/aws4_request")


@dataclass
class Faults:
    """Switches; `delay` in seconds before every answer."""

    writes_denied: bool = False
    credentials: Literal["valid", "expired", "unknown"] = "valid"
    health_unavailable: bool = False
    delay: float = 0.0


class Endpoint:
    """Dispatches by the service that the signature names."""

    def __init__(
        self,
        model: Balancer,
        throttle: Throttle,
        clock: Clock,
        faults: Faults,
        scaling: Sequence[Mapping[str, Value]],
    ) -> None:
        self._actions = Actions(model)
        self._throttle = throttle
        self._clock = clock
        self._faults = faults
        self._scaling = scaling
        self._answered = 0

    async def answer(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        scope = _SCOPE.search(request.headers.get("Authorization", ""))
        service = scope[1] if scope else ""
        target = request.headers.get("X-Amz-Target", "")
        action = form.get("Action") or target.rpartition(".")[2] or request.url.path
        self._answered += 1
        request_id = f"00000000-0000-4000-8000-{self._answered:012d}"
        if self._faults.delay:
            await self._clock.sleep(self._faults.delay)
        namespace = NAMESPACES.get(service, NAMESPACES["elasticloadbalancing"])
        try:
            result = self._result(service, action, form)
            status, content = 200, success(action, result, namespace, request_id)
        except AwsRefused as refusal:
            if target:
                return _json_refusal(refusal)
            status = refusal.status
            content = failure(refusal.code, str(refusal), status, namespace, request_id)
        headers = {"x-amzn-RequestId": request_id}
        return Response(content, status_code=status, media_type="text/xml", headers=headers)

    def _result(self, service: str, action: str, form: Form) -> Result:
        self._authenticate(service)
        if service == "elasticloadbalancing":
            return self._balancing(action, form)
        if (service, action) == ("sts", "GetCallerIdentity"):
            return dict(IDENTITY)
        if (service, action) == ("autoscaling", "DescribeAutoScalingInstances"):
            return scaling_instances(self._scaling, form)
        raise _denied(service, action)

    def _balancing(self, action: str, form: Form) -> Result:
        """Throttling comes before permission: a denied call uses up its token too."""
        known = self._actions.table.get(action)
        if known is None:
            raise AwsRefused(
                "InvalidAction",
                f"Could not find operation {action} for version {form.get('Version', '')}",
            )
        if not self._throttle.admit(action):
            raise AwsRefused("Throttling", "Rate exceeded")
        if action in WRITES and self._faults.writes_denied:
            raise _denied("elasticloadbalancing", action, form.get("TargetGroupArn", "*"))
        if action == "DescribeTargetHealth" and self._faults.health_unavailable:
            raise AwsRefused(
                "HealthUnavailable",
                "The health of the specified targets could not be retrieved",
                HTTPStatus.INTERNAL_SERVER_ERROR,
            )
        return known(form)

    def _authenticate(self, service: str) -> None:
        if not service:
            raise AwsRefused(
                "MissingAuthenticationToken",
                "Request is missing Authentication Token",
                HTTPStatus.FORBIDDEN,
            )
        if self._faults.credentials == "expired":
            raise AwsRefused(
                "ExpiredToken",
                "The security token included in the request is expired",
                HTTPStatus.FORBIDDEN,
            )
        if self._faults.credentials == "unknown":
            raise AwsRefused(
                "InvalidClientTokenId",
                "The security token included in the request is invalid.",
                HTTPStatus.FORBIDDEN,
            )


def aws_app(
    model: Balancer,
    throttle: Throttle,
    clock: Clock,
    *,
    faults: Faults | None = None,
    scaling: Sequence[Mapping[str, Value]] = (),
) -> Starlette:
    """`scaling`: rows of DescribeAutoScalingInstances."""
    endpoint = Endpoint(
        model,
        throttle,
        clock,
        faults or Faults(),
        scaling,
    )
    methods = ["GET", "POST", "PUT", "DELETE", "HEAD"]
    return Starlette(routes=[Route("/{path:path}", endpoint.answer, methods=methods)])


def _denied(service: str, action: str, resource: str = "*") -> AwsRefused:
    words = f"User: {IDENTITY['Arn']} is not authorized to perform: {service}:{action}"
    return AwsRefused("AccessDenied", f"{words} on resource: {resource}", HTTPStatus.FORBIDDEN)


def _json_refusal(refusal: AwsRefused) -> Response:
    """Services of the JSON protocol, such as ssm, spell their codes out."""
    body = {"__type": f"{refusal.code}Exception", "message": str(refusal)}
    return Response(
        msgspec.json.encode(body),
        status_code=HTTPStatus.BAD_REQUEST,
        media_type="application/x-amz-json-1.1",
    )
