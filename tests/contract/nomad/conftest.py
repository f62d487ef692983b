"""The parties that can be asked about Nomad, each started when it is first asked."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.support.nomad_parties import NomadParty, Recordings
from tests.support.nomad_real import real
from tests.support.nomad_simulated import simulated

Parties = Callable[[str], NomadParty]


@pytest.fixture(scope="session")
def nomad_parties(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parties]:
    with ExitStack() as stack:
        found: dict[str, NomadParty] = {"recordings": Recordings()}

        def party(name: str) -> NomadParty:
            if name == "simulator" and name not in found:
                found[name] = stack.enter_context(simulated())
            if name == "nomad" and name not in found:
                found[name] = stack.enter_context(real(tmp_path_factory.mktemp("nomad")))
            return found[name]

        yield party


@pytest.fixture
def party(request: pytest.FixtureRequest, nomad_parties: Parties) -> NomadParty:
    return nomad_parties(request.param)
