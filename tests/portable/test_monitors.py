"""Every monitor but novelty: it raises on what it names, stays quiet on healthy noise, survives a
restart in mid-stream, and never grows. Then what each of the simple ones promises by itself.
"""

from array import array

from monitor_streams import CASES, Noise, drift_stream, run, single

from agent.sense.findings import CONFIRMED, NONE, RAISED
from agent.sense.monitors import relearn
from agent.sense.monitors.crosscheck import Crosscheck
from agent.sense.monitors.cycle import Cycle
from agent.sense.monitors.drift import Drift
from agent.sense.monitors.limit import Limit
from agent.sense.monitors.rate import Rate
from agent.sense.monitors.stuck import Stuck
from agent.sense.senses import Watch


def clone(monitor, kind, settings):
    """What a restart does: a new object, the state put back, wake()."""
    other = kind(settings)
    other.state[:] = array("f", bytes(monitor.state))
    other.wake()
    return other


def test_every_monitor_is_quiet_on_healthy_noise():
    for name, (kind, settings, stream) in CASES.items():
        alarms = run(kind(settings), stream(False))
        assert not any(alarms), (name, alarms.find(b"\x01"))


def test_every_monitor_raises_after_its_fault_and_not_before():
    for name, (kind, settings, stream) in CASES.items():
        monitor = kind(settings)
        alarms = run(monitor, stream(True))
        half = len(alarms) // 2
        assert not any(alarms[:half]), (name, alarms.find(b"\x01"), half)
        assert alarms[-1], name
        assert monitor.alarm and monitor.score >= 1, (name, monitor.score)
        for word, number in monitor.why():
            assert isinstance(word, str) and number == number, (name, word, number)


def test_every_monitor_goes_on_after_a_restart_as_if_nothing_had_happened():
    for name, (kind, settings, stream) in CASES.items():
        whole = kind(settings)
        restarted = []
        for row, (values, at) in enumerate(stream(True)):
            whole.update(values, at)
            for again in restarted:
                again.update(values, at)
                assert bytes(again.state) == bytes(whole.state), (name, row)
            if row % 133 == 1:
                restarted = restarted[:2] + [clone(whole, kind, settings)]
            for again in restarted:
                assert again.alarm == whole.alarm, (name, row)
                assert again.score == whole.score, (name, row, again.score, whole.score)
                assert again.why() == whole.why(), (name, row)


def test_every_state_keeps_its_size():
    for name, (kind, settings, stream) in CASES.items():
        monitor = kind(settings)
        before = len(monitor.state)
        run(monitor, stream(True))
        assert len(monitor.state) == before, name
        relearn(monitor, 0)
        assert len(monitor.state) == before, name


def test_relearn_lets_go_of_the_alarm():
    for name, (kind, settings, stream) in CASES.items():
        monitor = kind(settings)
        run(monitor, stream(True))
        relearn(monitor, 10**6)
        assert not monitor.alarm, name
        assert monitor.score < 1, name


def test_limit_holds_through_its_hysteresis():
    monitor = Limit({"high": 90, "hysteresis": 5})
    seen = run(monitor, [([value], 0) for value in (89.9, 90.1, 89, 86, 84.9, 89, 90, 90.5)])
    assert list(seen) == [0, 1, 1, 1, 0, 0, 0, 1]


def test_limit_names_the_bound_that_broke():
    monitor = Limit({"low": 1.5})
    monitor.update([1.25], 0)
    assert monitor.alarm and monitor.why() == [("value", 1.25), ("limit", 1.5)]


def test_limit_waits_for_consecutive_readings():
    monitor = Limit({"high": 5, "samples": 3})
    assert list(run(monitor, [([v], 0) for v in (6, 6, 4, 6, 6, 6)])) == [0, 0, 0, 0, 0, 1]


def test_limit_on_the_bound_is_no_alarm_in_either_precision():
    assert not Limit({"high": 0.1}).update([0.1], 0)
    assert not Limit({"high": 0.1}).update([single(0.1)], 0)


def test_rate_tells_a_gap_from_a_jump():
    gap = [([20.0], i * 10) for i in range(30)] + [([26.0], 7200 + i * 10) for i in range(30)]
    jump = [([20.0], i * 10) for i in range(30)] + [([26.0], 300 + i * 10) for i in range(30)]
    assert not any(run(Rate({"rise": 10}), gap))
    assert any(run(Rate({"rise": 10}), jump))


def test_rate_reports_the_slope_per_hour():
    monitor = Rate({"rise": 100, "window": 300})
    run(monitor, [([i * 0.5], i * 10) for i in range(200)])
    assert abs(dict(monitor.why())["per_hour"] - 180) < 0.1


def test_rate_lets_go_when_the_slope_is_back():
    rows = [([min(i, 100) * 1.0], i * 10) for i in range(300)]
    alarms = run(Rate({"rise": 100}), rows)
    assert alarms[90] and not alarms[-1]


def test_rate_survives_the_wrap_of_its_seconds():
    start = 0xFFFFFF - 900
    alarms = run(Rate({"rise": 10}), [([20.0 + i * 0.001], start + i * 10) for i in range(400)])
    assert not any(alarms)


def test_stuck_believes_a_resting_thing():
    still = [([50.0, 7.0], i * 60) for i in range(500)]
    assert not any(run(Stuck({"seconds": 3600, "moved": 1}), still))
    assert run(Stuck({"seconds": 3600}), [(v[:1], at) for v, at in still])[-1]


def test_stuck_takes_no_verdict_from_a_gap():
    monitor = Stuck({"seconds": 3600})
    assert not any(run(monitor, [([5.0], 0), ([5.0], 60), ([5.0], 90000)]))


