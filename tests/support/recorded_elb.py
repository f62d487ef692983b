"""ELBv2 answers as recorded, by action; or one answer to everything."""

from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.support.recorded import RECORDINGS

FOLDER = RECORDINGS / "elbv2-standin"
FILES = {
    "DescribeLoadBalancers": "describe-load-balancers",
    "DescribeTargetGroups": "describe-target-groups",
    "DescribeTargetGroupAttributes": "describe-target-group-attributes",
    "DescribeTargetHealth": "describe-target-health",
    "RegisterTargets": "register-targets",
    "DeregisterTargets": "deregister-targets",
}


class RecordedElb:
    """Keeps the form of every call; `answers` overrides the answer of an action."""

    def __init__(self) -> None:
        self.calls: list[dict[str, str]] = []
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.app = Starlette(routes=[Route("/", self._answer, methods=["POST"])])

    async def _answer(self, request: Request) -> Response:
        form = {name: text[0] for name, text in parse_qs((await request.body()).decode()).items()}
        self.calls.append(form)
        status, body = self.answers.get(form["Action"], (0, b""))
        if not status:
            status, body = 200, recorded_xml(FILES[form["Action"]])
        return Response(body, status, media_type="text/xml")


def recorded_xml(name: str) -> bytes:
    return (FOLDER / f"{name}.xml").read_bytes()


def error_xml(code: str, message: str = "said so") -> bytes:
    """AWS's error document of the query protocol."""
    inner = f"<Type>Sender</Type><Code>{code}</Code><Message>{message}</Message>"
    return f"<ErrorResponse><Error>{inner}</Error><RequestId>r</RequestId></ErrorResponse>".encode()
