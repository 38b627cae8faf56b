"""Pulses counted and timed, bounces left out: what meters and switches need of an interrupt.

The port calls `edge` from its interrupt, a driver asks from the loop. On MicroPython such
interrupts run between two bytecodes, never inside one of ours that matters.
"""


class Edges:
    """How many pulses since the start, and the time between those that followed each other.

    A contact bounces when it closes and when it opens, so an edge of either kind that follows
    another within `debounce_us` is a bounce; pulses and pauses have to be longer than that. A
    silence longer than `gap_us` is a pause and no interval. Ticks wrap at 2**30 us (17.9 minutes):
    after a whole number of those an edge can pass for a bounce, or a pause for an interval.
    """

    def __init__(self, ticks, debounce_us: int = 0, gap_us: int = 2_000_000):
        self._count = 0
        self._ticks = ticks
        self._debounce = debounce_us
        self._gap = gap_us
        self._seen = -1  # when the last edge of either kind was
        self._last = -1  # and the last that counted
        self._intervals = 0
        self._interval_us = 0

    def edge(self, now_us, begins=True):
        """The line changed at `now_us` of the ticks port; `begins`: into a pulse, not out of it."""
        seen, self._seen = self._seen, now_us
        if seen >= 0 and 0 <= self._ticks.ticks_diff(now_us, seen) < self._debounce:
            return
        if not begins:
            return
        if self._last >= 0:
            since = self._ticks.ticks_diff(now_us, self._last)
            if 0 <= since <= self._gap:
                self._intervals += 1
                self._interval_us += since
        self._last = now_us
        self._count += 1

    def total(self) -> int:
        """Pulses since the start."""
        return self._count

    def take(self):
        """(intervals, their sum in us) since the last `take`."""
        taken = self._intervals, self._interval_us
        self._intervals = self._interval_us = 0
        return taken
