"""Made-up values come from the seed."""

import random
import re

from nomad_console.simulator.nomad.ids import Ids


def test_the_same_seed_gives_the_same_ids() -> None:
    first, second = Ids(random.Random(3)), Ids(random.Random(3))
    ids = [first.uuid() for _ in range(3)]
    assert ids == [second.uuid() for _ in range(3)]
    assert len(set(ids)) == 3
    assert all(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text) for text in ids)


def test_other_values_have_nomads_form() -> None:
    ids = Ids(random.Random(3))
    assert re.fullmatch(r"v1:\d+", ids.computed_class())
    assert re.fullmatch(r"1a(:[0-9a-f]{2}){5}", ids.mac_address())