def test_stuck_lets_go_at_the_first_movement():
    monitor = Stuck({"seconds": 600})
    run(monitor, [([0.1], i * 60) for i in range(30)])
    assert monitor.alarm
    assert not monitor.update([0.2], 1800)


def test_drift_predicts_when_the_limit_is_reached():
    monitor = Drift({"limit": 60, "direction": 1})
    run(monitor, drift_stream(True))
    # 0.02 in 900 s, 10 gone of 20: the rest takes as long again, 450,000 s.
    assert 400000 < monitor.eta_s() < 500000, monitor.eta_s()
    assert Drift({}).eta_s() is None


def test_drift_has_no_time_to_a_limit_on_the_other_side():
    monitor = Drift({"limit": 20})
    run(monitor, drift_stream(True))
    assert monitor.alarm and monitor.eta_s() is None


def test_drift_told_to_look_down_ignores_what_rises():
    assert not any(run(Drift({"direction": -1}), drift_stream(True)))


def test_drift_lets_go_when_the_level_is_back():
    monitor = Drift({})
    run(monitor, drift_stream(True))
    noise = Noise(14)
    back = (([40 + noise.normal()], 900000 + i * 900) for i in range(200))
    assert not run(monitor, back)[-1]


def test_drift_sees_through_gaps():
    """Switched off for five days of every six: the blocks are only those with readings."""
    rows = ((values, at + 432000 * (at // 86400)) for values, at in drift_stream(True))
    alarms = run(Drift({}), rows)
    assert not any(alarms[:500]) and alarms[-1]


def test_cycle_names_the_rhythm_that_broke():
    monitor = Cycle({"starts_high": 8})
    run(monitor, [([1.0 if i % 3 == 0 else 0.0], i * 60) for i in range(60)])
    assert monitor.alarm and abs(dict(monitor.why())["starts"] - 20) < 0.1
    assert dict(monitor.why())["limit"] == 8


def test_cycle_sees_a_run_that_does_not_end():
    monitor = Cycle({"on_s_high": 1800})
    alarms = run(monitor, [([0.0], 0)] + [([1.0], 60 + i * 60) for i in range(40)])
    assert not any(alarms[:31]) and alarms[32]
    assert not monitor.update([0.0], 2520) or monitor.word == "on_s"


def test_cycle_learns_the_usual_rhythm():
    usual = [([1.0 if i % 15 < 5 else 0.0], i * 60) for i in range(300)]
    longer = [([1.0 if i % 50 < 40 else 0.0], 18000 + i * 60) for i in range(300)]
    monitor = Cycle({"learn": 10, "factor": 2})
    assert not any(run(monitor, usual))
    assert any(run(monitor, longer))


def test_cycle_does_not_count_what_it_has_not_seen():
    monitor = Cycle({"on_s_high": 1800, "gap": 600})
    assert not any(run(monitor, [([1.0], 0), ([1.0], 60), ([1.0], 36000), ([1.0], 36060)]))


def test_cycle_takes_a_bound_of_nought():
    monitor = Cycle({"starts_high": 0, "duty_low": 0, "least": 1})
    assert not any(run(monitor, [([0.0], i * 60) for i in range(9)]))
    assert run(monitor, [([float(i % 2)], 540 + i * 60) for i in range(9)])[-1]


def test_cycle_counts_starts():
    monitor = Cycle({})
    run(monitor, [([float(i % 2)], i * 60) for i in range(20)])
    assert dict(monitor.why())["starts_total"] == 10
    relearn(monitor, 1200)
    assert dict(monitor.why())["starts_total"] == 10


def test_crosscheck_learns_anew_at_a_refill():
    monitor = Crosscheck({"gain": -9, "tolerance": 20, "jump": 300})
    rows = [([1000.0 - 9 * (i % 100), float(i)], i * 300) for i in range(500)]
    assert not any(run(monitor, rows))


def test_crosscheck_sees_two_sensors_part():
    noise = Noise(16)
    rows = (([20 + noise.normal(), 20.5 + (3 if i > 200 else 0)], i) for i in range(400))
    alarms = run(Crosscheck({"tolerance": 2}), rows)
    assert not any(alarms[:200]) and alarms[-1]


def test_crosscheck_sees_a_level_that_stands_still_while_cups_are_sold():
    rows = [([max(500.0, 1000.0 - 9 * i), float(i)], i * 300) for i in range(150)]
    alarms = run(Crosscheck({"gain": -9, "tolerance": 30, "share": 0.15, "jump": 300}), rows)
    assert not any(alarms[:55]) and alarms[-1]


class Sensor:
    quality, sick, value = 0, False, 0.0


def test_a_suspicion_does_not_grow_old_while_a_sensor_is_sick():
    sensor = Sensor()
    watch = Watch({"name": "w", "mode": "m", "severity": 2, "channels": [0], "kind": "limit",
                   "hold": 7200, "clear": 7200, "settings": {"high": 1.0}}, [sensor])
    states = []

    def look(value, sick, *times):
        sensor.value, sensor.sick = value, sick
        for at in times:
            watch.look(at)
        states.append(watch.finding.state)

    look(2.0, False, 0, 60)
    look(2.0, True, 120, 90_000)
    look(2.0, False, 90_060, 90_120)
    assert states == [RAISED, NONE, RAISED]
    look(2.0, False, 97_400)
    look(0.0, True, 100_000, 200_000)
    look(0.0, False, 200_060)
    assert states[3:] == [CONFIRMED, CONFIRMED, CONFIRMED]
    look(0.0, False, 207_300)
    assert states[6] == NONE
