"""Uptime in seconds from ticks that wrap."""

from hal.clock import Clock

RING = 1 << 30


class Ticks:
    """The ticks port, moved by hand, on MicroPython's ring."""

    def __init__(self, now):
        self.now = now
        self.slept = []

    def ticks_ms(self):
        return self.now % RING

    def ticks_add(self, ticks, delta):
        return (ticks + delta) % RING

    def ticks_diff(self, end, start):
        return (end - start + RING // 2) % RING - RING // 2

    def sleep_ms(self, duration):
        self.slept.append(duration)
        self.now += duration


def test_seconds_are_whole_and_start_at_zero():
    ticks = Ticks(12_345)
    clock = Clock(ticks)
    assert clock.uptime() == 0
    ticks.now += 999
    assert clock.uptime() == 0
    ticks.now += 1
    assert clock.uptime() == 1


def test_milliseconds_are_not_lost_between_calls():
    ticks = Ticks(0)
    clock = Clock(ticks)
    for _ in range(10_000):
        ticks.now += 333
        clock.uptime()
    assert clock.uptime() == 3_330


def test_uptime_rises_through_many_wraps():
    ticks = Ticks(RING - 2_500)
    clock = Clock(ticks)
    five_days, last = 5 * 86_400, 0
    for turn in range(1, 40):
        ticks.now += five_days * 1_000
        assert clock.uptime() == turn * five_days > last
        last = clock.uptime()
    assert ticks.now > 15 * RING


def test_ticks_that_stand_still_or_go_back_do_no_harm():
    ticks = Ticks(10_000)
    clock = Clock(ticks)
    ticks.now += 5_000
    assert clock.uptime() == 5
    ticks.now -= 300
    assert clock.uptime() == 5
    ticks.now += 1_300
    assert clock.uptime() == 6


def test_sleep_ends_when_due_or_after_the_longest():
    ticks = Ticks(RING - 400)
    clock = Clock(ticks)
    clock.sleep_until(10, 50)
    assert ticks.slept == [50]
    clock.sleep_until(1, 5_000)
    assert ticks.slept[1] == 950
    assert clock.uptime() == 1
    clock.sleep_until(1, 5_000)
    assert len(ticks.slept) == 2, "what is due already is not slept for"
