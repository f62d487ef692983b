"""boto3's clients, made when first asked for, behind the guard; what they raise as ApiError."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from nomad_console.clients.aws_errors import misread, of_client_error, of_local_error
from nomad_console.clients.guard import aws_guard
from nomad_console.settings.values import AwsSettings

_CONNECT_S = 3
_READ_S = 10

# botocore's parsers take the form of an answer for granted: what they meet in another.
_PARSER = (LookupError, ValueError, TypeError, AttributeError, RecursionError)

Shape = dict[str, Any]
R = TypeVar("R")


# By the names of their endpoints: ours, and those that credentials may come from.
_CALLED = frozenset({"autoscaling", "elasticloadbalancing", "oidc", "portal.sso", "sso", "sts"})


class _LeanFiles:
    """botocore's data files; of all endpoints of AWS, 7 MB kept for good, those that we call."""

    def __init__(self, files: Any) -> None:
        self._files = files

    def exists(self, file_path: str) -> bool:
        found: bool = self._files.exists(file_path)
        return found

    def load_file(self, file_path: str) -> Any:
        data = self._files.load_file(file_path)
        if data is not None and Path(file_path).name == "endpoints":
            for partition in data["partitions"]:
                known = partition["services"]
                partition["services"] = {name: known[name] for name in _CALLED & known.keys()}
        return data


class AwsCalls:
    """Called in worker threads. One attempt a call: whoever paces them decides about the next."""

    def __init__(self, settings: AwsSettings, *, read_only: bool) -> None:
        self.guard = aws_guard(read_only=read_only)
        self._settings = settings
        self._lock = threading.Lock()
        self._made: dict[str, Any] = {}

    def call(self, service: str, method: str, **params: Any) -> Shape:
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        operation = operation_of(method)
        try:
            call: Callable[..., Shape] = getattr(self.library(service), method)
            return call(**params)
        except ClientError as error:
            raise of_client_error(operation, error.response) from None
        except (BotoCoreError, ResponseParserError) as error:
            raise of_local_error(operation, error) from None
        except _PARSER as error:
            raise misread(operation, type(error).__name__) from None

    def pages(
        self, service: str, method: str, tokens: tuple[str, str], **params: Any
    ) -> Iterator[Shape]:
        """Every page; `tokens` are the names of the next page's in question and answer."""
        asked, answered = tokens
        token: Shape = {}
        while True:
            page = self.call(service, method, **params, **token)
            yield page
            found = page.get(answered)
            if not found:
                return
            if token.get(asked) == found:
                raise misread(operation_of(method), "a page that is its own successor")
            token = {asked: found}

    def library(self, service: str) -> Any:
        """boto3's own client, made by the first worker thread that asks for it."""
        with self._lock:
            if service not in self._made:
                self._made[service] = self._make(service)
            return self._made[service]

    def _make(self, service: str) -> Any:
        import boto3
        from botocore.config import Config
        from botocore.session import Session

        settings = self._settings
        base = Session(profile=settings.profile or None)
        base.register("before-call", self._refuse, unique_id="nomad-console-guard")
        config = Config(
            connect_timeout=_CONNECT_S,
            read_timeout=_READ_S,
            retries={"total_max_attempts": 1, "mode": "standard"},
            max_pool_connections=2,
        )
        loader = base.get_component("data_loader")
        loader.file_loader = _LeanFiles(loader.file_loader)
        return boto3.Session(botocore_session=base).client(
            service,
            region_name=settings.region,
            endpoint_url=settings.endpoint_url or None,
            config=config,
        )

    def _refuse(self, model: Any, **_: object) -> None:
        """Raises ReadOnly: an exception in this handler is the last word, no socket opens."""
        self.guard.check("call", model.name)


def operation_of(method: str) -> str:
    """The operation's name of boto3's method."""
    return "".join(part.title() for part in method.split("_"))


def rows(method: str, page: Shape, key: str, kind: type[R]) -> list[R]:
    """The rows of a page; Misread without the list: AWS sends an empty one for none."""
    try:
        return msgspec.convert(page.get(key), list[kind])  # type: ignore[valid-type]  # made at run time
    except (msgspec.ValidationError, RecursionError) as error:
        raise misread(operation_of(method), f"{key}: {error}") from None
