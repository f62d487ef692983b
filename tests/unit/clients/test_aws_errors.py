import pytest
from botocore import exceptions

from nomad_console.clients.aws_errors import of_client_error, of_local_error, right_for
from nomad_console.clients.errors import (
    ApiError,
    Misread,
    NotFound,
    Refused,
    Throttled,
    Unreachable,
)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("AccessDenied", Refused),
        ("AccessDeniedException", Refused),
        ("ExpiredToken", Refused),
        ("ExpiredTokenException", Refused),
        ("RequestExpired", Refused),
        ("InvalidClientTokenId", Refused),
        ("Throttling", Throttled),
        ("ThrottlingException", Throttled),
        ("RequestLimitExceeded", Throttled),
        ("PriorRequestNotComplete", Throttled),
        ("TargetGroupNotFound", NotFound),
        ("LoadBalancerNotFoundException", NotFound),
        ("ServiceUnavailable", Unreachable),
        ("HealthUnavailable", Unreachable),
        ("InvalidTarget", ApiError),
        ("", ApiError),
    ],
)
def test_codes_in_both_spellings_whatever_the_status(code: str, kind: type[ApiError]) -> None:
    for status in (400, 403, 503):
        response = {
            "Error": {"Code": code, "Message": "because"},
            "ResponseMetadata": {"HTTPStatusCode": status},
        }
        error = of_client_error("DescribeTargetHealth", response)
        assert type(error) is kind
        assert "because" in error.text


@pytest.mark.parametrize(("status", "kind"), [(400, Misread), (302, Misread), (502, Unreachable)])
def test_a_page_of_a_proxy_is_nobody_of_aws(status: int, kind: type[ApiError]) -> None:
    error = of_client_error("RegisterTargets", {"ResponseMetadata": {"HTTPStatusCode": status}})
    assert type(error) is kind
    assert error.text


def test_our_own_headers_are_not_shown_when_a_signature_is_wrong() -> None:
    said = "Does not match.\n\nThe Canonical String:\n'POST\nx-amz-security-token:abc'"
    found = {"Error": {"Code": "SignatureDoesNotMatch", "Message": said}}
    assert "security-token" not in str(of_client_error("DescribeTags", found))


def test_a_refusal_names_the_action() -> None:
    error = of_client_error("RegisterTargets", {"Error": {"Code": "AccessDenied"}})
    assert isinstance(error, Refused)
    assert error.right == "elasticloadbalancing:RegisterTargets"
    assert right_for("GetCallerIdentity") == "sts:GetCallerIdentity"


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (exceptions.NoCredentialsError(), Refused, "credentials"),
        (
            exceptions.PartialCredentialsError(provider="env", cred_var="x"),
            Refused,
            "PartialCredentialsError",
        ),
        (exceptions.ProfileNotFound(profile="x"), Refused, "ProfileNotFound"),
        (exceptions.SSOTokenLoadError(error_msg="x"), Refused, "SSOTokenLoadError"),
        (exceptions.NoRegionError(), Unreachable, "region"),
        (exceptions.SSLError(endpoint_url="x", error="y"), Unreachable, "TLS"),
        (exceptions.EndpointConnectionError(endpoint_url="x"), Unreachable, "no answer"),
        (exceptions.ReadTimeoutError(endpoint_url="x"), Unreachable, "no answer"),
        (exceptions.ParamValidationError(report="x"), ApiError, "ParamValidationError"),
    ],
)
def test_failures_without_an_answer(error: Exception, kind: type[ApiError], words: str) -> None:
    found = of_local_error("DescribeTargetHealth", error)
    assert type(found) is kind
    assert words in found.text
