"""Every monitor but novelty: it raises on what it names, stays quiet on healthy noise, survives a
restart in mid-stream, and never grows. The same file runs on CPython and on MicroPython.
"""

from array import array

from agent.sense.monitors.limit import Limit
from agent.sense.monitors.rate import Rate
from agent.sense.monitors.stuck import Stuck


class Noise:
    """Normal-like noise (twelve uniforms) from a 31-bit congruence: the same on every runtime."""

    def __init__(self, seed=1):
        self.word = seed

    def uniform(self):
        self.word = (self.word * 1103515245 + 12345) & 0x7FFFFFFF
        return (self.word >> 8) / 8388608

    def normal(self):
        return sum([self.uniform() for _ in range(12)]) - 6


def single(value):
    """The value as float32 holds it, as a restored reading would be."""
    return array("f", [value])[0]


def limit_stream(faulty, n=600):
    noise = Noise(3)
    for i in range(n):
        excess = 15 if faulty and i >= n // 2 else 0
        yield [80 + noise.normal() + excess], i * 10


def rate_stream(faulty, n=600):
    noise = Noise(4)
    for i in range(n):
        fallen = max(0, i - n // 2) * 0.05 if faulty else 0
        yield [80 + 0.1 * noise.normal() - fallen], i * 10


def stuck_stream(faulty, n=600):
    noise = Noise(5)
    for i in range(n):
        frozen = faulty and i >= n // 2
        moving = single(20 + noise.normal())
        yield [20.5 if frozen else moving, i * 0.5], i * 60


# kind: (class, settings, stream of (values, at); the fault starts half-way)
CASES = {
    "limit": (Limit, {"high": 90, "low": 60, "hysteresis": 2, "samples": 2}, limit_stream),
    "rate": (Rate, {"rise": 10, "fall": 10, "window": 120}, rate_stream),
    "stuck": (Stuck, {"seconds": 3600, "epsilon": 0.01, "moved": 5}, stuck_stream),
}


def run(monitor, stream):
    """The alarms as a list of bools, one per reading."""
    return [monitor.update(values, at) for values, at in stream]


def clone(monitor, kind, settings):
    """What a restart does: a new object, the state put back, wake()."""
    other = kind(settings)
    other.state[:] = array("f", bytes(monitor.state))
    other.wake()
    return other


def test_every_monitor_is_quiet_on_healthy_noise():
    for name, (kind, settings, stream) in CASES.items():
        alarms = run(kind(settings), stream(False))
        assert not any(alarms), (name, alarms.index(True))


def test_every_monitor_raises_after_its_fault_and_not_before():
    for name, (kind, settings, stream) in CASES.items():
        monitor = kind(settings)
        alarms = run(monitor, stream(True))
        half = len(alarms) // 2
        assert not any(alarms[:half]), (name, alarms.index(True), half)
        assert alarms[-1], name
        assert monitor.alarm and monitor.score >= 1, (name, monitor.score)
        for word, number in monitor.why():
            assert isinstance(word, str) and number == number, (name, word, number)


def test_every_monitor_goes_on_after_a_restart_as_if_nothing_had_happened():
    for name, (kind, settings, stream) in CASES.items():
        whole = kind(settings)
        rows = list(stream(True))
        for cut in (1, len(rows) // 3, len(rows) * 3 // 4):
            whole = kind(settings)
            run(whole, rows[:cut])
            again = clone(whole, kind, settings)
            assert again.alarm == whole.alarm, (name, cut)
            assert again.score == whole.score, (name, cut, again.score, whole.score)
            assert again.why() == whole.why(), (name, cut)
            for values, at in rows[cut:]:
                whole.update(values, at)
                again.update(values, at)
                assert bytes(again.state) == bytes(whole.state), (name, cut, at)


def test_every_state_keeps_its_size():
    for name, (kind, settings, stream) in CASES.items():
        monitor = kind(settings)
        before = len(monitor.state)
        run(monitor, stream(True))
        assert len(monitor.state) == before, name
        monitor.relearn(0)
        assert len(monitor.state) == before, name


def test_relearn_lets_go_of_the_alarm():
    for name, (kind, settings, stream) in CASES.items():
        monitor = kind(settings)
        run(monitor, stream(True))
        monitor.relearn(10**6)
        assert not monitor.alarm, name
        assert monitor.score < 1, name


def test_limit_holds_through_its_hysteresis():
    monitor = Limit({"high": 90, "hysteresis": 5})
    seen = run(monitor, [([value], 0) for value in (89.9, 90.1, 89, 86, 84.9, 89, 90, 90.5)])
    assert seen == [False, True, True, True, False, False, False, True]


def test_limit_names_the_bound_that_broke():
    monitor = Limit({"low": 1.5})
    monitor.update([1.25], 0)
    assert monitor.alarm and monitor.why() == [("value", 1.25), ("limit", 1.5)]


def test_limit_waits_for_consecutive_readings():
    monitor = Limit({"high": 5, "samples": 3})
    assert run(monitor, [([v], 0) for v in (6, 6, 4, 6, 6, 6)]) == [False] * 5 + [True]


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
