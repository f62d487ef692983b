"""Single reads and writes through python-nomad, in worker threads."""

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

import msgspec

from nomad_console.clients.guard import Guard
from nomad_console.clients.http import CONNECT_S, READ_S, Access
from nomad_console.clients.wire import NANO, Index, decoded, go_name
from nomad_console.settings.values import NomadSettings

if TYPE_CHECKING:
    import requests


class DrainSpec(NamedTuple):
    """`deadline_s` 0: none; below 0: force at once."""

    deadline_s: float
    ignore_system_jobs: bool


class WrittenWire(msgspec.Struct, rename=go_name):
    """What a write answers; `Index` is 0 where nothing changed."""

    index: Index


class NomadCalls:
    """python-nomad's endpoints over one guarded session.

    Its endpoint classes read no environment; `nomad.Nomad` lets NOMAD_* override the settings.
    """

    def __init__(self, settings: NomadSettings, access: Access, guard: Guard) -> None:
        self._settings = settings
        self._access = access
        self._guard = guard
        self._lock = threading.Lock()
        self._made: Mapping[str, object] | None = None
        self._session: requests.Session | None = None

    def read(self, kind: str, *parts: str, **params: str) -> bytes:
        """GET /v1/kind/parts; raises ApiError."""
        return self._request("get", kind, parts, params)

    def drain(
        self, node_id: str, spec: DrainSpec | None, meta: Mapping[str, str], *, mark_eligible: bool
    ) -> int:
        body = {
            "NodeID": node_id,
            "DrainSpec": None
            if spec is None
            else {
                "Deadline": round(spec.deadline_s * NANO),
                "IgnoreSystemJobs": spec.ignore_system_jobs,
            },
            "MarkEligible": mark_eligible,
            "Meta": dict(meta) or None,
        }
        return self._write("node", (node_id, "drain"), {}, body)

    def set_eligibility(self, node_id: str, *, eligible: bool) -> int:
        word = "eligible" if eligible else "ineligible"
        body = {"NodeID": node_id, "Eligibility": word}
        return self._write("node", (node_id, "eligibility"), {}, body)

    def evaluate_job(self, namespace: str, job_id: str) -> int:
        body = {"JobID": job_id, "Namespace": namespace, "EvalOptions": {"ForceReschedule": False}}
        return self._write("job", (job_id, "evaluate"), {"namespace": namespace}, body)

    def stop_allocation(self, alloc_id: str) -> int:
        return self._write("allocation", (alloc_id, "stop"), {}, {})

    def close(self) -> None:
        if self._session is not None:
            self._session.close()

    def endpoints(self) -> Mapping[str, object]:
        """python-nomad's own objects by the word in their path, made when first asked for."""
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made

    def _write(
        self, kind: str, parts: tuple[str, ...], params: Mapping[str, str], body: object
    ) -> int:
        answer = self._request("post", kind, parts, params, body)
        endpoint = f"POST /v1/{'/'.join((kind, *parts))}"
        return decoded("nomad", endpoint, answer, WrittenWire).index

    def _request(
        self,
        method: str,
        kind: str,
        parts: tuple[str, ...],
        params: Mapping[str, str],
        body: object = None,
    ) -> bytes:
        endpoint = self.endpoints()[kind]
        response = endpoint.request(  # type: ignore[attr-defined]  # python-nomad has no types
            *(quote(part, safe="") for part in parts), method=method, params=dict(params), json=body
        )
        return bytes(response.content)

    def _make(self) -> Mapping[str, object]:
        from nomad import api

        from nomad_console.clients.sessions import GuardedSession
        from nomad_console.clients.tls import origin

        settings = self._settings
        self._session = GuardedSession(self._access, self._guard, connections=1)
        shared = {
            "address": origin("nomad", settings.address),
            "token": self._access.secret() or None,
            "namespace": settings.namespace or None,
            "region": settings.region or None,
            "timeout": (CONNECT_S, READ_S),
            "verify": True,
            "session": self._session,
        }
        kinds = {
            "acl": api.Acl,
            "agent": api.Agent,
            "allocation": api.Allocation,
            "job": api.Job,
            "namespaces": api.Namespaces,
            "node": api.Node,
        }
        made = {word: kind(**shared) for word, kind in kinds.items()}
        return made | {"status/leader": api.Status(**shared).leader}
