"""`simulate --control URL …`: what an operator of the world does, from another process."""

import json
import sys
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import quote, urlsplit

USAGE = """usage: nomad-console simulate --control URL COMMAND
  restart NODE VERSION       restart the agent with this version; ends when it is back
  kill NODE | start NODE     kill -9 of the agent, and start it again
  fault KIND [KEY=VALUE …]   break something; without KIND: what there is
  traffic [reset]            what the requests came to; count from now
  requests | world           what each API was asked; time, speed, seed
"""
PATIENCE = 60.0  # s for an agent to come back
SLACK = 30.0  # s more until the call that waits for it is given up
Reply = tuple[int, dict[str, Any]]


class Unanswered(Exception):
    """The control port did not answer as one."""


def call(control_url: str, method: str, path: str, body: dict[str, Any] | None = None) -> Reply:
    """Status and JSON answer of one call; Unanswered where nobody, or something else, answers."""
    address = urlsplit(control_url)
    connection = HTTPConnection(address.hostname or "", address.port, timeout=PATIENCE + SLACK)
    try:
        connection.request(
            method, path, json.dumps(body or {}), {"Content-Type": "application/json"}
        )
        response = connection.getresponse()
        answer = json.loads(response.read())
    except (OSError, HTTPException, ValueError) as error:
        raise Unanswered(f"{control_url}: {error}") from error
    finally:
        connection.close()
    if not isinstance(answer, dict):
        raise Unanswered(f"{control_url}: not a simulator's control port")
    return response.status, answer


def run(control_url: str, words: list[str]) -> int:
    """Do what the words say: 0 done, 1 refused or not done in time, 2 bad usage, 3 unreachable."""
    try:
        return _dispatch(control_url, words)
    except Unanswered as error:
        print(f"simulator unreachable: {error}", file=sys.stderr)
        return 3


def _dispatch(url: str, words: list[str]) -> int:
    code = 2
    match words:
        case ["restart", node, version]:
            code = _restart(url, node, version)
        case ["kill" | "start" as action, node]:
            code = _said(call(url, "POST", f"/agents/{quote(node, safe='')}/{action}"))
        case ["fault", kind, *pairs] if all("=" in pair for pair in pairs):
            body = {key: value for key, _, value in (pair.partition("=") for pair in pairs)}
            code = _said(call(url, "POST", f"/faults/{quote(kind, safe='')}", body))
        case ["traffic"]:
            code = _traffic(call(url, "GET", "/traffic"))
        case ["traffic", "reset"]:
            code = _said(call(url, "POST", "/traffic/reset"))
        case ["requests" | "world" as what]:
            code = _listed(call(url, "GET", f"/{what}"))
        case ["fault"]:
            code = _listed(call(url, "GET", "/faults"))
        case _:
            print(USAGE, end="", file=sys.stderr)
    return code


def _failed(reply: Reply) -> bool:
    status, answer = reply
    if status < 400:  # noqa: PLR2004 — HTTP's own
        return False
    print(answer.get("error", f"answered {status}"), file=sys.stderr)
    return True


def _said(reply: Reply) -> int:
    if _failed(reply):
        return 1
    print(reply[1].get("done", "done"))
    return 0


def _listed(reply: Reply) -> int:
    if _failed(reply):
        return 1
    print(json.dumps(reply[1], indent=2, ensure_ascii=False))
    return 0


def _restart(url: str, node: str, version: str) -> int:
    """Done only when the agent's own API answers with the version: what a host command means."""
    path = f"/agents/{quote(node, safe='')}"
    if _said(call(url, "POST", f"{path}/restart", {"version": version})):
        return 1
    reply = call(url, "GET", f"{path}?version={quote(version, safe='')}&wait={PATIENCE:g}")
    if _failed(reply):
        return 1
    answer = reply[1]
    if answer.get("answers") and answer.get("version") == version:
        print(f"{node} answers with {version}")
        return 0
    state = f"answers with {answer.get('version')}" if answer.get("answers") else "does not answer"
    print(f"{node} {state}, not with {version}, after {PATIENCE:g} s", file=sys.stderr)
    return 1


def _traffic(reply: Reply) -> int:
    if _failed(reply):
        return 1
    report = reply[1]
    services = report["services"]
    width = max([len("service"), *map(len, services)])
    print(f"{'service':<{width}}  {'sent':>8}  {'ok':>8}  {'failed':>8}  reasons")
    for name, tally in services.items():
        reasons = ", ".join(f"{count}x {reason}" for reason, count in tally["reasons"].items())
        figures = f"{tally['sent']:>8}  {tally['ok']:>8}  {tally['failed']:>8}"
        print(f"{name:<{width}}  {figures}  {reasons}".rstrip())
    print(f"{report['failed']} of {report['sent']} failed in {report['seconds']:.0f} s")
    return 0
