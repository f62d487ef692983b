"""Consul's sums: cell by cell the same as from nothing."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from nomad_console.domain.service import HealthCheck, NodeHealth
from nomad_console.domain.snapshot import ConsulSums, Reading
from nomad_console.live.consul_records import ConsulRecords, cell_sums
from tests.support.records import a_check, a_service, an_instance

NODES = st.sampled_from(["c1", "c2", "c3"])
NAMES = st.sampled_from(["web", "api"])
CHECKS = st.builds(
    a_check, st.just(""), NODES, st.sampled_from(["", "web-1", "web-2", "api-1"]), NAMES
)
OVERVIEWS = st.dictionaries(NAMES, st.lists(NODES, max_size=5).map(tuple), max_size=2)
STEPS = st.lists(
    st.one_of(
        OVERVIEWS,
        st.tuples(st.sampled_from(["critical", "warning"]), st.lists(CHECKS, max_size=5)),
    ),
    max_size=12,
)


def recounted(kept: ConsulRecords) -> tuple[dict[str, Counter[str]], dict[str, Counter[str]]]:
    by_service: dict[str, Counter[str]] = {name: Counter() for name in kept.services.rows}
    by_machine: dict[str, Counter[str]] = {}
    for name, service in kept.services.rows.items():
        for node, instances in Counter(service.nodes).items():
            cell = cell_sums(instances, name, kept.problems.get(node) or ())._asdict()
            by_service[name].update(cell)
            by_machine.setdefault(node, Counter()).update(cell)
    return by_service, by_machine


@given(STEPS)
def test_increments_agree_with_counting_anew(
    steps: list[dict[str, tuple[str, ...]] | tuple[str, list[HealthCheck]]],
) -> None:
    kept = ConsulRecords(lambda: None)
    for step in steps:
        if isinstance(step, dict):
            kept.put_services([a_service(name, nodes) for name, nodes in step.items()])
        else:
            status, found = step
            kept.put_checks(
                status,
                [a_check(status, one.node, one.service_id, one.service_name) for one in found],
            )
    kept.freeze()
    by_service, by_machine = recounted(kept)
    assert {k: Counter(v._asdict()) for k, v in kept.service_sums.rows.items()} == by_service
    assert {k: Counter(v._asdict()) for k, v in kept.consul_sums.rows.items()} == by_machine


def test_a_cell_by_the_worst_of_its_checks() -> None:
    assert cell_sums(3, "web", []) == (3, 0, 0)
    assert cell_sums(3, "web", [a_check("warning", service_id="web-1")]) == (2, 1, 0)
    both = [a_check("warning", service_id="web-1"), a_check("critical", service_id="web-1")]
    assert cell_sums(3, "web", both) == (2, 0, 1)
    assert cell_sums(3, "api", both) == (3, 0, 0)
    machine = a_check("critical", service_id="")
    assert cell_sums(3, "web", [machine]) == (0, 0, 3)
    warned = a_check("warning", service_id="")
    assert cell_sums(3, "web", [warned, a_check("critical")]) == (0, 2, 1)


def test_an_overview_that_lags_never_gives_less_than_nothing() -> None:
    checks = [a_check("critical", service_id=f"web-{n}") for n in range(4)]
    assert cell_sums(1, "web", checks) == (0, 0, 1)


def test_a_machine_gone_from_the_overview_has_no_sums() -> None:
    kept = ConsulRecords(lambda: None)
    kept.put_services([a_service("web", ("c1",))])
    kept.put_services([a_service("web", ())])
    kept.freeze()
    assert kept.consul_sums.rows == {}
    assert kept.service_sums.rows == {"web": ConsulSums()}
    kept.keep_services(set())
    kept.freeze()
    assert kept.service_sums.rows == {}


def test_what_changed_is_named() -> None:
    kept = ConsulRecords(lambda: None)
    kept.put_services([a_service("web", ("c1", "c2")), a_service("api", ("c2",))])
    kept.freeze()
    kept.put_checks("critical", [a_check("critical", "c1")])
    assert kept.freeze() == (frozenset({"web"}), frozenset({"c1"}))
    kept.put_checks("critical", [a_check("critical", "c1")])
    assert kept.freeze() == (frozenset(), frozenset())


def test_an_older_reading_of_a_machine_is_refused() -> None:
    kept = ConsulRecords(lambda: None)
    now = datetime(2026, 11, 22, tzinfo=UTC)
    kept.put_node_health(NodeHealth("c1", (an_instance(),), ()), Reading(now))
    kept.put_node_health(NodeHealth("c1", (), ()), Reading(now - timedelta(seconds=1)))
    assert kept.node_health.rows["c1"].instances
    kept.put_node_health(NodeHealth("c1", (), ()), Reading(now + timedelta(seconds=1)))
    assert not kept.node_health.rows["c1"].instances
