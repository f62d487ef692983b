"""boto3's clients, made when first asked for, behind the guard; what they raise as ApiError."""

import threading
from collections.abc import Callable
from typing import Any

from nomad_console.clients.aws_errors import of_client_error, of_local_error
from nomad_console.clients.guard import aws_guard
from nomad_console.settings.values import AwsSettings

_CONNECT_S = 3
_READ_S = 10

Shape = dict[str, Any]


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

        operation = "".join(part.title() for part in method.split("_"))
        try:
            call: Callable[..., Shape] = getattr(self.library(service), method)
            return call(**params)
        except ClientError as error:
            raise of_client_error(operation, error.response) from None
        except (BotoCoreError, ResponseParserError) as error:
            raise of_local_error(operation, error) from None

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
        return boto3.Session(botocore_session=base).client(
            service,
            region_name=settings.region,
            endpoint_url=settings.endpoint_url or None,
            config=config,
        )

    def _refuse(self, model: Any, **_: object) -> None:
        """Raises ReadOnly: an exception in this handler is the last word, no socket opens."""
        self.guard.check("call", model.name)
