"""The life of one allocation on its client, from received to dead."""

from collections.abc import Callable
from typing import Any, Protocol

from nomad_console.simulator.nomad import task_events
from nomad_console.simulator.nomad.allocations import group_of
from nomad_console.simulator.nomad.apps import AppTable
from nomad_console.simulator.nomad.core import Core, seconds_of
from nomad_console.simulator.nomad.group_services import GroupServices
from nomad_console.simulator.nomad.health import HealthWatch
from nomad_console.simulator.nomad.jobs import BATCH_TYPES
from nomad_console.simulator.nomad.process import Process
from nomad_console.simulator.nomad.state import Row
from nomad_console.simulator.nomad.tasks import TaskStates
from nomad_console.simulator.timeline import Timer

SETUP = 0.1  # s from the task's directory to its start
HEALTHY_AFTER = 12.0  # s from a start that went well to its verdict
RECOVERED = 3.8  # s more until a stop is noticed of a task its agent had to find again
PENDING = "No tasks have started"
RUNNING, COMPLETE, FAILED = "Tasks are running", "All tasks have completed", "Failed tasks"


class Host(Protocol):
    """What a runner needs of its agent."""

    @property
    def address(self) -> str: ...

    def report(self, runner: "Runner", *, urgent: bool) -> None: ...

    def ended(self, runner: "Runner") -> None: ...


