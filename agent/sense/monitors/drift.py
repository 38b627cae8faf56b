"""Drift: a slow, lasting change against what was learned: fouling, ageing, a leak, a worn seal.

Cumulative sum (Page 1954) of block means in units of their own healthy deviation. Blocks make
neighbouring readings independent enough for the test's false alarm rate to mean something: choose
a block as long as the thing's own cycle (a compressor's, a day's), and a cycle is no drift.
"""

from array import array
from math import sqrt

(BLOCKS, ALARM, COUNT, MEAN, START, NORMAL, VARIANCE, RISE, FALL, RISE_S, FALL_S, LEVEL) = range(12)
WRAP = 0xFFFFFF  # whole seconds that float32 holds exactly: spans up to 194 days are exact
NEVER = 1e30
FAR = 1000  # a limit this many times further off than the drift has come is not predicted


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
        self.limit = settings.get("limit", NEVER)
        self.state = array("f", bytes(4 * 12))
        self.wake()

    def wake(self):
        self.alarm = self.state[ALARM] > 0
        self.score = max(self.state[RISE], self.state[FALL]) / self.threshold

    def update(self, values, at):
        state = self.state
        age = (at - int(state[START])) & WRAP
        if state[COUNT] and age >= self.block:
            if state[BLOCKS] < self.learn:
                self._learn()
            else:
                self._judge(age)
            state[COUNT] = 0
        if not state[COUNT]:
            state[START] = at & WRAP
            state[MEAN] = 0
        state[COUNT] += 1
        state[MEAN] += (values[0] - state[MEAN]) / state[COUNT]
        return self.alarm

    def _learn(self):
        """Running mean and variance of the healthy blocks."""
        state = self.state
        state[BLOCKS] += 1
        off = state[MEAN] - state[NORMAL]
        state[NORMAL] += off / state[BLOCKS]
        state[VARIANCE] += (off * (state[MEAN] - state[NORMAL]) - state[VARIANCE]) / state[BLOCKS]
        state[LEVEL] = state[NORMAL]

    def _judge(self, age):
        """One more block: both sums, how long each has been running, and the verdict.

        Sums are bounded at twice the threshold, or a long drift would take as long to be over.
        """
        state = self.state
        smallest = max(self.floor, 1e-4 * abs(state[NORMAL]), 1e-30)
        off = (state[MEAN] - state[NORMAL]) / max(sqrt(state[VARIANCE]), smallest)
        state[LEVEL] += 0.25 * (state[MEAN] - state[LEVEL])
        for slot, sign in ((RISE, 1), (FALL, -1)):
            if self.direction * sign >= 0:
                total = state[slot] + sign * off - self.slack
                state[slot] = max(0.0, min(total, 2 * self.threshold))
                state[slot + 2] = state[slot + 2] + age if total > 0 else 0
        self.wake()
        state[ALARM] = self.score >= (0.5 if self.alarm else 1.0)
        self.alarm = state[ALARM] > 0

    def eta_s(self):
        """Seconds until the limit at the slope since the drift began; None without both."""
        state = self.state
        gone = state[LEVEL] - state[NORMAL]
        left = self.limit - state[LEVEL]
        towards = gone * (self.limit - state[NORMAL]) > 0
        if not self.alarm or not towards or abs(left) > FAR * abs(gone):
            return None
        return max(0, int(left / gone * max(state[RISE_S], state[FALL_S])))

    def relearn(self, at):
        """Learn a new normal."""
        self.state[:] = array("f", bytes(4 * 12))
        self.wake()

    def why(self):
        state = self.state
        return [("level", state[LEVEL]), ("normal", state[NORMAL]),
                ("deviation", sqrt(state[VARIANCE])),
                ("since_s", max(state[RISE_S], state[FALL_S]))]
