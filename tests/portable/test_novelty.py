"""Novelty: raises on what a signal has never done, keeps quiet on what it always does, survives a
restart in mid-stream, and never grows. The same file runs on CPython and on MicroPython.
"""

import math
from array import array

from agent.sense.monitors import make, relearn
from agent.sense.monitors.novelty import Novelty

PERIOD = 300
DAY = 86400 // PERIOD
LEARNED = 6 * DAY


class Noise:
    """Normal-like noise (twelve uniforms) from a 31-bit congruence: the same on every runtime."""

    def __init__(self, seed=1):
        self.word = seed

    def uniform(self):
        self.word = (self.word * 1103515245 + 12345) & 0x7FFFFFFF
        return (self.word >> 8) / 8388608

    def normal(self):
        return sum([self.uniform() for _ in range(12)]) - 6


def daily(noise, row, turns=1):
    """A signal of one period a day (or `turns` of them), amplitude 10, noise of one."""
    return 50 + 10 * math.sin(2 * math.pi * turns * row / DAY) + noise.normal()


def rises(values, monitor=None, period=PERIOD, first=0):
    """Rows at which the alarm rose."""
    monitor = monitor or Novelty({})
    rows, was = [], monitor.alarm
    for row, value in enumerate(values, first):
        alarm = monitor.update((value,), row * period)
        if alarm and not was:
            rows.append(row)
        was = alarm
    return rows


def learned(seed=1, days=6):
    """A monitor that has seen some healthy days, and the noise to go on with."""
    noise, monitor = Noise(seed), Novelty({})
    rises((daily(noise, row) for row in range(days * DAY)), monitor)
    return monitor, noise


def then(monitor, noise, change, rows):
    """Rows after the healthy days at which the alarm rose while `change(row, value)` acts."""
    values = (change(row, daily(noise, row)) for row in range(LEARNED, LEARNED + rows))
    return [row - LEARNED for row in rises(values, monitor, first=LEARNED)]


def test_quiet_on_a_daily_signal_once_it_is_learned():
    for seed in (1, 2, 3):
        noise = Noise(seed)
        found = rises(daily(noise, row) for row in range(20 * DAY))
        assert len(found) <= 2, found
        assert len([row for row in found if row > LEARNED]) <= 1, found


def test_a_step_raises_at_once():
    monitor, noise = learned()
    assert not monitor.alarm
    found = then(monitor, noise, lambda row, value: value + 12, DAY)
    assert found and found[0] <= 2 * DAY // 24, found


def test_a_step_within_the_range_raises_where_the_hour_does_not_fit():
    monitor, noise = learned()
    found = then(monitor, noise, lambda row, value: 50 + noise.normal(), DAY)
    assert found and found[0] <= DAY // 2, found


def test_a_spike_raises_in_its_own_row():
    monitor, noise = learned()
    found = then(monitor, noise, lambda row, value: value + 30 * (row == LEARNED + 40), 60)
    assert found == [40], found
    assert monitor.update((50,), 0) and monitor.score < 1, "still one episode"


def test_a_dip_raises_like_a_spike():
    monitor, noise = learned()
    assert then(monitor, noise, lambda row, value: value - 30 * (row == LEARNED + 40), 60) == [40]


def test_another_frequency_raises():
    monitor, noise = learned()
    found = then(monitor, noise, lambda row, value: daily(noise, row, 3), DAY)
    assert found and found[0] <= DAY // 3, found


def test_an_alarm_lets_go_and_the_same_again_needs_more():
    monitor, noise = learned()
    then(monitor, noise, lambda row, value: value + 14 * (row == LEARNED + 40), DAY)
    assert not monitor.alarm
    bigger = then(monitor, noise, lambda row, value: value + 15 * (row == LEARNED + 40), DAY)
    assert bigger == [], "hardly more than the last time"
    assert then(monitor, noise, lambda row, value: value + 60 * (row == LEARNED + 40), DAY) == [40]


def test_a_constant_is_nothing_new_whatever_its_digits():
    for constant in (0, 0.1, -273.15, 1e7 / 3):
        monitor = Novelty({})
        assert rises((constant for _ in range(2 * DAY)), monitor) == []
        assert monitor.update((constant + 1,), 0), "the first change ever"


def test_nothing_is_raised_while_it_learns():
    noise, monitor = Noise(5), Novelty({"hold": 100})
    assert rises((noise.normal() * 10**row for row in range(-30, 70)), monitor) == []
    relearn(monitor, 0)
    assert rises((noise.normal() for _ in range(50)), monitor) == []
    assert rises((2.0**row for row in range(51)), monitor) == [50]


def test_any_period_and_gaps():
    for period in (1, 60, 3600, 86400):
        noise, monitor = Noise(7), Novelty({})
        assert len(rises((noise.normal() for _ in range(3000)), monitor, period)) <= 3, period
        at = 3000 * period + 1000000
        assert monitor.update((80.0,), at), period


def test_a_restart_in_mid_stream_changes_nothing():
    for cut in (1, 30, 400, 1500, 1729, 1745):
        noise = Noise(9)
        stream = array("f", bytes(4 * 2000))
        for row in range(2000):
            stream[row] = daily(noise, row) + 25 * (1728 <= row < 1740)
        whole = Novelty({})
        rises(stream[:cut], whole)
        again = Novelty({})
        again.state[:] = array("f", bytes(whole.state))
        again.wake()
        assert (again.alarm, again.score, again.why()) == (whole.alarm, whole.score, whole.why())
        for row in range(cut, 2000):
            at = row * PERIOD
            assert again.update((stream[row],), at) == whole.update((stream[row],), at), (cut, row)
        assert bytes(again.state) == bytes(whole.state), cut
        assert (again.alarm, again.score) == (whole.alarm, whole.score)


def test_the_state_keeps_its_size_and_fits():
    monitor = make("novelty", {})
    before = len(monitor.state)
    rises((row % 7 * 1e5 for row in range(1000)), monitor)
    relearn(monitor, 0)
    assert len(monitor.state) == before and 4 * before <= 512


def test_relearning_lets_go_and_forgets():
    monitor, noise = learned()
    then(monitor, noise, lambda row, value: value + 40, 3)
    assert monitor.alarm and monitor.score >= 1
    relearn(monitor, 0)
    assert not monitor.alarm and monitor.score == 0
    assert not any(monitor.state)


def test_why_names_what_is_new():
    monitor, noise = learned()
    then(monitor, noise, lambda row, value: value + 40, 1)
    why = dict(monitor.why())
    assert why["range"] >= 1 and why["range"] > why["unusual"]
    assert why["learned"] == LEARNED + 1


def test_less_sensitive_needs_more():
    found = {}
    for sensitivity in (1, 0.25):
        for height in (66, 120):
            noise, monitor = Noise(1), Novelty({"sensitivity": sensitivity, "hold": 288})
            rises((daily(noise, row) for row in range(LEARNED)), monitor)
            rows = rises((height, 50), monitor, first=LEARNED)
            found[sensitivity, height] = rows == [LEARNED]
    assert found == {(1, 66): True, (1, 120): True, (0.25, 66): False, (0.25, 120): True}
