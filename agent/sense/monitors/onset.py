"""Onset: the moment wear begins, from nothing but the thing's own past.

A device that has never seen itself fail cannot tell a remaining life, but it can tell that a level
(vibration, current, noise) has left the place it kept since it was new, for good. Small change is
no onset however significant it is, a noisy channel needs more, and wear does not heal: the alarm
holds until the level is nearly back.
"""

from array import array
from math import sqrt

from agent import const

_SEEN = const(0)
_LEVEL = const(1)
_NORMAL = const(2)
_VARIANCE = const(3)
_RUN = const(4)
_ALARM = const(5)
_SMOOTH = const(0.05)
# Running in lowers a level and that is soon believed; what raises it may be wear, and is so hardly.
_DOWN = const(1 / 200)
_UP = const(1 / 2000)
_FALLEN = const(3.0)  # a fall of more onsets than this is a sensor's doing, and not followed
_BELIEVED = const(0.5)  # score above which the normal no longer follows upwards
_LET_GO = const(0.25)


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
        self.alarm = state[_ALARM] > 0
        self.score = self._score() if state[_SEEN] >= self.learn else 0.0

    def _span(self):
        """How far from normal an onset is, in the channel's unit."""
        state = self.state
        least = self.sigmas * self.sigmas * state[_VARIANCE]
        share = self.share * state[_NORMAL]
        return sqrt(max(share * share, least, 1e-30))

    def _score(self):
        return (self.state[_LEVEL] - self.state[_NORMAL]) * self.direction / self._span()

    def update(self, values, at):
        state = self.state
        if state[_SEEN] < self.learn:
            self._learn(values[0])
            return False
        reach = 2 * self._span()  # one wild reading moves the level a tenth of an onset
        step = max(-reach, min(reach, values[0] - state[_LEVEL]))
        state[_LEVEL] += _SMOOTH * step
        self.score = self._score()
        state[_RUN] = min(state[_RUN] + 1, self.samples) if self.score >= 1 else 0
        if state[_RUN] >= self.samples:
            state[_ALARM] = 1
        elif self.score < _LET_GO:
            state[_ALARM] = 0
        self.alarm = state[_ALARM] > 0
        if -_FALLEN < self.score < _BELIEVED:
            gain = _UP if self.score > 0 else _DOWN
            state[_NORMAL] += gain * (state[_LEVEL] - state[_NORMAL])
            self.score = self._score()
        return self.alarm

    def _learn(self, value):
        """Running mean and variance of the healthy level."""
        state = self.state
        state[_SEEN] += 1
        count = state[_SEEN] - self.learn // 10
        if count > 0:
            off = value - state[_NORMAL]
            state[_NORMAL] += off / count
            state[_VARIANCE] += (off * (value - state[_NORMAL]) - state[_VARIANCE]) / count
        state[_LEVEL] = state[_NORMAL]

    def why(self):
        state = self.state
        return [("level", state[_LEVEL]), ("normal", state[_NORMAL]), ("onset_at",
                state[_NORMAL] + self.direction * self._span())]
