from nomad_console.simulator.elb.targets import DRAINING, HEALTHY, REGISTERING, Key, Registered


def test_the_api_shows_a_change_from_its_time_on_and_never_out_of_order() -> None:
    target = Registered(Key("i-1", 80), "10.0.0.1", "a")
    assert target.shown(0) is None
    target.show(2, REGISTERING)
    target.show(1, HEALTHY)
    assert target.shown(1.9) is None
    assert target.shown(2) == HEALTHY
    target.show(5, DRAINING)
    target.show(6, None)
    assert [target.shown(at) for at in (4.9, 5, 6)] == [HEALTHY, DRAINING, None]


def test_a_long_life_is_not_remembered_whole() -> None:
    target = Registered(Key("i-1", 80), "10.0.0.1", "a")
    for at in range(1000):
        target.show(at, HEALTHY)
    assert len(target.history) < 20
    assert target.shown(1000) == HEALTHY


def test_cancelling_ends_all_that_was_planned() -> None:
    ended: list[int] = []
    target = Registered(Key("i-1", 80), "10.0.0.1", "a", ends=[lambda: ended.append(1)])
    target.cancel()
    target.cancel()
    assert ended == [1]
