"""Auto Scaling groups of a scenario."""

import random
from pathlib import Path

import pytest

from nomad_console.simulator.machines import places
from nomad_console.simulator.scaling import scaling_rows
from nomad_console.simulator.scenario import Clients, Scaling, Scenario, ScenarioError, load


def test_a_group_owns_the_clients_it_names_or_all() -> None:
    for named, owned in ((("c2",), ["c2"]), ((), ["c1", "c2", "c3"])):
        scenario = Scenario(
            clients=(Clients(count=3),),
            scaling=(Scaling(group="web", clients=named, lifecycle="Standby"),),
        )
        found = places(scenario, random.Random(1))
        rows = scaling_rows(scenario, found)
        assert [row["InstanceId"] for row in rows] == [
            one.instance_id for one in found if one.name in owned
        ]
        assert {row["LifecycleState"] for row in rows} == {"Standby"}
        assert {row["AutoScalingGroupName"] for row in rows} == {"web"}


def test_a_client_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "world.toml"
    path.write_text("[[scaling]]\ngroup = 'web'\nclients = ['c9']")
    with pytest.raises(ScenarioError, match="no client `c9`"):
        load(str(path))
