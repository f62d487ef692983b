"""What the terminal tests of one module share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.simulator import Simulator, running_simulator


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """The default world in a process of its own, five times as fast."""
    with running_simulator(speed=5) as found:
        yield found


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")
