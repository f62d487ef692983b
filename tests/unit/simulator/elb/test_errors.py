from nomad_console.simulator.elb.errors import group_not_found, invalid, invalid_target


def test_refusals_carry_the_code_that_callers_compare() -> None:
    refusals = [group_not_found(), invalid_target("t"), invalid("v")]
    codes = [(each.code, each.status) for each in refusals]
    assert codes == [("TargetGroupNotFound", 400), ("InvalidTarget", 400), ("ValidationError", 400)]
    assert str(refusals[1]) == "t"
