"""A change made at Nomad's API, as another hand would make it."""

import json
from http.client import HTTPConnection
from time import perf_counter
from urllib.parse import urlsplit

from tests.benchmarks.lab import PATIENCE_S, Cluster

NODE = "c1"


class Node:
    """One node whose eligibility is written from here, over a connection that stays open."""

    def __init__(self, cluster: Cluster) -> None:
        where = urlsplit(cluster.simulator.env["NOMAD_ADDR"])
        identity = cluster.simulator.control("GET", f"/agents/{NODE}")["id"]
        self._path = f"/v1/node/{identity}/eligibility"
        self._connection = HTTPConnection(where.hostname or "", where.port, timeout=PATIENCE_S)
        self._eligible = True

    def turn(self) -> str:
        """Ask for the other one, without waiting for the answer; what it will be."""
        self._eligible = not self._eligible
        wanted = "eligible" if self._eligible else "ineligible"
        self._connection.request("PUT", self._path, json.dumps({"Eligibility": wanted}))
        return wanted

    def answered(self) -> None:
        response = self._connection.getresponse()
        response.read()
        assert response.status == 200, response.status

    def round_trip_ms(self) -> float:
        """How long the API itself takes for one."""
        begun = perf_counter()
        self.turn()
        self.answered()
        return (perf_counter() - begun) * 1000

    def close(self) -> None:
        if not self._eligible:
            self.turn()
            self.answered()
        self._connection.close()
