"""What an operator of the world does to machines, agents, jobs and allocations, found by name."""

import asyncio
from collections.abc import Callable

from nomad_console.clock import Clock
from nomad_console.simulator.nomad.state import Row
from nomad_console.simulator.services import Machine
from nomad_console.simulator.world import World


class Impossible(Exception):
    """What was asked of the world cannot be done; `status` as HTTP has it."""

    def __init__(self, text: str, status: int = 409) -> None:
        super().__init__(text)
        self.status = status


class Hosts:
    """Every method refuses with Impossible, in words for the operator."""

    def __init__(self, world: World, clock: Clock) -> None:
        self._world = world
        self._cluster = world.cluster
        self._clock = clock

    def names(self) -> list[str]:
        return list(self._cluster.machines)

    def agent(self, name: str) -> dict[str, object]:
        """`answers`: the agent's own API would; `version` is the one it last registered with."""
        machine = self._machine(name)
        node = self._cluster.state.nodes.get(machine.node_id)
        attributes = node["Attributes"] if node else {}
        return {
            "node": name,
            "id": machine.node_id,
            "instance_id": machine.instance_id,
            "answers": machine.up and machine.agent_up,
            "version": attributes.get("nomad.version", ""),
            "status": node["Status"] if node else "",
            "eligibility": node["SchedulingEligibility"] if node else "",
        }

    async def until_answers(self, name: str, version: str, seconds: float) -> dict[str, object]:
        """Wait until the agent answers with the version, at most so long; its state then."""

        def there() -> bool:
            state = self.agent(name)
            return state["answers"] is True and state["version"] == version

        await self._until(there, seconds)
        return self.agent(name)

    async def _until(self, condition: Callable[[], bool], seconds: float) -> None:
        written = asyncio.Event()
        end = self._clock.elapsed() + seconds
        leave = self._cluster.state.watch(lambda _index, _touched: written.set())
        try:
            while not condition() and self._clock.elapsed() < end:
                written.clear()
                await self._clock.wait(written, end - self._clock.elapsed())
        finally:
            leave()

    def act(self, name: str, action: str, version: str = "") -> str:
        """restart (with a version), kill, start, down, up; says what was done."""
        machine = self._machine(name)
        match action:
            case "restart":
                return self._restart(machine, version)
            case "kill":
                self._need(machine.agent_up, f"the agent on {name} does not run")
                self._cluster.agent_kill(name)
                return f"killed the agent on {name}"
            case "start":
                self._need(machine.up, f"machine {name} is down")
                self._need(not machine.agent_up, f"the agent on {name} runs already")
                self._cluster.agent_start(name, version or None)
                return f"started the agent on {name}"
            case "down":
                self._need(machine.up, f"machine {name} is down already")
                self._cluster.machine_down(name)
                self._world.catalog.machine_down(name)
                return f"machine {name} is down"
            case "up":
                self._need(not machine.up, f"machine {name} is up already")
                machine.up, machine.booted_at = True, self._clock.elapsed()  # uptime from here
                self._world.catalog.machine_up(name)
                self._cluster.agent_start(name)
                return f"machine {name} is up"
        raise Impossible(f"no action {action}; there are: restart, kill, start, down, up", 404)

    def _restart(self, machine: Machine, version: str) -> str:
        self._need(bool(version), "restart needs a version", 400)
        self._need(machine.up, f"machine {machine.name} is down")
        before = self.agent(machine.name)["version"]
        if machine.agent_up:
            self._cluster.agent_restart(machine.name, version)
        else:
            self._cluster.agent_start(machine.name, version)
        return f"restarted the agent on {machine.name}: {before} → {version}"

    def job(self, name: str, namespace: str = "") -> tuple[str, str]:
        """The key of a job; without a namespace its name must be unique."""
        found = [
            key for key in self._cluster.state.jobs if key[1] == name and namespace in {"", key[0]}
        ]
        self._need(bool(found), f"no job {name}", 404)
        self._need(len(found) == 1, f"job {name} is in several namespaces: say which", 400)
        return found[0]

    def allocation(self, wanted: str) -> Row:
        """By the start of its id; by a job's name, one of its running allocations."""
        running = (
            row
            for row in self._cluster.state.allocations.values()
            if row["ClientStatus"] == "running"
            and (row["ID"].startswith(wanted) or row["JobID"] == wanted)
        )
        row = next(running, None)
        if row is None:
            raise Impossible(f"no running allocation {wanted}", 404)
        return row

    def _machine(self, name: str) -> Machine:
        machine = self._cluster.machines.get(name)
        if machine is None:
            raise Impossible(f"no client machine {name}", 404)
        return machine

    @staticmethod
    def _need(condition: bool, text: str, status: int = 409) -> None:  # noqa: FBT001 — the condition itself
        if not condition:
            raise Impossible(text, status)
