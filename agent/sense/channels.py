"""Signals: the last reading of every channel, whether it can be believed, and what went before.

A reading that cannot be believed is data, not an error: it gets a quality, and whatever depends on
the channel waits until it is well again.
"""

from array import array

GOOD, SUSPECT, OUT_OF_RANGE, STUCK, MISSING = 0, 1, 2, 3, 4
QUALITIES = ("good", "suspect", "out of range", "stuck", "missing")

# Beyond this a float is infinite in everything but name; inside it float32 arithmetic is safe.
_HUGE = 1e18


class Signal:
    """What the thing knows of one channel now, and a ring of its latest readings.

    value: the last believable value, in the channel's unit; quality: of the last reading;
    at: when that was, or None before the first.
    """

    def __init__(self, channel):
        self.channel = channel
        self.value = 0.0
        self.quality = MISSING
        self.at = None
        self.sick = False  # its sensor has a confirmed fault
        self.said = None  # the last reading as it came, believable or not
        self.late = 0  # readings dropped because they were older than the last one
        self._units = None
        self.changed_at = 0
        self._next = 0
        self._times = array("I", bytes(4 * channel.evidence))
        self._values = array("i", bytes(4 * channel.evidence))

    def take(self, value, quality, at):
        """Judge and keep one reading; return its quality, or None if it came too late."""
        if self.at is not None and at < self.at:
            self.late += 1
            return None
        self.at = at
        self.said = value
        self.quality = self._judge(value, quality, at)
        if self.quality == GOOD:
            self.value = value
        return self.quality

    def patience(self, at):
        """Return how many seconds it may still be silent; below 0 it is overdue, and missing."""
        stale = self.channel.stale_s or _HUGE
        left = stale if self.at is None else self.at + stale - at
        if left < 0:
            self.quality = MISSING
        return left

    def _judge(self, value, quality, at):
        if quality != GOOD:
            return quality
        if value is None or value != value or not -_HUGE < value < _HUGE:
            return MISSING
        channel = self.channel
        if not channel.low <= value <= channel.high:
            return OUT_OF_RANGE
        units = channel.units(value)
        if units != self._units:
            self._units = units
            self.changed_at = at
        elif channel.stuck_s and at - self.changed_at >= channel.stuck_s:
            return STUCK
        if channel.evidence:
            self._times[self._next] = at
            self._values[self._next] = units
            self._next = (self._next + 1) % channel.evidence
        return GOOD

    def evidence(self, at, most):
        """Return the latest readings, oldest first: [[seconds before `at`, units], ...]."""
        size = self.channel.evidence
        rows = []
        for step in range(size):
            index = (self._next + step) % size
            if self._times[index]:
                rows.append([at - self._times[index], self._values[index]])
        return rows[-most:]
