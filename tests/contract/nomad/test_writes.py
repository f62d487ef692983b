"""Nomad's other writes: eligibility, scale, evaluate, stop, and what they are answered."""

from tests.support.nomad_parties import NomadParty
from tests.support.statements import statement


@statement("nomad.write.ineligible", "made ineligible: an index, no evaluation")
def test_ineligible(party: NomadParty) -> None:
    body = party.story("eligibility").read("ineligible").body
    assert body["Index"] > 0
    assert body.items() >= {"EvalCreateIndex": 0, "EvalIDs": None, "NodeModifyIndex": 0}.items()


@statement("nomad.write.eligible", "made eligible: an evaluation for each job it may get")
def test_eligible(party: NomadParty) -> None:
    body = party.story("eligibility").read("eligible").body
    assert len(body["EvalIDs"]) >= 1
    assert body["EvalCreateIndex"] > body["Index"] > 0
    assert body["NodeModifyIndex"] == 0


@statement("nomad.write.eligible-again", "the eligibility it has already: 200, `Index` 0")
def test_the_same_eligibility(party: NomadParty) -> None:
    answer = party.story("eligibility").read("again")
    assert answer.status == 200
    assert answer.body == {
        "EvalCreateIndex": 0,
        "EvalIDs": None,
        "Index": 0,
        "NodeModifyIndex": 0,
    }


@statement("nomad.write.index", "a write's answer carries its index in body and header")
def test_indexes_of_writes(party: NomadParty) -> None:
    for case, name in (("eligibility", "ineligible"), ("drain-normal", "start")):
        answer = party.story(case).read(name)
        assert answer.index == answer.body["Index"]


@statement("nomad.write.scale", "scaling is answered with its evaluation and the job's new index")
def test_scale(party: NomadParty) -> None:
    body = party.story("scaling").read("scale").body
    assert body["EvalID"]
    assert body["JobModifyIndex"] < body["EvalCreateIndex"] < body["Index"]


@statement("nomad.write.scale-refused", "scaling while a deployment runs is 400")
def test_scale_during_a_deployment(party: NomadParty) -> None:
    assert party.story("scaling").read("refused").text == (
        400,
        "job scaling blocked due to active deployment",
    )


@statement("nomad.write.scale-unknown", "scaling a group that does not exist is 400")
def test_scale_an_unknown_group(party: NomadParty) -> None:
    assert party.story("scaling").read("unknown").text == (
        400,
        'task group "nope" specified for scaling does not exist in job',
    )


@statement("nomad.write.evaluate", "evaluating is answered with the evaluation made")
def test_evaluate(party: NomadParty) -> None:
    body = party.answer("write-job-evaluate").body
    assert body["EvalID"]
    assert body["EvalCreateIndex"] == body["Index"] > body["JobModifyIndex"] > 0


@statement("nomad.write.stop", "stopping an allocation is answered with its evaluation")
def test_stop(party: NomadParty) -> None:
    body = party.story("stopping").read("stop").body
    assert body.keys() == {"EvalID", "Index"}
    assert body["EvalID"]
    assert body["Index"] > 0


@statement("nomad.write.stop-migrates", "a stopped allocation has `Migrate` set as a drained one")
def test_a_stopped_allocation(party: NomadParty) -> None:
    row = party.story("stopping").read("allocation").body
    assert row["DesiredStatus"] == "stop"
    assert row["DesiredTransition"]["Migrate"] is True
    assert row["NextAllocation"]


@statement("nomad.write.unknown-task", "restarting an unknown task is 500")
def test_restart_an_unknown_task(party: NomadParty) -> None:
    assert party.answer("writes/write-allocation-restart-unknown-task").text == (
        500,
        "Could not find task runner for task: nope",
    )


@statement("nomad.write.unknown-signal", "an unknown signal is 200 all the same")
def test_send_an_unknown_signal(party: NomadParty) -> None:
    answer = party.answer("writes/write-allocation-signal-bad")
    assert (answer.status, answer.body) == (200, {"Index": 0})


@statement("nomad.write.collect", "a collection is answered at once, with nothing")
def test_collection(party: NomadParty) -> None:
    assert party.story("collection").read("collect").text == (200, "")
