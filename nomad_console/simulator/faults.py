"""What can go wrong on demand, by name: each fault is one function of the world.

Durations of faults are true seconds: the speed divides the world's own, not an operator's.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from math import inf
from typing import Any

from nomad_console.simulator.hosts import Hosts, Impossible
from nomad_console.simulator.load import Load
from nomad_console.simulator.nomad_api.view import View
from nomad_console.simulator.servers import Listener
from nomad_console.simulator.world import World

Arguments = Mapping[str, Any]
Listeners = Mapping[str, Sequence[Listener]]
# listeners whose port can be closed; the control port is how they come back
STOPPABLE = ("nomad", "consul", "aws", "edge")
Fault = Callable[[Arguments], str | Awaitable[str]]


def _text(arguments: Arguments, key: str, default: str | None = None) -> str:
    value = arguments.get(key, default)
    if value in {None, ""}:
        raise Impossible(f"missing argument {key}", 400)
    return str(value)


def _number(arguments: Arguments, key: str, default: float) -> float:
    try:
        number = float(arguments.get(key, default))
    except (TypeError, ValueError) as error:
        raise Impossible(f"{key} is not a number", 400) from error
    if not 0 <= number < inf:
        raise Impossible(f"{key} must be 0 or more", 400)
    return number


class Faults:
    """`kinds` says what there is, `inject` does one; Impossible where it cannot be done."""

    def __init__(
        self,
        world: World,
        hosts: Hosts,
        load: Load,
        nomad: View,
        listeners: Callable[[], Listeners],
    ) -> None:
        self._world = world
        self._hosts = hosts
        self._load = load
        self._nomad = nomad
        self._listeners = listeners
        self._faults: dict[str, tuple[str, Fault]] = {
            "break-app": ("job [namespace]: its apps answer 500", self._break_app),
            "heal-app": ("job [namespace]: its apps answer 200 again", self._heal_app),
            "fail-allocation": ("allocation: its task exits 1", self._fail_allocation),
            "machine-down": ("node: the machine is silent", self._machine_down),
            "machine-up": ("node: the machine is back, its agent too", self._machine_up),
            "throttle-aws": (
                "[calls]: others use up the account's calls, 20 a second",
                self._throttle,
            ),
            "unthrottle-aws": ("the others have gone", self._unthrottle),
            "deny-aws-writes": ("targets may be read, not changed", self._deny_writes),
            "allow-aws-writes": ("as before", self._allow_writes),
            "expire-aws": ("the credentials have expired", self._expire),
            "renew-aws": ("they are valid again", self._renew),
            "hide-aws-health": ("the health of targets cannot be told", self._hide_health),
            "show-aws-health": ("as before", self._show_health),
            "slow-aws": ("seconds: every answer comes so much later; 0 ends it", self._slow_aws),
            "slow-nomad": (
                "seconds: every answer comes so much later; 0 ends it",
                self._slow_nomad,
            ),
            "forbid-namespace": ("namespace: no token may read it", self._forbid),
            "allow-namespace": ("namespace: as before", self._allow),
            "expire-token": ("token: of Nomad, by its name; it ends now", self._expire_token),
            "add-load": (
                "events [node]: so many allocation events a second; 0 ends it",
                self._add_load,
            ),
        }
        for name in STOPPABLE:
            self._faults[f"stop-{name}"] = (
                f"{name}'s port refuses, connections are cut",
                self._stopper(name),
            )
            self._faults[f"start-{name}"] = (f"{name} answers again", self._starter(name))

    def kinds(self) -> dict[str, str]:
        return {kind: words for kind, (words, _) in sorted(self._faults.items())}

    async def inject(self, kind: str, arguments: Arguments) -> str:
        """Do it, and say what was done."""
        if kind not in self._faults:
            raise Impossible(f"no fault {kind}; there are: {', '.join(sorted(self._faults))}", 404)
        done = self._faults[kind][1](arguments)
        return await done if inspect.isawaitable(done) else done

    def _break_app(self, arguments: Arguments) -> str:
        namespace, job = self._job(arguments)
        self._world.cluster.break_job(namespace, job)
        return f"{namespace}/{job} answers 500"

    def _heal_app(self, arguments: Arguments) -> str:
        namespace, job = self._job(arguments)
        self._world.cluster.heal_job(namespace, job)
        return f"{namespace}/{job} answers as before"

    def _job(self, arguments: Arguments) -> tuple[str, str]:
        return self._hosts.job(_text(arguments, "job"), str(arguments.get("namespace", "")))

    def _fail_allocation(self, arguments: Arguments) -> str:
        allocation = self._hosts.allocation(_text(arguments, "allocation"))
        self._world.cluster.fail_allocation(allocation["ID"])
        return f"{allocation['Name']} ({allocation['ID'][:8]}) exits 1"

    def _machine_down(self, arguments: Arguments) -> str:
        return self._hosts.act(_text(arguments, "node"), "down")

    def _machine_up(self, arguments: Arguments) -> str:
        return self._hosts.act(_text(arguments, "node"), "up")

    def _throttle(self, arguments: Arguments) -> str:
        """The buckets are empty at once: at 10 a second in all, the others leave nothing over."""
        calls = _number(arguments, "calls", 20)
        self._world.throttle.load = calls
        self._world.throttle.exhaust()
        return f"others call ELBv2 {calls:g} times a second"

    def _unthrottle(self, _arguments: Arguments) -> str:
        self._world.throttle.load = 0.0
        return "nobody else calls ELBv2"

    def _deny_writes(self, _arguments: Arguments) -> str:
        self._world.aws_faults.writes_denied = True
        return "RegisterTargets and DeregisterTargets are denied"

    def _allow_writes(self, _arguments: Arguments) -> str:
        self._world.aws_faults.writes_denied = False
        return "targets may be changed again"

    def _expire(self, _arguments: Arguments) -> str:
        self._world.aws_faults.credentials = "expired"
        return "the AWS credentials have expired"

    def _renew(self, _arguments: Arguments) -> str:
        self._world.aws_faults.credentials = "valid"
        return "the AWS credentials are valid"

    def _hide_health(self, _arguments: Arguments) -> str:
        self._world.aws_faults.health_unavailable = True
        return "DescribeTargetHealth answers HealthUnavailable"

    def _show_health(self, _arguments: Arguments) -> str:
        self._world.aws_faults.health_unavailable = False
        return "DescribeTargetHealth answers as before"

    def _slow_aws(self, arguments: Arguments) -> str:
        self._world.aws_faults.delay = seconds = _number(arguments, "seconds", 2)
        return f"AWS answers {seconds:g} s late"

    def _slow_nomad(self, arguments: Arguments) -> str:
        self._nomad.slowness = seconds = _number(arguments, "seconds", 2)
        return f"Nomad answers {seconds:g} s late"

    def _forbid(self, arguments: Arguments) -> str:
        namespace = self._namespace(arguments)
        self._world.acl.forbid(namespace)
        return f"namespace {namespace} is forbidden"

    def _allow(self, arguments: Arguments) -> str:
        namespace = self._namespace(arguments)
        self._world.acl.allow(namespace)
        return f"namespace {namespace} may be read as before"

    def _expire_token(self, arguments: Arguments) -> str:
        name = _text(arguments, "token")
        secret = self._world.tokens.secrets().get(name)
        if secret is None:
            raise Impossible(f"no token {name}", 404)
        self._world.acl.expire(secret)
        return f"token {name} has expired"

    def _namespace(self, arguments: Arguments) -> str:
        namespace = _text(arguments, "namespace")
        if namespace not in self._world.cluster.state.namespaces:
            raise Impossible(f"no namespace {namespace}", 404)
        return namespace

    def _add_load(self, arguments: Arguments) -> str:
        rate = _number(arguments, "events", 200)
        name = str(arguments.get("node", ""))
        self._load.set(rate, str(self._hosts.agent(name)["id"]) if name else "")
        return f"{rate:g} allocation events a second{f' on {name}' * bool(name)}"

    def _stopper(self, name: str) -> Fault:
        def stop(_arguments: Arguments) -> str:
            for listener in self._listeners()[name]:
                listener.stop()
            return f"{name} refuses connections"

        return stop

    def _starter(self, name: str) -> Fault:
        async def start(_arguments: Arguments) -> str:
            for listener in self._listeners()[name]:
                await listener.start()
            return f"{name} answers again"

        return start
