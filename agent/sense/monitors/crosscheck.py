"""Crosscheck: two channels that must agree: two sensors of one thing, a level and its usage count.

Watches the slow residual `first - gain * second` against the value it had when learned. A leak, a
dispenser that gives the wrong dose and a sensor that lies all show as a residual that walks away,
while each channel alone looks healthy.
"""

from array import array

SEEN, ALARM, NORMAL, RESIDUAL, FIRST, SECOND, ORIGIN = range(7)


class Crosscheck:
    """First channel against the second.

    Settings: gain (first's unit per second's unit, default 1: two equal sensors; for a level
    against a count, minus what one use takes), tolerance (of the residual, first's unit, default
    1), share (of gain times what the second has moved since learning, added to the tolerance,
    default 0: a dose is never exact), learn (readings, default 10), smooth (share of a new reading
    in the residual, default 0.1), jump (first rises by that much, or the second falls back, in one
    reading: a refill or a new counter, learned anew; default none).
    Score: residual's departure over tolerance; the alarm lets go at 0.8.
    """

    def __init__(self, settings):
        self.gain = settings.get("gain", 1.0)
        self.tolerance = settings.get("tolerance", 1.0)
        self.share = settings.get("share", 0.0)
        self.learn = settings.get("learn", 10)
        self.smooth = settings.get("smooth", 0.1)
        self.jump = settings.get("jump", 0.0)
        self.state = array("f", bytes(4 * 7))
        self.wake()

    def wake(self):
        state = self.state
        self.alarm = state[ALARM] > 0
        self.score = abs(state[RESIDUAL] - state[NORMAL]) / self._allowed()

    def _allowed(self):
        state = self.state
        return self.tolerance + self.share * abs(self.gain * (state[SECOND] - state[ORIGIN]))

    def update(self, values, at):
        state = self.state
        before = state[SECOND]
        risen = values[0] - state[FIRST]
        state[FIRST], state[SECOND] = values
        if self.jump and state[SEEN] and (risen >= self.jump or state[SECOND] < before):
            self.relearn(at)
            state[FIRST], state[SECOND] = values
        residual = values[0] - self.gain * values[1]
        if state[SEEN] < self.learn:
            self._learn(residual)
            return False
        state[RESIDUAL] += self.smooth * (residual - state[RESIDUAL])
        self.wake()
        state[ALARM] = self.score >= (0.8 if self.alarm else 1.0)
        self.alarm = state[ALARM] > 0
        return self.alarm

    def _learn(self, residual):
        state = self.state
        state[SEEN] += 1
        state[NORMAL] += (residual - state[NORMAL]) / state[SEEN]
        state[RESIDUAL] = state[NORMAL]
        state[ORIGIN] = state[SECOND]

    def relearn(self, at):
        """Take the residual of the next readings as the healthy one."""
        self.state[:] = array("f", bytes(4 * 7))
        self.wake()

    def why(self):
        state = self.state
        return [("residual", state[RESIDUAL] - state[NORMAL]), ("allowed", self._allowed()),
                ("first", state[FIRST]), ("second", state[SECOND])]
