"""Novelty: one signal that does what it has never done, with no limit set by anybody.

Three pieces of evidence, each relative to its threshold; their root sum of squares is the score:

- range: how far the reading lies outside everything seen so far, as a share of that range;
- swell: the same of the smoothed signal, where a lasting excursion outweighs a higher peak;
- unusual: deviation from what this hour of the day is used to, in its own standard deviations;
  its short mean is held against its long one, so that a noisy signal becomes quiet by itself.

Habituation: the evidence that raised an alarm needs more the next time, and forgets that slowly.
A signal that keeps crying is heard less, and still heard when something else is new about it. One
latched alarm stands for the whole episode and lets go after a run of quiet readings.

One pass, constant memory and work. Gains are 1/count until they reach their constant, so that the
first readings weigh alike; every mean is a running one, which float32 carries without drift.
"""

from array import array
from math import sqrt

from agent import const

_DAY_S = const(86400)
_HOUR_S = const(3600)

# The state. A habit is a mean and, right after it, its variance; an hour's also has a count.
_SEEN = const(0)
_SCORE = const(1)
_LATCHED = const(2)
_QUIET = const(3)
_VALUE = const(4)
_LOW = const(5)
_HIGH = const(6)
_SMOOTH = const(7)
_SMOOTH_LOW = const(8)
_SMOOTH_HIGH = const(9)
_SHORT = const(10)
_EVIDENCE = const(11)
_CAUTION = const(14)  # what habituation has added to each threshold, as a share of it
_WHOLE = const(17)
_LONG = const(19)
_HOUR = const(21)
_HOUR_FLOATS = const(3)
_SIZE = const(_HOUR + 24 * _HOUR_FLOATS)
_VARIANCE = const(1)  # from a habit's mean
_COUNT = const(2)

NAMES = ("range", "swell", "unusual")
# What each evidence needs to raise an alarm alone: shares of the range, standard deviations. These
# and what follows are the middle of a broad optimum on NAB: all of them off by a third at once
# cost two or three points of 84. Only "unusual" and habituation change how many alarms are false.
NEEDED = {"range": 0.05, "swell": 0.11, "unusual": 1.15}
# A threshold grows by this share of itself with each alarm it raised ...
_HABITUATION = const(0.3)
# ... and keeps this share of that with each reading: months later it is heard as at first.
_REMEMBERING = const(1 - 1 / 14000)
# Until then everything is a novelty: a good day of five-minute readings.
_HOLD = const(300)
# An episode is over after so many readings without evidence: two hours of the same.
_QUIET_READINGS = const(23)
_SMOOTH_GAIN = const(1 / 4)
_SHORT_GAIN = const(1 / 6)
# Habits are remembered over about this many readings: weeks of five-minute ones.
_LONG_READINGS = const(7000)
_LONG_GAIN = const(1 / _LONG_READINGS)
# An hour of the day is remembered over this many of its own readings: days, so that it follows.
_HOUR_READINGS = const(30)
_HOUR_GAIN = const(1 / _HOUR_READINGS)
# An hour is believed once it has this many readings; until then the whole signal stands in.
_HOUR_TRUSTED = const(8)
# Least share of the whole variance an hour is given: a calm hour is not infinitely sure.
_HOUR_FLOOR = const(0.025)
# A reading deviates by at most so many standard deviations: one spike is no change of habit.
_CAP = const(5.0)
# Evidence of leaving a range that had no width at all: enough for any threshold.
_BEYOND = const(1000.0)


