"""Refusals of AWS, by the code a caller compares."""


class AwsRefused(Exception):
    """`status`: HTTP; server faults are 500 and up."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


def group_not_found() -> AwsRefused:
    return AwsRefused("TargetGroupNotFound", "One or more target groups not found")


def invalid_target(message: str) -> AwsRefused:
    return AwsRefused("InvalidTarget", message)


def invalid(message: str) -> AwsRefused:
    return AwsRefused("ValidationError", message)
