"""Reads of the services that Nomad itself keeps (provider nomad)."""

from nomad_console.simulator.nomad_api.calls import Answer, Call, Reading
from nomad_console.simulator.nomad_api.view import View


def services(view: View, call: Call) -> Reading:
    """Grouped by namespace; what may not be seen is left out, nothing is refused."""
    wanted = call.query.namespace

    def answer() -> Answer:
        found: dict[str, dict[str, set[str]]] = {}
        for row in view.state.services.values():
            namespace = row["Namespace"]
            if wanted in {"*", namespace} and call.rights.may(namespace, "read-job"):
                tags = found.setdefault(namespace, {}).setdefault(row["ServiceName"], set())
                tags.update(row["Tags"] or ())
        return Answer(
            [
                {
                    "Namespace": namespace,
                    "Services": [
                        {"ServiceName": name, "Tags": sorted(tags)}
                        for name, tags in sorted(names.items())
                    ],
                }
                for namespace, names in sorted(found.items())
            ]
        )

    return Reading(("services",), view.index_of("services"), answer)


def service(view: View, call: Call) -> Reading:
    call.need_in(call.query.namespace, "read-job")
    name, namespace = call.path["name"], call.query.namespace

    def answer() -> Answer:
        rows = view.state.services.values()
        return Answer(
            [row for row in rows if (row["Namespace"], row["ServiceName"]) == (namespace, name)]
        )

    return Reading(("services",), view.index_of("services"), answer)
