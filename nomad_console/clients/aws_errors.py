"""What botocore raises, as ApiError. Classified by code, never by HTTP status."""

from typing import Any

from nomad_console.clients.errors import (
    ApiError,
    Misread,
    NotFound,
    Throttled,
    Unreachable,
    refused,
)

# Query services answer short forms, JSON ones and newer texts long ones (ELB API, CommonErrors).
_REFUSED = {"AccessDenied", "UnauthorizedOperation", "OptInRequired", "NotAuthorized"}
_EXPIRED = {
    "ExpiredToken",
    "RequestExpired",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "UnrecognizedClient",
    "MissingAuthenticationToken",
    "IncompleteSignature",
    "AuthFailure",
}
_THROTTLED = {"Throttling", "RequestLimitExceeded", "RequestThrottled", "TooManyRequests"}
_THROTTLED |= {"PriorRequestNotComplete", "SlowDown"}
_DOWN = {
    "ServiceUnavailable",
    "InternalFailure",
    "InternalError",
    "HealthUnavailable",
    "500",
    "503",
}
_SERVER = 500
_SERVICES = {"GetCallerIdentity": "sts", "DescribeAutoScalingInstances": "autoscaling"}
_CREDENTIALS = "run `aws sts get-caller-identity`, and see AWS_PROFILE and the instance's role"


def of_client_error(operation: str, response: dict[str, Any]) -> ApiError:
    """The error that an answer of AWS stands for."""
    found = response.get("Error", {})
    code, text = str(found.get("Code", "")), str(found.get("Message", ""))
    text = text.strip().partition("\n")[0]  # a wrong signature's goes on with our own headers
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    short = code.removesuffix("Exception")
    said = f"{code}: {text}" if text else code
    if short in _REFUSED:
        return refused("alb", operation, status, said, right=right_for(operation))
    if short in _EXPIRED:
        error = refused("alb", operation, status, said, right="valid credentials")
        error.hint = _CREDENTIALS
        return error
    if short in _THROTTLED:
        return Throttled(
            "alb", operation, status, said, hint="AWS allows an account 10 calls a second"
        )
    if short.endswith("NotFound"):
        return NotFound("alb", operation, status, said)
    if not said:  # a proxy's page: nobody of AWS
        other: type[ApiError] = Unreachable if (status or 0) >= _SERVER else Misread
    else:
        other = Unreachable if short in _DOWN else ApiError
    return other("alb", operation, status, said or "no answer of AWS's form")


def of_local_error(operation: str, error: Exception) -> ApiError:
    """botocore's own failures: before a request was made, or without an answer."""
    from botocore import exceptions, parsers

    name = type(error).__name__
    if isinstance(error, parsers.ResponseParserError):
        return misread(operation)
    if isinstance(error, exceptions.NoRegionError):
        return Unreachable("alb", operation, None, "no AWS region", hint="set AWS_REGION")
    if "Credential" in name or "Token" in name or "Profile" in name or "Login" in name:
        missing = refused(
            "alb", operation, None, f"no AWS credentials: {name}", right="credentials"
        )
        missing.hint = _CREDENTIALS
        return missing
    if isinstance(error, exceptions.SSLError):
        hint = "set AWS_CA_BUNDLE where a proxy re-signs"
        return Unreachable("alb", operation, None, "TLS: the certificate is not trusted", hint=hint)
    if isinstance(error, exceptions.HTTPClientError | exceptions.ConnectionError):
        hint = "check the network, AWS_ENDPOINT_URL and the region"
        return Unreachable("alb", operation, None, f"no answer from AWS: {name}", hint=hint)
    return ApiError("alb", operation, None, f"{name}: {error}")


def misread(operation: str, what: str = "") -> Misread:
    said = f"an answer of another form: {what}" if what else "an answer of another form"
    return Misread("alb", operation, None, said, hint="is this AWS?")


def right_for(operation: str) -> str:
    """The IAM action of a call."""
    service = _SERVICES.get(operation, "elasticloadbalancing")
    return f"{service}:{operation}"
