"""A scenario's jobs as Nomad's specifications."""

from nomad_console.simulator.edge.routes import ENABLED
from nomad_console.simulator.nomad.jobs import Disconnect, GroupSpec, JobSpec, ServiceSpec
from nomad_console.simulator.scenario import Job


def specification(job: Job, run: int = 0) -> JobSpec:
    """`run` tells the runs of a batch job apart: the same specification does not run again."""
    group = GroupSpec(
        name=job.name,
        count=job.count,
        cpu=job.cpu,
        memory=job.memory,
        ports={} if job.type == "batch" else {"http": job.port or 0},
        service=None if job.type == "batch" else _service(job),
        shutdown_delay=job.shutdown_delay or None,
        kill_timeout=job.kill_timeout,
        max_parallel=job.max_parallel,
        min_healthy_time=job.min_healthy_time,
        healthy_deadline=job.healthy_deadline,
        disconnect=None if job.lost_after is None else Disconnect(job.lost_after),
        spread=job.spread,
        meta={f"sim.{key}": f"{value}" for key, value in job.sim.items()},
    )
    meta = {"run": str(run)} if job.again else {}  # another Meta is another version
    return JobSpec(job.name, (group,), job.type, job.namespace, meta=meta)


def _service(job: Job) -> ServiceSpec:
    return ServiceSpec(
        job.name,
        tags=(ENABLED,) if job.expose else (),
        check_path=job.check_path if job.check_interval else "",
        check_interval=job.check_interval or 2.0,
    )
