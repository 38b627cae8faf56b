"""Drift: a slow, lasting change against what was learned: fouling, ageing, a leak, a worn seal.

Cumulative sum (Page 1954) of block means in units of their own healthy deviation. Blocks make
neighbouring readings independent enough for the test's false alarm rate to mean something: choose
a block as long as the thing's own cycle (a compressor's, a day's), and a cycle is no drift.
"""

from array import array
from math import sqrt

from agent import const

_BLOCKS = const(0)
_ALARM = const(1)
_COUNT = const(2)
_MEAN = const(3)
_START = const(4)
_NORMAL = const(5)
_VARIANCE = const(6)
_RISE = const(7)
_FALL = const(8)
_RISE_S = const(9)
_FALL_S = const(10)
_LEVEL = const(11)
_WRAP = const(0xFFFFFF)  # whole seconds that float32 holds exactly: spans up to 194 days are exact
_NEVER = const(1e30)
_FAR = const(1000)  # a limit this many times further off than the drift has come is not predicted


class Drift:
    """One channel.

    Settings: block (s, default 3600), learn (healthy blocks, default 48), direction (1 only up, -1
    only down, 0 both, the default), slack (deviations that are no drift, default 1), threshold
    (cumulative deviations that are one, default 8), floor (smallest deviation believed, channel
    unit, default 0), limit (value at which the thing fails, for the prediction; default none).
    Score: cumulative deviations over threshold; the alarm lets go at half.
    """

    def __init__(self, settings):
        self.block = settings.get("block", 3600)
        self.learn = settings.get("learn", 48)
        self.direction = settings.get("direction", 0)
        self.slack = settings.get("slack", 1.0)
        self.threshold = settings.get("threshold", 8.0)
        self.floor = settings.get("floor", 0.0)
        self.limit = settings.get("limit", _NEVER)
        self.state = array("f", bytes(4 * 12))
        self.wake()

    def wake(self):
        self.alarm = self.state[_ALARM] > 0
        self.score = max(self.state[_RISE], self.state[_FALL]) / self.threshold

    def update(self, values, at):
        state = self.state
        age = (at - int(state[_START])) & _WRAP
        if state[_COUNT] and age >= self.block:
            if state[_BLOCKS] < self.learn:
                self._learn()
            else:
                self._judge(age)
            state[_COUNT] = 0
        if not state[_COUNT]:
            state[_START] = at & _WRAP
            state[_MEAN] = 0
        state[_COUNT] += 1
        state[_MEAN] += (values[0] - state[_MEAN]) / state[_COUNT]
        return self.alarm

    def _learn(self):
        """Running mean and variance of the healthy blocks."""
        state = self.state
        state[_BLOCKS] += 1
        off = state[_MEAN] - state[_NORMAL]
        state[_NORMAL] += off / state[_BLOCKS]
        square = off * (state[_MEAN] - state[_NORMAL])
        state[_VARIANCE] += (square - state[_VARIANCE]) / state[_BLOCKS]
        state[_LEVEL] = state[_NORMAL]

    def _judge(self, age):
        """One more block: both sums, how long each has been running, and the verdict.

        Sums are bounded, or a long drift would take as long to be over: let go within a day or two.
        """
        state = self.state
        smallest = max(self.floor, 1e-4 * abs(state[_NORMAL]), 1e-30)
        off = (state[_MEAN] - state[_NORMAL]) / max(sqrt(state[_VARIANCE]), smallest)
        state[_LEVEL] += 0.25 * (state[_MEAN] - state[_LEVEL])
        for slot, sign in ((_RISE, 1), (_FALL, -1)):
            if self.direction * sign >= 0:
                total = state[slot] + sign * off - self.slack
                state[slot] = max(0.0, min(total, 1.5 * self.threshold))
                state[slot + 2] = state[slot + 2] + age if total > 0 else 0
        self.wake()
        state[_ALARM] = self.score >= (0.5 if self.alarm else 1.0)
        self.alarm = state[_ALARM] > 0

    def eta_s(self):
        """Seconds until the limit at the slope since the drift began; None without both."""
        state = self.state
        gone = state[_LEVEL] - state[_NORMAL]
        left = self.limit - state[_LEVEL]
        towards = gone * (self.limit - state[_NORMAL]) > 0
        if not self.alarm or not towards or abs(left) > _FAR * abs(gone):
            return None
        return max(0, int(left / gone * max(state[_RISE_S], state[_FALL_S])))

    def why(self):
        state = self.state
        return [("level", state[_LEVEL]), ("normal", state[_NORMAL]),
                ("deviation", sqrt(state[_VARIANCE])),
                ("since_s", max(state[_RISE_S], state[_FALL_S]))]
