"""Apps, found as the network finds them."""

from nomad_console.simulator.nomad.apps import Behaviour
from nomad_console.simulator.pace import Pace
from tests.support import lab_jobs
from tests.support.nomad_world import NomadWorld


def _world() -> NomadWorld:
    world = NomadWorld(clients=1)
    world.register(lab_jobs.edge(), lab_jobs.web(1))
    return world


def test_an_app_listens_after_its_start() -> None:
    world = _world()
    world.step(0.2)
    apps = world.cluster.apps
    assert {app.job for app in apps.all()} == {"edge", "web"}
    assert apps.at("10.77.0.101", 80) is None
    world.step(1)
    edge = apps.at("10.77.0.101", 80)
    assert edge is not None
    assert (edge.group, edge.node_name, edge.ports) == ("edge", "c1", {"http": 80})
    assert apps.of(edge.alloc_id) is edge


def test_nobody_listens_on_a_machine_that_is_down() -> None:
    world = _world()
    world.settle()
    world.cluster.machine_down("c1")
    assert world.cluster.apps.at("10.77.0.101", 80) is None
    assert world.cluster.apps.all() == []


def test_a_broken_job_answers_500_also_where_it_starts_later() -> None:
    world = _world()
    world.settle()
    world.cluster.break_job("default", "web")
    first = world.cluster.apps.of(world.allocations("web")[0]["ID"])
    assert first is not None
    assert first.status == 500
    world.cluster.stop_allocation(first.alloc_id)
    world.step(15)
    second = world.cluster.apps.of(world.allocations("web")[1]["ID"])
    assert second is not None
    assert (second.status, first.alive) == (500, False)
    world.cluster.heal_job("default", "web")
    assert second.status == 200


def test_behaviour_comes_from_the_groups_meta() -> None:
    group = {"Meta": {"sim.stop": "3", "sim.on_signal": "die", "sim.exit_after": "40"}}
    behaviour = Behaviour.of(group, Pace(10))
    assert (behaviour.stop, behaviour.on_signal, behaviour.exit_after) == (3, "die", 40)
    assert (behaviour.start, behaviour.latency, behaviour.role) == (0.03, 0.005, "")
