"""UUIDs and other made-up values from the world's own seed."""

import random


class Ids:
    """Every id of a world comes from its seed: the same seed gives the same ids."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def uuid(self) -> str:
        """36 characters, as Nomad makes them: random bits without a UUID version."""
        text = f"{self._rng.getrandbits(128):032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def computed_class(self) -> str:
        return f"v1:{self._rng.getrandbits(64)}"

    def mac_address(self) -> str:
        text = f"{self._rng.getrandbits(40):010x}"
        return ":".join(["1a", *(text[at : at + 2] for at in range(0, 10, 2))])
