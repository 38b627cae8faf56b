"""Stuck: a reading that no longer moves although the thing does.

A frozen sensor looks healthier than a healthy one. Silence alone proves little (a tank nobody
draws from is level), so a second channel can be bound as witness: the first is suspect only if
the witness moved meanwhile: far enough, to and fro, to tell work from one late reading.
"""

from array import array

from agent import const

_ALARM = const(0)
_COUNT = const(1)
_VALUE = const(2)
_ANCHOR = const(3)
_SINCE = const(4)
_WITNESS = const(5)
_PATH = const(6)
_ELAPSED = const(7)
_WRAP = const(0xFFFFFF)  # whole seconds that float32 holds exactly: spans up to 194 days are exact


class Stuck:
    """First channel frozen, optional second channel as witness of activity.

    Settings: seconds (without a change, default 3600), epsilon (a smaller change is none, channel
    unit, default 0), moved (how far the witness must have gone, up and down added, its unit,
    default 0: any change), samples (readings needed besides the seconds, so that a gap proves
    nothing, default 5).
    Score: time frozen over `seconds`, held under 1 while the witness rests.
    """

    def __init__(self, settings):
        self.seconds = settings.get("seconds", 3600)
        self.epsilon = settings.get("epsilon", 0.0)
        self.moved = settings.get("moved", 0.0)
        self.samples = settings.get("samples", 5)
        self.state = array("f", bytes(4 * 8))
        self.wake()

    def wake(self):
        state = self.state
        self.alarm = state[_ALARM] > 0
        frozen = state[_ELAPSED] / self.seconds
        self.score = frozen if self.alarm else min(frozen, 0.99)

    def update(self, values, at):
        state = self.state
        state[_VALUE] = values[0]  # rounded to float32 before it is compared with a stored float32
        if not state[_COUNT] or abs(state[_VALUE] - state[_ANCHOR]) > self.epsilon:
            self._anchor(values, at)
        else:
            self._rest(values, at)
        self.wake()
        return self.alarm

    def _anchor(self, values, at):
        """It moved: start counting again from here."""
        state = self.state
        state[_ANCHOR] = state[_VALUE]
        state[_SINCE] = at & _WRAP
        state[_COUNT] = 1
        state[_ALARM] = state[_ELAPSED] = 0
        state[_WITNESS] = values[-1]
        state[_PATH] = 0

    def _rest(self, values, at):
        state = self.state
        state[_COUNT] = min(state[_COUNT] + 1, self.samples)
        state[_ELAPSED] = (at - int(state[_SINCE])) & _WRAP
        before = state[_WITNESS]
        state[_WITNESS] = values[-1]
        state[_PATH] += abs(state[_WITNESS] - before)
        witnessed = len(values) < 2 or state[_PATH] > self.moved
        if witnessed and state[_ELAPSED] >= self.seconds and state[_COUNT] >= self.samples:
            state[_ALARM] = 1

    def why(self):
        state = self.state
        return [("value", state[_ANCHOR]), ("unchanged_s", state[_ELAPSED]),
                ("witness_moved", state[_PATH])]
