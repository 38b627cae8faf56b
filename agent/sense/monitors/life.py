"""Life: how much use is left, from weights that a host tool learned on recorded runs to failure.

A device cannot learn this from itself: it has not failed yet. The weights come in the product file.
One health index (a weighted sum of the channels) is smoothed fast and slowly; these two, what the
index was when the thing was new, and the age are the inputs of one cubic. What it was when new
matters most: no two things leave the factory alike.
"""

from array import array

from agent import const

_SEEN = const(0)
_FAST = const(1)
_SLOW = const(2)
_NEW = const(3)
_LEFT = const(4)
_ALARM = const(5)
_LAST = const(6)
_WRAP = const(0xFFFFFF)  # whole seconds that float32 holds exactly: spans up to 194 days are exact
TERMS = const(35)  # cubic in fast, slow, new and age, with all lower powers


class Life:
    """All channels, one reading for each unit of use (an hour of running, a cycle, a day).

    Settings: weights (one for each channel, an offset, then TERMS), fast and slow (shares of a new
    reading, default 0.2 and 0.06), new (readings that make the starting point, default 30), age
    (units of use by which age is divided, default 100), cap (longest life told, default 130),
    horizon (life left at which the score is 1, default 30), unit_s (seconds of a unit, default
    3600: readings that come sooner are passed over).
    Score: horizon over life left, 0 until `new` readings are in; the alarm lets go at 0.8.
    """

    COUNTS_LIFE = True  # of a part: a new part begins at 0

    def __init__(self, settings):
        self.weights = array("f", settings.get("weights", ()))
        self.fast = settings.get("fast", 0.2)
        self.slow = settings.get("slow", 0.06)
        self.new = settings.get("new", 30)
        self.age = settings.get("age", 100)
        self.cap = settings.get("cap", 130)
        self.horizon = settings.get("horizon", 30)
        self.unit_s = settings.get("unit_s", 3600)
        self.state = array("f", bytes(4 * 7))
        self.wake()

    def wake(self):
        state = self.state
        self.alarm = state[_ALARM] > 0
        self.score = self.horizon / max(state[_LEFT], 1) if state[_SEEN] >= self.new else 0.0

    def update(self, values, at):
        state, weights = self.state, self.weights
        if state[_SEEN] and (at - int(state[_LAST])) & _WRAP < self.unit_s:
            return self.alarm
        state[_LAST] = at & _WRAP
        index = weights[len(values)]
        for i, value in enumerate(values):
            index += weights[i] * value
        state[_SEEN] += 1
        seen = state[_SEEN]
        for slot, gain in ((_FAST, self.fast), (_SLOW, self.slow)):
            state[slot] += max(gain, 1 / seen) * (index - state[slot])
        if seen <= self.new:
            state[_NEW] += (index - state[_NEW]) / seen
        state[_LEFT] = max(0.0, min(self.cap, self._cubic(len(values) + 1)))
        self.wake()
        state[_ALARM] = self.score >= (0.8 if self.alarm else 1.0)
        self.alarm = state[_ALARM] > 0
        return self.alarm

    def _cubic(self, term):
        """Sum over i <= j <= k of weight * x[i] * x[j] * x[k] with x[0] = 1."""
        state, weights = self.state, self.weights
        x = (1.0, state[_FAST], state[_SLOW], state[_NEW], state[_SEEN] / self.age - 1)
        total = 0.0
        for i in range(5):
            for j in range(i, 5):
                pair = x[i] * x[j]
                for k in range(j, 5):
                    total += weights[term] * pair * x[k]
                    term += 1
        return total

    def eta_s(self):
        """Seconds of use left, or None while all that is known is that it is many."""
        left = self.state[_LEFT]
        return int(left * self.unit_s) if self.score > 0 and left < self.cap else None

    def why(self):
        state = self.state
        return [("left", state[_LEFT]), ("used", state[_SEEN]), ("index", state[_FAST]),
                ("new", state[_NEW])]
