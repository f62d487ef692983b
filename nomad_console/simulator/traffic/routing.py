"""The load balancer as one request meets it: rule, group, target."""

from collections.abc import Callable, Iterable

from nomad_console.simulator.elb.model import Balancer
from nomad_console.simulator.elb.model import Target as Registered
from nomad_console.simulator.scenario import Group
from nomad_console.simulator.traffic.front_door import Target


def _seen(target: Registered) -> Target:
    return Target(target.group, target.address, target.port)


class Routing:
    """Hosts lead to the group that names them, all others to the first."""

    def __init__(self, balancer: Balancer, groups: Iterable[Group]) -> None:
        self._balancer = balancer
        self._groups = {service: group.name for group in groups for service in group.services}
        self._default = next(iter(balancer.groups), None)

    def group_of(self, service: str) -> str | None:
        return self._groups.get(service, self._default)

    def choose(self, group: str) -> Target | None:
        target = self._balancer.route(group)
        return None if target is None else _seen(target)

    def on_drained(self, callback: Callable[[Target], None]) -> None:
        self._balancer.on_drained(lambda target: callback(_seen(target)))
