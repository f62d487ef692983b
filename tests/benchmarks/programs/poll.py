"""What a console costs that asks for everything every two seconds, as most do.

Prints the eligibility of the node named on the command line after each round.
"""

import json
import sys
import threading
from http.client import HTTPConnection
from os import environ
from urllib.parse import urlsplit

PATHS = (
    "/v1/nodes",
    "/v1/allocations?namespace=*&task_states=false",
    "/v1/jobs?namespace=*",
    "/v1/deployments?namespace=*",
    "/v1/evaluations?namespace=*",
)
EVERY_S = 2.0


def main(node: str) -> None:
    where = urlsplit(environ["NOMAD_ADDR"])
    connection = HTTPConnection(where.hostname or "", where.port)
    rest = threading.Event()
    while True:
        found = []
        for path in PATHS:
            connection.request("GET", path)
            found.append(json.loads(connection.getresponse().read()))
        rows = {row["ID"]: row for answer in found for row in answer if "ID" in row}
        (eligibility,) = {
            row["SchedulingEligibility"] for row in rows.values() if row.get("Name") == node
        }
        print(eligibility, flush=True)
        rest.wait(EVERY_S)


if __name__ == "__main__":
    main(sys.argv[1])