class Novelty:
    """One channel; nothing that must be set.

    Settings: sensitivity (default 1, the best balance; 0.8 for a quarter fewer false alarms), hold
    (readings after install and relearn that raise nothing, default 300 / sensitivity; give a day's
    worth to a channel read more often than every five minutes), and what the bench varies: range,
    swell, unusual, habituation, quiet.
    Score: evidence over what an alarm needs.
    """

    def __init__(self, settings):
        sensitivity = settings.get("sensitivity", 1.0)
        self.hold = settings.get("hold", _HOLD / sensitivity)
        self.habituation = settings.get("habituation", _HABITUATION)
        self.quiet = settings.get("quiet", _QUIET_READINGS)
        self.needed = [settings.get(name, NEEDED[name]) / sensitivity for name in NAMES]
        self.state = array("f", bytes(4 * _SIZE))
        self.wake()

    def wake(self):
        self.alarm = self.state[_LATCHED] > 0
        self.score = self.state[_SCORE]

    def update(self, values, at):
        state = self.state
        # As float32 holds it, or a constant 0.1 would leave its own range at each reading.
        state[_VALUE] = values[0]
        value = state[_VALUE]
        gain = self._count(value)
        smooth = state[_SMOOTH]
        state[_SMOOTH] = smooth + max(gain, _SMOOTH_GAIN) * (value - smooth)
        deviation = self._deviation(value, _HOUR + at % _DAY_S // _HOUR_S * _HOUR_FLOATS, gain)
        squares = self._weigh(0, self._beyond(_LOW, value), 0.0)
        squares = self._weigh(1, self._beyond(_SMOOTH_LOW, state[_SMOOTH]), squares)
        squares = self._weigh(2, self._unusual(deviation, gain), squares)
        state[_SCORE] = sqrt(squares) if squares else 0.0
        self.score = state[_SCORE]
        if self.alarm or self.score >= 1:
            self._latch()
        return self.alarm

    def _count(self, value):
        """Count the reading; return the gain that weighs all readings alike until they are many."""
        state = self.state
        seen = state[_SEEN]
        if seen >= _LONG_READINGS:
            return _LONG_GAIN
        if not seen:
            for place in (_LOW, _HIGH, _SMOOTH, _SMOOTH_LOW, _SMOOTH_HIGH, _WHOLE):
                state[place] = value
        seen += 1
        state[_SEEN] = seen
        return 1 / seen

    def _learn(self, habit, gain, value):
        """Learn a value; return its distance from the mean as that was before."""
        state = self.state
        mean = state[habit]
        distance = value - mean
        step = gain * distance
        state[habit] = mean + step
        habit += _VARIANCE
        state[habit] = (1 - gain) * (state[habit] + step * distance)
        return distance

    def _deviation(self, value, hour, gain):
        """Distance from the hour's habit in standard deviations, capped."""
        state = self.state
        count = state[hour + _COUNT]
        hour_gain = _HOUR_GAIN
        if count < _HOUR_READINGS:
            count += 1
            state[hour + _COUNT] = count
            hour_gain = 1 / count
        whole = state[_WHOLE + _VARIANCE]
        variance = state[hour + _VARIANCE]
        whole_distance = self._learn(_WHOLE, gain, value)
        distance = self._learn(hour, hour_gain, value)
        if count > _HOUR_TRUSTED:
            variance = max(variance, _HOUR_FLOOR * whole)
        else:
            distance, variance = whole_distance, whole
        if variance > 0:
            return min(abs(distance) / sqrt(variance), _CAP)
        return _CAP if distance else 0.0

    def _unusual(self, deviation, gain):
        """Short mean of the deviations above their long one, in its standard deviations."""
        state = self.state
        short = state[_SHORT]
        short += max(gain, _SHORT_GAIN) * (deviation - short)
        state[_SHORT] = short
        excess = short - state[_LONG]
        variance = state[_LONG + _VARIANCE] if excess > 0 else 0
        self._learn(_LONG, gain, deviation)
        return excess / sqrt(variance) if variance > 0 else 0.0

    def _beyond(self, low_at, value):
        """Widen a range to a value; return by how much, as a share of the range until now."""
        state = self.state
        low, high = state[low_at], state[low_at + 1]
        if value > high:
            state[low_at + 1] = value
            beyond = value - high
        elif value < low:
            state[low_at] = value
            beyond = low - value
        else:
            return 0.0
        return beyond / (high - low) if high > low else _BEYOND

    def _weigh(self, which, evidence, squares):
        """Keep evidence as a multiple of what it needs now; add its square. Caution fades."""
        state = self.state
        caution = state[_CAUTION + which]
        if evidence:
            evidence /= self.needed[which]
            if caution:
                evidence /= 1 + caution
            squares += evidence * evidence
        if caution:
            state[_CAUTION + which] = _REMEMBERING * caution
        state[_EVIDENCE + which] = evidence
        return squares

    def _latch(self):
        """One alarm for a whole episode; the evidence that was strongest grows cautious."""
        state = self.state
        if self.alarm:
            state[_QUIET] = state[_QUIET] + 1 if self.score < 1 else 0
            state[_LATCHED] = state[_QUIET] < self.quiet
        elif state[_SEEN] > self.hold:
            state[_LATCHED], state[_QUIET] = 1, 0
            evidence = list(state[_EVIDENCE:_CAUTION])
            state[_CAUTION + evidence.index(max(evidence))] += self.habituation
        self.alarm = state[_LATCHED] > 0

    def why(self):
        """Each evidence as a multiple of what it needs, and the readings learned from."""
        state = self.state
        return list(zip(NAMES, state[_EVIDENCE:_CAUTION])) + [("learned", state[_SEEN])]
