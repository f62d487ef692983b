"""The worlds: `scenarios/NAME.toml` as frozen values, checked key by key."""

import tomllib
from pathlib import Path
from typing import Annotated, Literal

import msgspec

MOST_TARGETS = 1000  # of one group; Elastic Load Balancing quotas
BUILT_IN = Path(__file__).parent / "scenarios"

Seconds = Annotated[float, msgspec.Meta(ge=0)]
Count = Annotated[int, msgspec.Meta(ge=0)]
Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]
Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class ScenarioError(Exception):
    """The scenario cannot be used; the text names the file and the key."""


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class Servers(_Table, frozen=True):
    """Nomad's servers: s1, s2, …"""

    count: Annotated[int, msgspec.Meta(ge=1, le=9)] = 3
    version: str = "2.0.5"


class Clients(_Table, frozen=True):
    """Client machines of one kind: PREFIX1, PREFIX2, … in turn over the zones."""

    prefix: Name = "c"
    count: Count = 6
    version: str = "2.0.4"
    zones: tuple[str, ...] = ("eu-west-1a", "eu-west-1b", "eu-west-1c")
    node_class: str = ""
    cpu_mhz: Count = 4000
    memory_mb: Count = 8192
    meta: dict[str, str] = {}


class Group(_Table, frozen=True):
    """A target group in front of the edge; `services` are the hosts its listener rule names."""

    name: Name
    type: Literal["instance", "ip"] = "instance"
    behind: Literal["application", "network"] = "application"  # which kind of load balancer
    port: Port = 80
    path: str = "/ping"
    interval: Seconds = 5.0
    timeout: Seconds = 2.0
    healthy: Annotated[int, msgspec.Meta(ge=2, le=10)] = 2
    unhealthy: Annotated[int, msgspec.Meta(ge=2, le=10)] = 2
    delay: Annotated[float, msgspec.Meta(ge=0, le=3600)] = 30.0
    services: tuple[str, ...] = ()
    slow_start: Seconds = 0.0
    routing_count: Count = 1  # fewer healthy ones: requests go to all
    cross_zone: bool | None = None  # else as the balancer
    attributes: dict[str, str] = {}  # over the defaults, as AWS names them
    shard: tuple[Count, int] = (0, 1)  # (k, n): its targets are every n-th edge from the k-th on


class Balancer(_Table, frozen=True):
    """The application load balancer and its groups."""

    name: Name = "demo"
    region: str = "eu-west-1"
    cross_zone: bool = True
    edge: str = "edge"  # the job whose allocations are the targets
    groups: tuple[Group, ...] = ()


class Job(_Table, frozen=True):
    """One job of one task group; `sim` are the `sim.*` keys of the group's Meta."""

    name: Name
    type: Literal["service", "batch", "system"] = "service"
    namespace: Name = "default"
    count: Count = 1
    port: Port | None = None  # static; else a dynamic one
    shutdown_delay: Seconds = 0.0
    kill_timeout: Seconds = 5.0
    min_healthy_time: Seconds = 3.0
    healthy_deadline: Seconds = 60.0
    max_parallel: Annotated[int, msgspec.Meta(ge=1)] = 1
    check_interval: Seconds = 2.0  # 0: no check
    check_path: str = "/"
    cpu: Count = 100
    memory: Count = 128
    lost_after: Seconds | None = None
    expose: bool = True  # the edge routes to it
    spread: str = ""  # an attribute, such as ${attr.platform.aws.placement.availability-zone}
    again: bool = False  # a batch job: registered again when it is done
    sim: dict[str, str | float] = {}


class Scaling(_Table, frozen=True):
    """An Auto Scaling group and the clients whose instances it owns; none named: all of them."""

    group: Name
    clients: tuple[str, ...] = ()
    lifecycle: str = "InService"
    health: Literal["Healthy", "Unhealthy"] = "Healthy"


class Token(_Table, frozen=True):
    """A Nomad token; the environment lines carry the first one's secret."""

    name: Name
    rights: Literal[
        "management", "read-only", "one-namespace", "node-only", "drainer", "watch", "upgrade"
    ]
    namespace: Name = "default"  # of one-namespace
    lasts: float = 0.0  # seconds from the world's beginning; 0: for ever


class ConsulToken(_Table, frozen=True):
    """A Consul token; the environment lines carry the first one's secret."""

    name: Name
    rights: Literal["management", "read-only", "watch", "upgrade", "agent-only"]


class Scenario(_Table, frozen=True):
    """A whole world at its start."""

    title: str = ""
    region: str = "global"
    datacenter: str = "dc1"
    upgrade_to: str = "2.0.5"
    namespaces: tuple[Name, ...] = ("default",)
    scheduler: Literal["binpack", "spread"] = "binpack"
    servers: Servers = Servers()
    clients: tuple[Clients, ...] = (Clients(),)
    balancer: Balancer = Balancer()
    jobs: tuple[Job, ...] = ()
    scaling: tuple[Scaling, ...] = ()
    tokens: tuple[Token, ...] = ()  # none: access control is off
    consul_tokens: tuple[ConsulToken, ...] = ()  # likewise; with one nothing is allowed without

    @property
    def edge_port(self) -> int | None:
        """The static port of the job whose allocations are the edges."""
        return next((job.port for job in self.jobs if job.name == self.balancer.edge), None)

    @property
    def edge_key(self) -> str:
        """NAMESPACE/JOB of the edges."""
        found = (job for job in self.jobs if job.name == self.balancer.edge)
        return next((f"{job.namespace}/{job.name}" for job in found), "")


