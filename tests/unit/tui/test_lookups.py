"""What details ask for exists in live."""

import inspect

from nomad_console.live.lookups import Lookups as LiveLookups
from nomad_console.tui.lookups import Lookups


def test_live_answers_everything_screens_ask() -> None:
    wanted = [name for name, _ in inspect.getmembers(Lookups, inspect.iscoroutinefunction)]
    assert wanted == ["allocation", "job", "node", "targets"]
    for name in wanted:
        ours = inspect.signature(getattr(Lookups, name)).parameters
        live = inspect.signature(getattr(LiveLookups, name)).parameters
        assert list(ours) == list(live)
