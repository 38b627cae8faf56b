"""Onset: the moment wear begins, from nothing but the thing's own past.

A device that has never seen itself fail cannot tell a remaining life, but it can tell that a level
(vibration, current, noise) has left the place it kept since it was new, for good. Small change is
no onset however significant it is, a noisy channel needs more, and wear does not heal: the alarm
holds until the level is nearly back.
"""

from array import array
from math import sqrt

SEEN, LEVEL, NORMAL, VARIANCE, RUN, ALARM = range(6)
SMOOTH = 0.05
# Running in lowers a level and that is soon believed; what raises it may be wear, and is so hardly.
DOWN, UP = 1 / 200, 1 / 2000
BELIEVED = 0.5  # score above which the normal no longer follows upwards
LET_GO = 0.25


class Onset:
    """One channel whose level rises (or falls) with wear.

    Settings: learn (healthy readings, default 400, of which the first tenth is running in), share
    (of the normal level that is an onset, default 0.15), sigmas (of the healthy deviation that it
    must be at least, default 5), samples (consecutive readings beyond, default 20), direction (1
    wear raises the level, the default, or -1 lowers it).
    Score: smoothed departure from normal over what is an onset.
    """

    def __init__(self, settings):
        self.learn = settings.get("learn", 400)
        self.share = settings.get("share", 0.15)
        self.sigmas = settings.get("sigmas", 5.0)
        self.samples = settings.get("samples", 20)
        self.direction = settings.get("direction", 1)
        self.state = array("f", bytes(4 * 6))
        self.wake()

    def wake(self):
        state = self.state
        self.alarm = state[ALARM] > 0
        self.score = self._score() if state[SEEN] >= self.learn else 0.0

    def _span(self):
        """How far from normal an onset is, in the channel's unit."""
        state = self.state
        least = self.sigmas * self.sigmas * state[VARIANCE]
        share = self.share * state[NORMAL]
        return sqrt(max(share * share, least, 1e-30))

    def _score(self):
        return (self.state[LEVEL] - self.state[NORMAL]) * self.direction / self._span()

    def update(self, values, at):
        state = self.state
        if state[SEEN] < self.learn:
            self._learn(values[0])
            return False
        reach = 2 * self._span()  # one wild reading moves the level a tenth of an onset
        step = max(-reach, min(reach, values[0] - state[LEVEL]))
        state[LEVEL] += SMOOTH * step
        self.score = self._score()
        state[RUN] = min(state[RUN] + 1, self.samples) if self.score >= 1 else 0
        if state[RUN] >= self.samples:
            state[ALARM] = 1
        elif self.score < LET_GO:
            state[ALARM] = 0
        self.alarm = state[ALARM] > 0
        if self.score < BELIEVED:
            gain = UP if self.score > 0 else DOWN
            state[NORMAL] += gain * (state[LEVEL] - state[NORMAL])
            self.score = self._score()
        return self.alarm

    def _learn(self, value):
        """Running mean and variance of the healthy level."""
        state = self.state
        state[SEEN] += 1
        count = state[SEEN] - self.learn // 10
        if count > 0:
            off = value - state[NORMAL]
            state[NORMAL] += off / count
            state[VARIANCE] += (off * (value - state[NORMAL]) - state[VARIANCE]) / count
        state[LEVEL] = state[NORMAL]

    def relearn(self, at):
        """A new part has a new normal."""
        self.state[:] = array("f", bytes(4 * 6))
        self.wake()

    def why(self):
        state = self.state
        return [("level", state[LEVEL]), ("normal", state[NORMAL]), ("onset_at",
                state[NORMAL] + self.direction * self._span())]
