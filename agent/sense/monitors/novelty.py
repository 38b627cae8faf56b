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

DAY_S = 86400
HOURS = 24
HOUR_S = DAY_S // HOURS

# The state. A habit is a mean and, right after it, its variance; an hour's also has a count.
(SEEN, SCORE, LATCHED, QUIET, VALUE, LOW, HIGH, SMOOTH, SMOOTH_LOW, SMOOTH_HIGH, SHORT) = range(11)
EVIDENCE = 11
CAUTION = 14  # what habituation has added to each threshold, as a share of it
WHOLE = 17
LONG = 19
HOUR = 21
HOUR_FLOATS = 3
SIZE = HOUR + HOURS * HOUR_FLOATS
VARIANCE, COUNT = 1, 2  # from a habit's mean

NAMES = ("range", "swell", "unusual")
# What each evidence needs to raise an alarm alone: shares of the range, standard deviations. These
# and what follows are the middle of a broad optimum on NAB: a third more or less of any one costs
# about three points of 84 at most.
NEEDED = {"range": 0.05, "swell": 0.11, "unusual": 1.05}
# A threshold grows by this share of itself with each alarm it raised ...
HABITUATION = 0.3
# ... and keeps this share of that with each reading: months later it is heard as at first.
REMEMBERING = 1 - 1 / 14000
# Until then everything is a novelty: a day of five-minute readings.
HOLD = 288
# An episode is over after so many readings without evidence: two hours of the same.
QUIET_READINGS = 23
SMOOTH_GAIN = 1 / 4
SHORT_GAIN = 1 / 6
# Habits are remembered over about this many readings: weeks of five-minute ones.
LONG_READINGS = 7000
LONG_GAIN = 1 / LONG_READINGS
# An hour of the day is remembered over this many of its own readings: days, so that it follows.
HOUR_READINGS = 30
HOUR_GAIN = 1 / HOUR_READINGS
# An hour is believed once it has this many readings; until then the whole signal stands in.
HOUR_TRUSTED = 8
# Least share of the whole variance an hour is given: a calm hour is not infinitely sure.
HOUR_FLOOR = 0.025
# A reading deviates by at most so many standard deviations: one spike is no change of habit.
CAP = 5.0
# Evidence of leaving a range that had no width at all: enough for any threshold.
BEYOND = 1000.0


class Novelty:
    """One channel; nothing that must be set.

    Settings: sensitivity (default 1, the best balance; 0.8 for a third fewer false alarms), hold
    (readings after install and relearn that raise nothing, default 288 / sensitivity; give a day's
    worth to a channel read more often than every five minutes), and what the bench varies: range,
    swell, unusual, habituation, quiet.
    Score: evidence over what an alarm needs.
    """

    def __init__(self, settings):
        sensitivity = settings.get("sensitivity", 1.0)
        self.hold = settings.get("hold", HOLD / sensitivity)
        self.habituation = settings.get("habituation", HABITUATION)
        self.quiet = settings.get("quiet", QUIET_READINGS)
        self.needed = [settings.get(name, NEEDED[name]) / sensitivity for name in NAMES]
        self.state = array("f", bytes(4 * SIZE))
        self.wake()

    def wake(self):
        self.alarm = self.state[LATCHED] > 0
        self.score = self.state[SCORE]

    def update(self, values, at):
        state = self.state
        # As float32 holds it, or a constant 0.1 would leave its own range at each reading.
        state[VALUE] = values[0]
        value = state[VALUE]
        gain = self._count(value)
        smooth = state[SMOOTH]
        state[SMOOTH] = smooth + max(gain, SMOOTH_GAIN) * (value - smooth)
        deviation = self._deviation(value, HOUR + at % DAY_S // HOUR_S * HOUR_FLOATS, gain)
        squares = self._weigh(0, self._beyond(LOW, value), 0.0)
        squares = self._weigh(1, self._beyond(SMOOTH_LOW, state[SMOOTH]), squares)
        squares = self._weigh(2, self._unusual(deviation, gain), squares)
        state[SCORE] = sqrt(squares)
        self.score = state[SCORE]
        if self.alarm or self.score >= 1:
            self._latch()
        return self.alarm

    def _count(self, value):
        """Count the reading; return the gain that weighs all readings alike until they are many."""
        state = self.state
        seen = state[SEEN]
        if seen >= LONG_READINGS:
            return LONG_GAIN
        if not seen:
            for place in (LOW, HIGH, SMOOTH, SMOOTH_LOW, SMOOTH_HIGH, WHOLE):
                state[place] = value
        seen += 1
        state[SEEN] = seen
        return 1 / seen

    def _learn(self, habit, gain, value):
        """Learn a value; return (distance from the mean, variance) as they were before."""
        state = self.state
        mean = state[habit]
        distance = value - mean
        mean += gain * distance
        state[habit] = mean
        variance = state[habit + VARIANCE]
        state[habit + VARIANCE] = variance + gain * (distance * (value - mean) - variance)
        return distance, variance

    def _deviation(self, value, hour, gain):
        """Distance from the hour's habit in standard deviations, capped."""
        state = self.state
        count = state[hour + COUNT]
        hour_gain = HOUR_GAIN
        if count < HOUR_READINGS:
            count += 1
            state[hour + COUNT] = count
            hour_gain = 1 / count
        whole_distance, whole = self._learn(WHOLE, gain, value)
        distance, variance = self._learn(hour, hour_gain, value)
        if count > HOUR_TRUSTED:
            variance = max(variance, HOUR_FLOOR * whole)
        else:
            distance, variance = whole_distance, whole
        if variance > 0:
            return min(abs(distance) / sqrt(variance), CAP)
        return CAP if distance else 0.0

    def _unusual(self, deviation, gain):
        """Short mean of the deviations above their long one, in its standard deviations."""
        state = self.state
        short = state[SHORT]
        short += max(gain, SHORT_GAIN) * (deviation - short)
        state[SHORT] = short
        excess = short - state[LONG]
        variance = self._learn(LONG, gain, deviation)[1]
        return excess / sqrt(variance) if excess > 0 and variance > 0 else 0.0

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
        return beyond / (high - low) if high > low else BEYOND

    def _weigh(self, which, evidence, squares):
        """Keep evidence as a multiple of what it needs now; add its square. Caution fades."""
        state = self.state
        caution = state[CAUTION + which]
        if evidence:
            evidence /= self.needed[which]
            if caution:
                evidence /= 1 + caution
            squares += evidence * evidence
        if caution:
            state[CAUTION + which] = REMEMBERING * caution
        state[EVIDENCE + which] = evidence
        return squares

    def _latch(self):
        """One alarm for a whole episode; the evidence that was strongest grows cautious."""
        state = self.state
        if self.alarm:
            state[QUIET] = state[QUIET] + 1 if self.score < 1 else 0
            state[LATCHED] = state[QUIET] < self.quiet
        elif state[SEEN] > self.hold:
            state[LATCHED], state[QUIET] = 1, 0
            evidence = list(state[EVIDENCE:CAUTION])
            state[CAUTION + evidence.index(max(evidence))] += self.habituation
        self.alarm = state[LATCHED] > 0

    def relearn(self, at):
        """Forget: what was seen before a repair may be the fault itself. Learning holds alarms."""
        self.state[:] = array("f", bytes(4 * SIZE))
        self.wake()

    def why(self):
        """Each evidence as a multiple of what it needs, and the readings learned from."""
        state = self.state
        return list(zip(NAMES, state[EVIDENCE:CAUTION])) + [("learned", state[SEEN])]
