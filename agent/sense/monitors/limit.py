"""Limit: a reading beyond a fixed bound. The alarm that people expect to find first.

Latched with hysteresis (a Schmitt trigger): raised at the bound, let go only `hysteresis` inside
it, so a value that dithers on the bound is one alarm.
"""

from array import array

from agent import const

_ALARM = const(0)
_RUN = const(1)
_VALUE = const(2)
_NEVER = const(1e30)  # a bound no reading reaches, and float32 still holds
_OPEN = const(1e29)  # beyond this a bound counts as not set


class Limit:
    """One channel against `high` and `low`.

    Settings: high, low (channel unit; default none), hysteresis (channel unit, default 0),
    samples (consecutive readings beyond the bound before the alarm, default 1).
    Score: 1 at the bound, rising by 1 for each tenth of the bound (or of the band) beyond it.
    """

    def __init__(self, settings):
        # Rounded to float32 like the reading, or a reading on the bound would differ by runtime.
        low, high = settings.get("low", -_NEVER), settings.get("high", _NEVER)
        self.low, self.high = array("f", (low, high))
        self.hysteresis = settings.get("hysteresis", 0.0)
        self.samples = settings.get("samples", 1)
        self.tenth = self._tenth()
        self.state = array("f", bytes(4 * 3))
        self.wake()

    def _tenth(self):
        """A tenth of the band, or of the only bound: the chart's unit, no part of the verdict."""
        if self.high < _OPEN and self.low > -_OPEN:
            return 0.1 * (self.high - self.low) or 1.0
        bound = self.high if self.high < _OPEN else self.low
        return 0.1 * abs(bound) or 1.0

    def wake(self):
        state = self.state
        self.alarm = state[_ALARM] > 0
        beyond = self._beyond(state[_VALUE])
        self.score = max(0.0, 1.0 + beyond / self.tenth) if state[_RUN] or self.alarm else 0.0

    def _beyond(self, value):
        """How far outside the band, negative inside."""
        return max(value - self.high, self.low - value)

    def update(self, values, at):
        state = self.state
        state[_VALUE] = values[0]
        beyond = self._beyond(state[_VALUE])
        state[_RUN] = min(state[_RUN] + 1, self.samples) if beyond > 0 else 0
        if state[_RUN] >= self.samples:
            state[_ALARM] = 1
        elif beyond <= -self.hysteresis:
            state[_ALARM] = 0
        self.alarm = state[_ALARM] > 0
        self.score = max(0.0, 1.0 + beyond / self.tenth)
        return self.alarm

    def why(self):
        value = self.state[_VALUE]
        near_high = value - self.high > self.low - value
        return [("value", value), ("limit", self.high if near_high else self.low)]
