"""Joint: several channels of one machine that no longer fit together.

Smoothed Hotelling T-squared (a multivariate EWMA chart: Lowry et al. 1992). What differs from the
textbook: the covariance is that of the *smoothed* channels, so a channel that wanders slowly in
health (a temperature) weighs less than one that only jitters (a flow); and its slow part is
`outlook` times inflated, because it will wander further than the learning time could show.

State: 4 + 3 d + d (d + 1) / 2 floats, 256 bytes for 8 channels, the same while learning: the slots
of the precision matrix gather the covariance first. The inversion borrows d lists of d, once.
"""

from array import array
from math import sqrt

from agent import const

_SEEN = const(0)
_WIDTH = const(1)
_SCALE = const(2)
_SPREAD = const(3)
_FIRST = const(4)
_ALARM = const(_SPREAD)  # the slot is free once the scale is calibrated
# From FIRST on: mean, smoothed and reach of each channel, then the upper triangle of the matrix.
_SELF = const(1.1)  # a diagonal over 1 bounds the matrix's condition when channels move as one
_WILD = const(3.0)  # a reading further off counts as this many of the channel's own fast deviations
_FLOOR = const(1e-4)  # a deviation under this share of the mean is resolution, not movement
_LEAST = const(3.0)  # white noise hardly ever goes so much beyond the root of its channels' number
_LET_GO = const(0.9)


def invert(rows):
    """Invert a symmetric positive definite matrix (list of lists) in place, by Gauss and Jordan."""
    for k, pivot in enumerate(rows):
        divisor = pivot[k]
        pivot[k] = 1.0
        for j in range(len(rows)):
            pivot[j] /= divisor
        for row in rows:
            if row is not pivot:
                factor = row[k]
                row[k] = 0.0
                for j in range(len(rows)):
                    row[j] -= factor * pivot[j]


