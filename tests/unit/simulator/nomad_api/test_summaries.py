from nomad_console.simulator.nomad_api.summaries import Summaries
from tests.support.nomad_http import NomadLab


def test_counts_follow_the_allocations() -> None:
    lab = NomadLab(settled=False)
    summaries = Summaries(lab.state)
    assert summaries.row(("default", "web"))["Summary"]["web"]["Running"] == 0
    lab.advance(0.2)
    assert summaries.row(("default", "web"))["Summary"]["web"]["Starting"] == 6
    lab.advance(20)
    row = summaries.row(("default", "web"))
    assert row["Summary"]["web"]["Running"] == 6
    assert row["Summary"]["web"]["Starting"] == 0


def test_the_index_moves_only_with_a_count() -> None:
    lab = NomadLab()
    summaries = Summaries(lab.state)
    for key in lab.state.jobs:
        summaries.row(key)
    before = summaries.index()
    lab.cluster.touch_allocation(lab.allocations("web")[0]["ID"])
    lab.advance(2)
    assert summaries.index() == before
    lab.cluster.stop_allocation(lab.allocations("web")[0]["ID"])
    lab.advance(20)
    assert summaries.index() > before
    assert summaries.row(("default", "web"))["Summary"]["web"]["Complete"] == 1


def test_what_cannot_be_placed_is_queued() -> None:
    lab = NomadLab()
    lab.cluster.job_scale("default", "web", "web", 2000)
    lab.advance(5)
    assert Summaries(lab.state).row(("default", "web"))["Summary"]["web"]["Queued"] > 0


def test_a_job_that_is_gone_is_forgotten() -> None:
    lab = NomadLab()
    summaries = Summaries(lab.state)
    summaries.row(("default", "solo"))
    lab.cluster.deregister_job("default", "solo", purge=True)
    lab.advance(5)
    assert summaries.index() > 0
    assert ("default", "solo") not in lab.state.jobs