def available() -> list[str]:
    return sorted(path.stem for path in BUILT_IN.glob("*.toml"))


def load(name: str) -> Scenario:
    """A built-in scenario by name, or one by its file's path; ScenarioError says what is wrong."""
    path = Path(name) if name.endswith(".toml") else BUILT_IN / f"{name}.toml"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        known = ", ".join(available())
        raise ScenarioError(
            f"no scenario {name!r} ({error.strerror}); there are: {known}"
        ) from error
    try:
        scenario = msgspec.convert(tomllib.loads(text), Scenario)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ScenarioError(f"{path.name}: {_plain(str(error))}") from error
    _check(path.name, scenario)
    return scenario


def _plain(text: str) -> str:
    """msgspec's words with the key as TOML writes it: `jobs[0].count`."""
    return text.replace("`$.", "`").replace("[...]", "[…]")


def _check(source: str, scenario: Scenario) -> None:
    """What one key says of another."""
    jobs = {(job.namespace, job.name) for job in scenario.jobs}
    names = {job.name for job in scenario.jobs}
    if len(jobs) != len(scenario.jobs):
        raise ScenarioError(f"{source}: two jobs of the same name in `jobs`")
    for job in scenario.jobs:
        if job.namespace not in scenario.namespaces:
            raise ScenarioError(
                f"{source}: job `{job.name}`: namespace `{job.namespace}` is not in `namespaces`"
            )
    hosts: set[str] = set()
    for group in scenario.balancer.groups:
        for service in group.services:
            if service not in names:
                raise ScenarioError(
                    f"{source}: group `{group.name}`: no job `{service}` for `services`"
                )
            if service in hosts:
                raise ScenarioError(f"{source}: service `{service}` is in two groups")
            hosts.add(service)
    _check_scaling(source, scenario)
    if scenario.balancer.groups and scenario.balancer.edge not in names:
        raise ScenarioError(
            f"{source}: `balancer.edge`: there is no job `{scenario.balancer.edge}`"
        )


def _check_scaling(source: str, scenario: Scenario) -> None:
    clients = {f"{kind.prefix}{n + 1}" for kind in scenario.clients for n in range(kind.count)}
    for scaling in scenario.scaling:
        for client in set(scaling.clients) - clients:
            raise ScenarioError(f"{source}: scaling `{scaling.group}`: no client `{client}`")


def scaled(scenario: Scenario, nodes: int = 0, allocations: int = 0) -> Scenario:
    """The same world with so many clients, and service jobs added until so many allocations run.

    0 leaves it as it is. What is added is internal: no edge routes to it, nobody requests it.
    """
    if nodes:
        balancer = msgspec.structs.replace(
            scenario.balancer, groups=_sharded(scenario.balancer.groups, nodes)
        )
        scenario = msgspec.structs.replace(
            scenario, clients=_spread(scenario.clients, nodes), balancer=balancer
        )
    if not allocations:
        return scenario
    clients = sum(kind.count for kind in scenario.clients)
    running = sum(clients if job.type == "system" else job.count for job in scenario.jobs)
    missing = max(0, allocations - running)
    size = max(1, min(100, missing // 200))  # copies a job: 200 jobs, then more of them
    extra = tuple(
        Job(
            name=f"svc-{number + 1:03d}",
            count=min(size, missing - number * size),
            shutdown_delay=6.0,
            kill_timeout=15.0,
            check_interval=10.0,
            cpu=20,
            memory=32,
            expose=False,
        )
        for number in range(-(-missing // size))
    )
    return msgspec.structs.replace(scenario, jobs=scenario.jobs + extra)


def _spread(kinds: tuple[Clients, ...], nodes: int) -> tuple[Clients, ...]:
    """Each kind keeps its share; the first takes what rounding leaves."""
    before = sum(kind.count for kind in kinds)
    counts = [kind.count * nodes // before for kind in kinds]
    counts[0] += nodes - sum(counts)
    return tuple(
        msgspec.structs.replace(kind, count=count)
        for kind, count in zip(kinds, counts, strict=True)
    )


def _sharded(groups: tuple[Group, ...], nodes: int) -> tuple[Group, ...]:
    """No group beyond what AWS allows: what is too large becomes several."""
    shards = -(-nodes // MOST_TARGETS)
    return tuple(
        msgspec.structs.replace(
            group,
            name=group.name if shard == 0 else f"{group.name}-{shard + 1}",
            services=group.services if shard == 0 else (),
            shard=(shard, shards),
        )
        for group in groups
        for shard in range(shards)
    )
