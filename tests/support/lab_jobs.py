"""The jobs of the recorded cluster, as the simulator's specifications."""

from dataclasses import replace

from nomad_console.simulator.nomad.jobs import (
    Disconnect,
    GroupSpec,
    JobSpec,
    JobType,
    ServiceSpec,
)

_PYTHON_APP = {"sim.start": "0.8"}  # what the recorded apps take to listen


def one_group(
    job_id: str, group: GroupSpec, type_: JobType = "service", namespace: str = "default"
) -> JobSpec:
    """A job whose only group has the job's name."""
    return JobSpec(job_id, (replace(group, name=job_id),), type_, namespace)


def web(count: int = 6) -> JobSpec:
    """Well set: `shutdown_delay` 4 s, ends 2 s after its signal."""
    return one_group(
        "web",
        GroupSpec(
            "web",
            count,
            service=ServiceSpec("web", tags=("traefik.enable=true",)),
            shutdown_delay=4,
            kill_timeout=15,
            min_healthy_time=3,
            healthy_deadline=60,
            meta={**_PYTHON_APP, "sim.stop": "2.2"},
        ),
    )


def api(count: int = 3) -> JobSpec:
    """Needs 8 s to stop and gets 5: always killed by force."""
    return one_group(
        "api",
        GroupSpec(
            "api",
            count,
            service=ServiceSpec("api"),
            kill_timeout=5,
            min_healthy_time=3,
            healthy_deadline=60,
            meta={**_PYTHON_APP, "sim.stop": "8"},
        ),
    )


def solo() -> JobSpec:
    """One copy, Nomad's own service, no check."""
    return one_group(
        "solo",
        GroupSpec(
            "solo",
            service=ServiceSpec("solo", provider="nomad", check_path=""),
            meta={**_PYTHON_APP, "sim.stop": "1.2"},
        ),
    )


def edge() -> JobSpec:
    return one_group(
        "edge",
        GroupSpec(
            "edge",
            task="edge",
            ports={"http": 80},
            service=ServiceSpec("edge", check_path="/ping"),
            kill_timeout=10,
            meta={"sim.role": "edge", "sim.stop": "0.1"},
        ),
        "system",
    )


def batch(name: str, seconds: float, count: int = 1) -> JobSpec:
    """`report` and `crunch`: a sleep that ends by itself."""
    group = GroupSpec(
        name,
        count,
        task="sleep",
        ports={},
        meta={"sim.exit_after": f"{seconds}", "sim.stop": "0.05"},
    )
    return one_group(name, group, "batch")


def keeper() -> JobSpec:
    """Stays unknown while its client is away and is not replaced."""
    group = GroupSpec("keeper", ports={}, disconnect=Disconnect(600, replace=False))
    return one_group("keeper", group)


def broken() -> JobSpec:
    """Its copies have 20 s to become healthy."""
    group = GroupSpec(
        "broken",
        2,
        service=ServiceSpec("broken"),
        min_healthy_time=3,
        healthy_deadline=20,
        meta={**_PYTHON_APP, "sim.stop": "1"},
    )
    return one_group("broken", group)


def pinned(node_name: str) -> JobSpec:
    """Allowed on one node only."""
    group = GroupSpec(
        "pinned",
        2,
        ports={},
        constraints=[("${node.unique.name}", "=", node_name)],
        meta={"sim.stop": "0.05"},
    )
    return one_group("pinned", group)


def with_count(job: JobSpec, count: int) -> JobSpec:
    return replace(job, groups=tuple(replace(group, count=count) for group in job.groups))
