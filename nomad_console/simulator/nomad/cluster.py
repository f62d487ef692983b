"""The facade: one Nomad cluster, its API's writes and the world that happens to it."""

from collections.abc import Sequence
from dataclasses import replace

from nomad_console.simulator.nomad.client import Agent
from nomad_console.simulator.nomad.garbage import collect_garbage
from nomad_console.simulator.nomad.node_writes import ANONYMOUS
from nomad_console.simulator.nomad.parts import Parts
from nomad_console.simulator.nomad.past import Newborn, Past
from nomad_console.simulator.nomad.preload import Preload
from nomad_console.simulator.nomad.servers import Server
from nomad_console.simulator.nomad.state import Row

GC_DELAY = 1.0  # s from the call to what it collects


class NomadCluster(Parts):
    """Synchronous: everything that takes time is a callback on the timeline.

    API writes return the body of Nomad's answer and raise Refusal where Nomad refuses.
    """

    def preload(self, jobs: Sequence[Row], past: Past | None = None) -> None:
        """Have these jobs run and be healthy already, without events; all new without a past."""
        past = past or Newborn()
        Preload(self.core, self._fleet, self._clients, self._jobs, past).run(jobs)

    def announce_agents(self) -> None:
        """Have every agent be known to Consul since long; without it they tell it nothing."""
        for agent in self._clients.by_name.values():
            host, _, port = agent.http_address.rpartition(":")
            agent.services.add_client(host, int(port))
            agent.services.announce()
        for server in self.servers.all.values():
            host, _, port = server.http_address.rpartition(":")
            server.services.add_server(host, int(port))
            server.services.announce()

    def register_job(self, job: Row) -> Row:
        return self._jobs.register(job)

    def deregister_job(self, namespace: str, job_id: str, *, purge: bool = False) -> Row:
        return self._jobs.deregister(namespace, job_id, purge=purge)

    def job_scale(
        self, namespace: str, job_id: str, group: str, count: int, message: str = ""
    ) -> Row:
        return self._jobs.scale(namespace, job_id, group, count, message)

    def scaling_events(self, key: tuple[str, str], group: str) -> list[Row]:
        """Newest first."""
        events = self._jobs.scalings.get(key, [])
        return [
            {name: value for name, value in event.items() if name != "Group"}
            for event in events
            if event["Group"] == group
        ]

    def job_evaluate(self, namespace: str, job_id: str) -> Row:
        return self._jobs.evaluate(namespace, job_id)

    def node_evaluate(self, node_id: str) -> Row:
        return self._nodes.evaluate(node_id)

    def node_purge(self, node_id: str) -> Row:
        """An agent that still lives registers again, as a new and eligible node."""
        answer = self._nodes.purge(node_id)
        agent = self._clients.by_node[node_id]
        if agent.up:
            wait = self.core.between(1.0, 10.0)
            self.core.after(wait, lambda: self._return_purged(agent))
        return answer

    def set_eligibility(self, node_id: str, eligibility: str) -> Row:
        return self._nodes.set_eligibility(node_id, eligibility)

    def set_drain(
        self,
        node_id: str,
        spec: Row | None,
        mark_eligible: bool = False,  # noqa: FBT001, FBT002 — the order of the API's body
        meta: dict[str, str] | None = None,
        actor: str = ANONYMOUS,
    ) -> Row:
        """`spec`: {"Deadline": ns, "IgnoreSystemJobs": bool}, None to cancel."""
        return self._nodes.set_drain(
            node_id, spec, mark_eligible=mark_eligible, meta=meta, actor=actor
        )

    def stop_allocation(self, alloc_id: str, *, no_shutdown_delay: bool = False) -> Row:
        return self._jobs.stop_allocation(alloc_id, no_shutdown_delay=no_shutdown_delay)

    def restart_allocation(self, alloc_id: str, task: str = "") -> Row:
        return self._jobs.restart_allocation(alloc_id, task)

    def signal_allocation(self, alloc_id: str, signal: str, task: str = "") -> Row:
        return self._jobs.signal_allocation(alloc_id, signal, task)

    def transfer_leadership(self, *, identity: str = "", address: str = "") -> Row:
        return self.servers.transfer(identity, address)

    def leader(self) -> Server | None:
        return self.servers.leader()

    def system_gc(self) -> None:
        """Answered at once, done later."""
        self.core.after(GC_DELAY, lambda: collect_garbage(self.core))

    def agent(self, name: str) -> Agent:
        return self._clients.by_name[name]

    def heartbeat(self, name: str) -> tuple[float, float]:
        """Seconds since that agent's last heartbeat, and its TTL."""
        agent = self.agent(name)
        ttl = self._heartbeats.ttl(agent)
        return self.core.timeline.elapsed() - self._heartbeats.last(agent), ttl

    def agent_restart(self, name: str, version: str) -> None:
        """Away for a second, its tasks go on, back with the version."""
        self.agent(name).services.leave()
        self._heartbeats.restart(self.agent(name), version)

    def agent_kill(self, name: str) -> None:
        self._heartbeats.stop(self.agent(name))

    def agent_start(self, name: str, version: str | None = None) -> None:
        agent = self.agent(name)
        if agent.node_id not in self.state.nodes:
            agent.come_up(version)
            self._return_purged(agent)
        else:
            self._heartbeats.start(agent, version)

    def machine_down(self, name: str) -> None:
        agent = self.agent(name)
        self._heartbeats.stop(agent)
        agent.machine.up = False
        agent.lose_everything()

    def break_job(self, namespace: str, job_id: str) -> None:
        """Its apps answer 500, also those that start later."""
        self.apps.set_broken((namespace, job_id), broken=True)

    def heal_job(self, namespace: str, job_id: str) -> None:
        self.apps.set_broken((namespace, job_id), broken=False)

    def fail_allocation(self, alloc_id: str) -> None:
        """Its task exits with 1; the restart policy decides what follows."""
        runner = self._clients.runner(alloc_id)
        if runner is not None:
            runner.fail()

    def touch_allocation(self, alloc_id: str) -> None:
        """Its task starts anew, too quickly for its app to be missed: load for readers."""
        runner = self._clients.runner(alloc_id)
        if runner is not None and runner.live:
            runner.tasks.start()
            self._reports.write_now(runner)

    def _return_purged(self, agent: Agent) -> None:
        if agent.up and agent.node_id not in self.state.nodes:
            spec = replace(self._specs[agent.machine.name], version=agent.version)
            node = self._register(spec, agent.node_id)
            self._heartbeats.heard(agent)
            agent.catch_up()
            agent.connect()
            self._heartbeats.evaluate(node)
