"""A simulated world in virtual time, without sockets."""

from nomad_console.simulator.scenario import load
from nomad_console.simulator.timeline import Timeline
from nomad_console.simulator.world import World
from tests.support.manual_clock import ManualClock
from tests.support.stepping import step


class SteppedWorld:
    """A world of a scenario and the clock that moves it."""

    def __init__(self, scenario: str = "article", speed: float = 1.0, seed: int = 1) -> None:
        self.clock = ManualClock()
        self.timeline = Timeline(self.clock)
        self.world = World(load(scenario), self.timeline, speed=speed, seed=seed)

    def step(self, seconds: float) -> None:
        step(self.clock, self.timeline, seconds)

    def node(self, name: str) -> str:
        """The node's id."""
        return self.world.cluster.machines[name].node_id
