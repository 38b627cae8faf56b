"""Whole seconds of uptime from millisecond ticks that wrap, so that nothing above ever sees ticks.

MicroPython's ticks wrap at 2**30 ms (12.4 days) and only half of that is comparable, so `uptime`
must be asked at least every six days; the loop asks it every turn.
"""


class Clock:
    """Counts up from 0 at construction. `ticks` is the ticks port of hal/__init__.py."""

    def __init__(self, ticks):
        self.ticks = ticks
        self._seconds = 0
        self._second_began = ticks.ticks_ms()

    def uptime(self) -> int:
        """Whole seconds since construction; never goes back."""
        ticks = self.ticks
        passed = ticks.ticks_diff(ticks.ticks_ms(), self._second_began)
        if passed >= 1000:
            self._seconds += passed // 1000
            self._second_began = ticks.ticks_add(self._second_began, passed - passed % 1000)
        return self._seconds

    def sleep_until(self, due: int, at_most_ms: int) -> None:
        """Sleep until second `due`, but no longer than `at_most_ms`."""
        ticks = self.ticks
        wait = (due - self._seconds) * 1000
        wait -= ticks.ticks_diff(ticks.ticks_ms(), self._second_began)
        wait = min(wait, at_most_ms)
        if wait > 0:
            ticks.sleep_ms(wait)
