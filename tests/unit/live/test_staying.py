"""What stays is frozen; what was garbage before is not."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from nomad_console.live.staying import freeze


class Answer:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    gc.disable()
    yield
    gc.unfreeze()
    gc.enable()


def test_garbage_does_not_stay() -> None:
    gone = weakref.ref(Answer())
    assert gone() is not None
    freeze()
    assert gone() is None


def test_what_lives_is_not_looked_at_again() -> None:
    one = Answer()
    freeze()
    assert all(other is not one for other in gc.get_objects())
    assert one.itself is one