class Joint:
    """Two or more channels against their own learned normal.

    Settings: channels (room for how many, default 8), learn (healthy readings for the covariance,
    default 300), calibrate (healthy readings for the scale, default 100), smooth (share of a new
    reading, default 0.1), outlook (default 15), sigmas (of the calibrated distance at which the
    score is 1, default 3), adapt (share of a new reading in the normal while there is no alarm,
    default 0.003; 0 freezes it).
    Score: distance over calibrated distance.
    """

    def __init__(self, settings):
        self.learn = settings.get("learn", 300)
        self.calibrate = settings.get("calibrate", 100)
        self.smooth = settings.get("smooth", 0.1)
        self.outlook = settings.get("outlook", 15.0)
        self.sigmas = settings.get("sigmas", 3.0)
        self.adapt = settings.get("adapt", 0.003)
        room = settings.get("channels", 8)
        self.state = array("f", bytes(4 * (_FIRST + 3 * room + room * (room + 1) // 2)))
        self.wake()

    def wake(self):
        state = self.state
        self.alarm = False
        self.score = 0.0
        if state[_SEEN] >= self.learn + self.calibrate:
            self.alarm = state[_ALARM] > 0
            self.score = sqrt(max(sum(self._parts()), 0.0)) / state[_SCALE]

    def update(self, values, at):
        state = self.state
        state[_WIDTH] = len(values)
        if state[_SEEN] < self.learn:
            self._gather(values, state[_SEEN] + 1 - self.learn // 10)
        else:
            self._follow(values)
        return self.alarm

    def _gather(self, values, count):
        """Learning: mean and covariance (Welford) of the smoothed channels, variance of the rest.

        The first tenth of the readings, with count <= 0, only settles the smoothing.
        """
        state = self.state
        off = []
        k = _FIRST
        for value in values:
            if not state[_SEEN]:
                state[k + 1] = value
            rest = value - state[k + 1]
            state[k + 1] += self.smooth * rest
            off.append(state[k + 1] - state[k])
            if count > 0:
                state[k] += off[-1] / count
                state[k + 2] += (rest * rest - state[k + 2]) / count
            k += 3
        if count > 0:
            for i in range(len(off)):
                for j in range(i, len(off)):
                    state[k] += (off[i] * off[j] * (count - 1) / count - state[k]) / count
                    k += 1
        state[_SEEN] += 1
        if state[_SEEN] == self.learn:
            self._settle()

    def _settle(self):
        """End of learning: turn the covariance into the precision that weighs deviations."""
        state = self.state
        width = int(state[_WIDTH])
        rows = [[_SELF] * width for _ in range(width)]
        slow, reach = [], []
        k, pair = _FIRST, _FIRST + 3 * width
        for i in range(width):
            fast = state[k + 2] + (_FLOOR * state[k]) ** 2 + 1e-30
            noise = fast * self.smooth / 2  # what smoothing leaves of white noise
            variance = max(state[pair], noise)
            slow.append(sqrt(variance))
            wander = (variance - noise) / (variance + fast)
            reach.append(sqrt(variance * (1 + self.outlook * wander)))
            state[k + 1] -= state[k]
            state[k + 2] = _WILD * sqrt(fast)
            k += 3
            pair += width - i
        for i in range(width):
            for j in range(i, width):
                if j > i:
                    rows[i][j] = rows[j][i] = state[k] / slow[i] / slow[j]
                k += 1
        invert(rows)
        for i in range(width - 1, -1, -1):
            for j in range(width - 1, i - 1, -1):
                k -= 1
                state[k] = rows[i][j] / reach[i] / reach[j]

    def _parts(self):
        """Each channel's part in the squared distance; a part can be negative, the sum cannot."""
        state = self.state
        width = int(state[_WIDTH])
        k = _FIRST + 3 * width
        deviations = [state[slot] for slot in range(_FIRST + 1, k, 3)]
        parts = [0.0] * width
        for i in range(width):
            deviation = deviations[i]
            own = parts[i] + state[k] * deviation
            k += 1
            for j in range(i + 1, width):
                weight = state[k]
                own += weight * deviations[j]
                parts[j] += weight * deviation
                k += 1
            parts[i] = own * deviation
        return parts

    def _follow(self, values):
        """After learning: smooth the deviations, calibrate the scale first, then give verdicts."""
        state = self.state
        k = _FIRST
        adapt = 0 if self.alarm else self.adapt
        for value in values:
            most, smoothed = state[k + 2], state[k + 1]
            step = value - state[k] - smoothed
            smoothed += self.smooth * max(-most, min(most, step))
            state[k + 1] = smoothed
            if adapt:
                state[k] += adapt * smoothed
            k += 3
        distance = sqrt(max(sum(self._parts()), 0.0))
        if state[_SEEN] < self.learn + self.calibrate:
            self._calibrate(distance)
        if state[_SEEN] >= self.learn + self.calibrate:
            self.score = distance / state[_SCALE]
            state[_ALARM] = self.score >= (_LET_GO if self.alarm else 1.0)
            self.alarm = state[_ALARM] > 0

    def _calibrate(self, distance):
        """Running mean and variance of the healthy distance; at the end, the score's unit."""
        state = self.state
        state[_SEEN] += 1
        count = state[_SEEN] - self.learn
        off = distance - state[_SCALE]
        state[_SCALE] += off / count
        state[_SPREAD] += (off * (distance - state[_SCALE]) - state[_SPREAD]) / count
        if count == self.calibrate:
            usual = state[_SCALE] + self.sigmas * sqrt(max(state[_SPREAD], 0.0))
            state[_SCALE] = max(usual, sqrt(state[_WIDTH]) + _LEAST)
            state[_ALARM] = 0

    def blame(self):
        """(position, share 0..1) of each channel in the distance."""
        parts = [max(part, 0.0) for part in self._parts()]
        total = sum(parts) or 1.0
        return [(i, parts[i] / total) for i in range(len(parts))]

    def why(self):
        if self.state[_SEEN] < self.learn + self.calibrate:
            return [("learning", self.state[_SEEN])]
        share, place = max([(share, -place) for place, share in self.blame()])
        return [("distance", self.score * self.state[_SCALE]), ("usual", self.state[_SCALE]),
                ("channel", -place), ("share", share)]
