"""Crosscheck: two channels that must agree: two sensors of one thing, a level and its usage count.

Watches the slow residual `first - gain * second` against the value it had when learned. A leak, a
dispenser that gives the wrong dose and a sensor that lies all show as a residual that walks away,
while each channel alone looks healthy.
"""

from array import array

from agent import const

_SEEN = const(0)
_ALARM = const(1)
_NORMAL = const(2)
_RESIDUAL = const(3)
_FIRST = const(4)
_SECOND = const(5)
_ORIGIN = const(6)


class Crosscheck:
    """First channel against the second.

    Settings: gain (first's unit per second's unit, default 1: two equal sensors; for a level
    against a count, minus what one use takes), tolerance (of the residual, first's unit, default
    1), share (of gain times what the second has moved since learning, added to the tolerance,
    default 0: a dose is never exact), learn (readings, default 10), smooth (share of a new reading
    in the residual, default 0.1), jump (in one reading first rises by that much, or the second by
    what explains as much, or falls back: a refill or another counter, learned anew; default none).
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
        self.alarm = state[_ALARM] > 0
        self.score = abs(state[_RESIDUAL] - state[_NORMAL]) / self._allowed()

    def _allowed(self):
        state = self.state
        return self.tolerance + self.share * abs(self.gain * (state[_SECOND] - state[_ORIGIN]))

    def update(self, values, at):
        state = self.state
        before = state[_SECOND]
        risen = values[0] - state[_FIRST]
        state[_FIRST], state[_SECOND] = values
        leap = abs(self.gain * (state[_SECOND] - before))
        if self.jump and state[_SEEN] and (
                max(risen, leap) >= self.jump or state[_SECOND] < before):
            self.relearn(at)
            state[_FIRST], state[_SECOND] = values
        residual = values[0] - self.gain * values[1]
        if state[_SEEN] < self.learn:
            self._learn(residual)
            return False
        state[_RESIDUAL] += self.smooth * (residual - state[_RESIDUAL])
        self.wake()
        state[_ALARM] = self.score >= (0.8 if self.alarm else 1.0)
        self.alarm = state[_ALARM] > 0
        return self.alarm

    def _learn(self, residual):
        state = self.state
        state[_SEEN] += 1
        state[_NORMAL] += (residual - state[_NORMAL]) / state[_SEEN]
        state[_RESIDUAL] = state[_NORMAL]
        state[_ORIGIN] = state[_SECOND]

    def relearn(self, at):
        """Take the residual of the next readings as the healthy one."""
        self.state[:] = array("f", bytes(4 * 7))
        self.wake()

    def why(self):
        state = self.state
        return [("residual", state[_RESIDUAL] - state[_NORMAL]), ("allowed", self._allowed()),
                ("first", state[_FIRST]), ("second", state[_SECOND])]
