"""Every monitor but novelty: it raises on what it names, stays quiet on healthy noise, survives a
restart in mid-stream, and never grows. The same file runs on CPython and on MicroPython.
"""

from array import array

from agent.sense.monitors.crosscheck import Crosscheck
from agent.sense.monitors.cycle import Cycle
from agent.sense.monitors.drift import Drift
from agent.sense.monitors.joint import Joint, invert
from agent.sense.monitors.life import TERMS, Life
from agent.sense.monitors.limit import Limit
from agent.sense.monitors.onset import Onset
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


def joint_stream(faulty, n=1200):
    """Three channels driven by one load, one that wanders alone; the fault is in the second."""
    noise = Noise(6)
    wander = 0.0
    for i in range(n):
        load = noise.normal()
        wander = 0.98 * wander + 0.1 * noise.normal()
        broken = faulty and i >= n // 2
        flow = 30 + load + 0.5 * noise.normal() - (4 if broken else 0)
        yield [2 + 0.3 * load + 0.1 * noise.normal(), flow, 230.0, 80 + wander], i


def drift_stream(faulty, n=1000):
    noise = Noise(7)
    for i in range(n):
        gone = max(0, i - n // 2) * 0.02 if faulty else 0
        yield [40 + noise.normal() + gone], i * 900


def cycle_stream(faulty, n=2400):
    """Five minutes on, ten off; short cycling is one on, two off."""
    for i in range(n):
        length = 3 if faulty and i >= n // 2 else 15
        yield [90.0 if i % length < length // 3 else 2.0], i * 60


def onset_stream(faulty, n=1600):
    noise = Noise(8)
    for i in range(n):
        wear = max(0, i - n // 2) * 0.0003 if faulty else 0
        run_in = max(0.0, 1 - i / 50) * 0.1
        yield [(1 + wear + run_in) * 0.06 * (1 + 0.02 * noise.normal())], i * 600


def life_stream(faulty, n=300):
    noise = Noise(9)
    for i in range(n):
        worn = max(0, i - n // 2) / (n // 2) if faulty else 0
        yield [9000 + 20 * (worn + 0.1 * noise.normal()), 5 + worn], i * 3600


def crosscheck_stream(faulty, n=800):
    """A level of beans against the cups sold: nine grams a cup, or a leaking grinder's fifteen."""
    noise = Noise(10)
    level = 1000.0
    for i in range(n):
        level -= 15 if faulty and i >= n // 2 else 9
        if level < 50 and i not in range(n // 2 - 5, n // 2 + 60):
            level = 1000.0
        yield [level + noise.normal(), float(i)], i * 300


# Told life is 60 - 50 * fast index; the index is how worn the two channels say the part is.
LIFE_WEIGHTS = [0.025, 0.5, -227.5, 60.0, -50.0] + [0.0] * (TERMS - 2)

# kind: (class, settings, stream of (values, at); the fault starts half-way)
CASES = {
    "limit": (Limit, {"high": 90, "low": 60, "hysteresis": 2, "samples": 2}, limit_stream),
    "rate": (Rate, {"rise": 10, "fall": 10, "window": 120}, rate_stream),
    "stuck": (Stuck, {"seconds": 3600, "epsilon": 0.01, "moved": 5}, stuck_stream),
    "joint": (Joint, {}, joint_stream),
    "drift": (Drift, {"limit": 60}, drift_stream),
    "cycle": (Cycle, {"on": 50, "off": 20, "starts_high": 8, "learn": 10}, cycle_stream),
    "onset": (Onset, {}, onset_stream),
    "life": (Life, {"weights": LIFE_WEIGHTS}, life_stream),
    "crosscheck": (Crosscheck, {"gain": -9, "tolerance": 20, "share": 0.1, "jump": 300},
                   crosscheck_stream),
}


def run(monitor, stream):
    """The alarms as bytes, one per reading: small, for the heap of a device."""
    alarms = bytearray()
    for values, at in stream:
        alarms.append(monitor.update(values, at))
    return bytes(alarms)


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


def test_joint_inverts_what_it_is_given():
    rows = [[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]]
    inverse = [row[:] for row in rows]
    invert(inverse)
    for i in range(3):
        for j in range(3):
            product = sum([rows[i][k] * inverse[k][j] for k in range(3)])
            assert abs(product - (i == j)) < 1e-9


def test_joint_blames_the_channel_that_broke():
    monitor = Joint({})
    run(monitor, joint_stream(True))
    shares = dict(monitor.blame())
    assert shares[1] > 0.5, shares
    assert abs(sum(shares.values()) - 1) < 1e-6
    assert dict(monitor.why())["channel"] == 1


def test_joint_sees_a_broken_relation_that_no_channel_shows_alone():
    """Each channel stays in its own usual range; only together are they wrong."""
    def stream(faulty):
        noise = Noise(11)
        for i in range(1600):
            load = noise.normal()
            opposite = -load if faulty and i >= 800 else load
            yield [load + 0.05 * noise.normal(), opposite + 0.05 * noise.normal()], i

    assert not any(run(Joint({}), stream(False)))
    alarms = run(Joint({}), stream(True))
    assert not any(alarms[:800]) and any(alarms[800:900])


def test_joint_takes_any_number_of_channels_up_to_its_room():
    for width in (1, 2, 3, 5, 8):
        monitor = Joint({})
        noise = Noise(12 + width)
        for i in range(700):
            assert not monitor.update([noise.normal() for _ in range(width)], i), (width, i)
        assert 4 * len(monitor.state) == 256
        assert any(run(monitor, [([9.0] * width, 700 + i) for i in range(50)])), width


def test_joint_stays_finite_when_channels_are_constant_or_equal():
    monitor = Joint({})
    noise = Noise(13)
    for i in range(800):
        value = noise.normal()
        monitor.update([value, value, 32.0, 0.0], i)
        assert monitor.score == monitor.score and monitor.score < 1e6
    assert not monitor.alarm
    still = Joint({})
    assert not any(run(still, [([5.0, 7.0], i) for i in range(800)]))


def test_joint_survives_one_wild_reading():
    monitor = Joint({})
    for values, at in joint_stream(False):
        wild = [2.0, 1e6, 230.0, 80.0]
        assert not monitor.update(wild if at == 700 else values, at), at


def test_joint_does_not_learn_the_fault():
    monitor = Joint({})
    assert all(run(monitor, joint_stream(True, 6000))[3100:])


def test_joint_says_how_far_its_learning_is():
    monitor = Joint({"learn": 50, "calibrate": 20})
    run(monitor, joint_stream(False, 30))
    assert monitor.why() == [("learning", 30)]


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
    rows = list(drift_stream(True))
    monitor = Drift({})
    run(monitor, rows)
    noise = Noise(14)
    back = [([40 + noise.normal()], 900000 + i * 900) for i in range(200)]
    assert not run(monitor, back)[-1]


def test_drift_sees_through_gaps():
    """Switched off for five days of every six: the blocks are only those with readings."""
    rows = [(values, at + 432000 * (at // 86400)) for values, at in drift_stream(True)]
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


def test_cycle_counts_starts():
    monitor = Cycle({})
    run(monitor, [([float(i % 2)], i * 60) for i in range(20)])
    assert dict(monitor.why())["starts_total"] == 10
    monitor.relearn(1200)
    assert dict(monitor.why())["starts_total"] == 10


def test_onset_is_for_good_until_the_level_is_back():
    monitor = Onset({})
    run(monitor, onset_stream(True))
    partly = [([0.06 * 1.08], 10**6 + i * 600) for i in range(200)]
    assert run(monitor, partly)[-1]
    assert not run(monitor, [([0.06], 2 * 10**6 + i * 600) for i in range(400)])[-1]


def test_onset_does_not_mind_small_change_or_wild_readings():
    noise = Noise(15)
    rows = [([1 + 0.01 * noise.normal() + (0.06 if i > 500 else 0)], i) for i in range(1500)]
    rows[700] = ([50.0], 700)
    assert not any(run(Onset({}), rows))


def test_onset_looks_down_when_told():
    falling = [([2 - values[0] / 0.06], at) for values, at in onset_stream(True)]
    assert run(Onset({"direction": -1}), falling)[-1]
    assert not any(run(Onset({}), falling))


def test_life_tells_the_weights_cubic():
    """All inputs but one are made one by hand: then the sum of the weights is the answer."""
    monitor = Life({"weights": [1.0, 0.0] + [0.5] * TERMS, "age": 1, "cap": 1000})
    monitor.update([1.0], 0)
    monitor.update([1.0], 3600)
    assert dict(monitor.why())["left"] == 0.5 * TERMS
    assert dict(monitor.why())["used"] == 2


def test_life_has_no_verdict_before_it_knows_where_it_began():
    monitor = Life({"weights": LIFE_WEIGHTS, "new": 30, "horizon": 80})
    assert not any(run(monitor, life_stream(False, 29)))
    assert monitor.eta_s() is None and monitor.score == 0
    monitor.update([9000, 5], 29 * 3600)
    assert monitor.alarm and 0 < monitor.eta_s() < 80 * 3600


def test_crosscheck_learns_anew_at_a_refill():
    monitor = Crosscheck({"gain": -9, "tolerance": 20, "jump": 300})
    rows = [([1000.0 - 9 * (i % 100), float(i)], i * 300) for i in range(500)]
    assert not any(run(monitor, rows))


def test_crosscheck_sees_two_sensors_part():
    noise = Noise(16)
    rows = [([20 + noise.normal(), 20.5 + (3 if i > 200 else 0)], i) for i in range(400)]
    alarms = run(Crosscheck({"tolerance": 2}), rows)
    assert not any(alarms[:200]) and alarms[-1]


def test_crosscheck_sees_a_level_that_stands_still_while_cups_are_sold():
    rows = [([max(500.0, 1000.0 - 9 * i), float(i)], i * 300) for i in range(150)]
    alarms = run(Crosscheck({"gain": -9, "tolerance": 30, "share": 0.15, "jump": 300}), rows)
    assert not any(alarms[:55]) and alarms[-1]
