"""Rate: a reading that changes faster than the thing can in health.

A leak, a blocked fan or a torn wire shows in the slope long before a fixed limit is crossed. The
slope is taken between the means of two neighbouring windows: a single spike is divided by the
number of readings in its window, and a gap in time only makes the slope smaller, never larger.
"""

from array import array

from agent import const

_ALARM = const(0)
_RATE = const(1)
_COUNT = const(2)
_START = const(3)
_MEAN = const(4)
_OFFSET = const(5)
_SEEN = const(6)
_LAST_MEAN = const(7)
_LAST_AGE = const(8)
_WRAP = const(0xFFFFFF)  # whole seconds that float32 holds exactly: spans up to 194 days are exact
_NEVER = const(1e30)


class Rate:
    """One channel's slope against `rise` and `fall`.

    Settings: rise, fall (channel unit per hour, both positive; default none), window (s, default
    60), hysteresis (share of the bound by which the slope must drop to let go, default 0.2).
    Score: slope over bound. The verdict is renewed at the end of each window.
    """

    def __init__(self, settings):
        self.rise = settings.get("rise", _NEVER)
        self.fall = settings.get("fall", _NEVER)
        self.window = settings.get("window", 60)
        self.let_go = 1.0 - settings.get("hysteresis", 0.2)
        self.state = array("f", bytes(4 * 9))
        self.wake()

    def wake(self):
        rate = self.state[_RATE]
        self.alarm = self.state[_ALARM] > 0
        self.score = rate / self.rise if rate > 0 else -rate / self.fall

    def update(self, values, at):
        state = self.state
        age = (at - int(state[_START])) & _WRAP
        if state[_COUNT] and age >= self.window:
            self._close(age)
        if not state[_COUNT]:
            state[_START] = at & _WRAP
            age = 0
        state[_COUNT] += 1
        state[_MEAN] += (values[0] - state[_MEAN]) / state[_COUNT]
        state[_OFFSET] += (age - state[_OFFSET]) / state[_COUNT]
        return self.alarm

    def _close(self, age):
        """End of a window: compare its mean with the last one's, then make it the last one."""
        state = self.state
        if state[_SEEN]:
            elapsed = state[_LAST_AGE] + state[_OFFSET]
            state[_RATE] = (state[_MEAN] - state[_LAST_MEAN]) / elapsed * 3600
            self.wake()
            state[_ALARM] = self.score >= (self.let_go if self.alarm else 1.0)
            self.alarm = state[_ALARM] > 0
        state[_SEEN] = 1
        state[_LAST_MEAN] = state[_MEAN]
        state[_LAST_AGE] = age - state[_OFFSET]
        state[_COUNT] = state[_MEAN] = state[_OFFSET] = 0

    def why(self):
        rate = self.state[_RATE]
        return [("per_hour", rate), ("limit", self.rise if rate > 0 else -self.fall)]