class Runner:
    """Acts on the timeline; its agent asks it for what to report."""

    def __init__(self, core: Core, host: Host, apps: AppTable, allocation: Row) -> None:
        self._core = core
        self._host = host
        self.id: str = allocation["ID"]
        group = group_of(core.state.allocation_jobs[self.id], allocation["TaskGroup"])
        if group is None:
            raise LookupError(f"{self.id} runs no group of its job")
        self._group = group
        self._type: str = allocation["JobType"]
        self.tasks = TaskStates(core, group)
        self._process = Process(core, apps, allocation, group, host.address)
        self.services = GroupServices(core, allocation, group, host.address)
        self._health: HealthWatch | None = None
        self._timer: Timer | None = None
        self._restarts: list[float] = []
        self._stopping = False
        self._found_lost = False  # given up as lost while its agent was away
        self._recovered = False  # its agent was away for longer than its heartbeat allows
        self.verdict: tuple[bool, str] | None = None  # healthy, when
        self.client_status, self.client_description = "pending", PENDING

    @property
    def dead(self) -> bool:
        return self.client_status in {"complete", "failed"}

    @property
    def live(self) -> bool:
        """Its task runs and is not being stopped."""
        return self.client_status == "running" and not self._stopping

    def receive(self) -> None:
        """Seen by the client, which may first have to wait for the predecessor's end."""
        self.tasks.add(task_events.received)

    def begin(self) -> None:
        """Prerun, services, task directory; then the task itself."""
        if self._stopping:
            return
        self._watch_health()
        self.services.register()
        self.tasks.add(task_events.task_setup)
        self._host.report(self, urgent=False)
        self._wait(self._core.pace(SETUP), self._start_task)

    def resume(self) -> list[Row]:
        """Run and be healthy since the time being written; the services' rows are the caller's."""
        self.tasks.settle()
        self.client_status, self.client_description = "running", RUNNING
        judged = self._type not in BATCH_TYPES
        self.verdict = (True, _soon_after(self._core)) if judged else None
        self.services.announce("passing")
        self._process.start(self._finish, since=self._core.past)
        return self.services.rows(self._core.state.index + 1)

    def watch_again(self) -> None:
        """An update in place under a deployment asks for a new verdict."""
        self.verdict = None
        self._watch_health()
        if self._health is not None and self.client_status == "running":
            self._health.task_started()

    def reconnect(self) -> None:
        self._recovered = True
        self.tasks.add(task_events.reconnected)
        self._host.report(self, urgent=True)

    def stop(self, *, at_once: bool = False, found_lost: bool = False) -> None:
        """What the servers want: services go first, then `shutdown_delay`, then the signal."""
        if self._stopping or self.dead:
            return
        self._stopping, self._found_lost = True, found_lost
        self._recovered |= found_lost
        self.services.deregister()
        self._cancel()
        if not self.tasks.started:
            self._end("complete", COMPLETE)
            return
        delay = 0.0 if at_once else seconds_of(self._group["ShutdownDelay"])
        self._wait(delay, self._kill)

    def fail(self, exit_code: int = 1) -> None:
        """The task ends by itself with an error; its restart policy decides."""
        if not self.live:
            return
        self._process.end()
        if self._health is not None:
            self._health.task_ended()
        self.tasks.add(task_events.terminated, exit_code, 0)
        policy = self._group["RestartPolicy"]
        now = self._core.timeline.elapsed()
        self._restarts = [at for at in self._restarts if at > now - seconds_of(policy["Interval"])]
        if len(self._restarts) >= policy["Attempts"]:
            self.tasks.add(task_events.not_restarting, policy["Attempts"], policy["Interval"])
            self.services.deregister()
            self._end("failed", FAILED)
            return
        self._restarts.append(now)
        delay = round(policy["Delay"] * self._core.between(1.0, 1.25))  # restarts.go, jitter
        self.tasks.add(task_events.restarting, delay, "Restart within policy")
        self.client_status, self.client_description = "pending", PENDING
        self.tasks.set_pending()
        self._host.report(self, urgent=True)
        self._wait(seconds_of(delay), self._start_task)

    def restart(self) -> None:
        """An operator's restart: the task is stopped and started in place."""
        self.tasks.add(task_events.restart_signaled)
        self._host.report(self, urgent=False)

        def again(exit_code: int, signal: int) -> None:
            self.tasks.add(task_events.terminated, exit_code, signal)
            self.tasks.add(task_events.restarting, 0, "")
            self._wait(self._core.pace(0.05), self._start_task)

        self._process.interrupt(again)

    def signal(self, name: str) -> None:
        self.tasks.add(task_events.signaling, name)
        self._host.report(self, urgent=False)

    def vanish(self) -> None:
        """Its machine is gone."""
        self._cancel()
        self._process.end()
        if self._health is not None:
            self._health.close()

    def status(self) -> dict[str, Any]:
        """The fields of the allocation that the client reports."""
        known = {"ClientStatus": self.client_status, "ClientDescription": self.client_description}
        return {**known, "TaskStates": self.tasks.rows()}

    def _watch_health(self) -> None:
        if self._type in BATCH_TYPES or self.verdict is not None:
            return
        state = self._core.state
        deployment = state.deployments.get(state.allocations[self.id]["DeploymentID"])
        self._health = HealthWatch(
            self._core,
            self._group,
            self.services.checked_ids(),
            self._judge,
            deployed=deployment is not None and deployment["Status"] == "running",
        )

    def _judge(self, healthy: bool) -> None:  # noqa: FBT001 — the verdict itself
        self.verdict = (healthy, self._core.stamp())
        if not self.dead:
            self._host.report(self, urgent=True)

    def _start_task(self) -> None:
        self.tasks.start()
        self.client_status, self.client_description = "running", RUNNING
        self._process.start(self._finish)
        if self._health is not None:
            self._health.task_started()
        self._host.report(self, urgent=False)

    def _finish(self) -> None:
        self._cancel()
        self.tasks.add(task_events.terminated, 0, 0)
        self.services.deregister()
        self._end("complete", COMPLETE)

    def _kill(self) -> None:
        timeout = self._group["Tasks"][0]["KillTimeout"]
        self.tasks.add(task_events.killing, timeout)
        self._host.report(self, urgent=False)

        def over(exit_code: int, signal: int) -> None:
            if self._recovered:
                self._recovered = False
                self._wait(self._core.pace(RECOVERED), lambda: over(exit_code, signal))
                return
            self.tasks.add(task_events.terminated, exit_code, signal)
            if not self._found_lost:
                self.tasks.add(task_events.killed)
            self._end("complete", COMPLETE)

        self._process.interrupt(over)

    def _end(self, status: str, description: str) -> None:
        self._process.end()
        self.tasks.end(failed=status == "failed")
        self.client_status, self.client_description = status, description
        if self._health is not None and not self._health.decided:
            self._health.close()
            self.verdict = (False, self._core.stamp())  # ended before it was judged: not healthy
        self._host.report(self, urgent=True)
        self._host.ended(self)

    def _wait(self, seconds: float, callback: Callable[[], None]) -> None:
        self._timer = self._core.timeline.after(seconds, callback)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


def _soon_after(core: Core) -> str:
    """When what was started at the time being written turned out healthy."""
    with core.ago(core.past - core.pace(HEALTHY_AFTER)):
        return core.stamp()
