"""The ticks port on a number that tests move, on the ring of MicroPython's; for both runtimes."""

PERIOD = 1 << 30


class FakeTicks:
    """`now`: milliseconds that have passed; sleeping adds to it."""

    def __init__(self, now=0):
        self.now = now

    def ticks_ms(self):
        return self.now % PERIOD

    def ticks_add(self, ticks, delta):
        return (ticks + delta) % PERIOD

    def ticks_diff(self, end, start):
        half = PERIOD // 2
        return (end - start + half) % PERIOD - half

    def sleep_ms(self, duration):
        self.now += duration
