"""Stuck: a reading that no longer moves although the thing does.

A frozen sensor looks healthier than a healthy one. Silence alone proves little (a tank nobody
draws from is level), so a second channel can be bound as witness: the first is suspect only if
the witness moved meanwhile.
"""

from array import array

ALARM, COUNT, VALUE, ANCHOR, SINCE, WITNESS_LOW, WITNESS_HIGH, ELAPSED = range(8)
WRAP = 0xFFFFFF  # whole seconds that float32 holds exactly: spans up to 194 days are exact


class Stuck:
    """First channel frozen, optional second channel as witness of activity.

    Settings: seconds (without a change, default 3600), epsilon (a smaller change is none, channel
    unit, default 0), moved (how far the witness must have gone, its unit, default 0: any change),
    samples (readings needed besides the seconds, so that a gap proves nothing, default 5).
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
        self.alarm = state[ALARM] > 0
        frozen = state[ELAPSED] / self.seconds
        self.score = frozen if self.alarm else min(frozen, 0.99)

    def update(self, values, at):
        state = self.state
        state[VALUE] = values[0]  # rounded to float32 before it is compared with a stored float32
        if not state[COUNT] or abs(state[VALUE] - state[ANCHOR]) > self.epsilon:
            self._anchor(values, at)
        else:
            self._rest(values, at)
        self.wake()
        return self.alarm

    def _anchor(self, values, at):
        """It moved: start counting again from here."""
        state = self.state
        state[ANCHOR] = state[VALUE]
        state[SINCE] = at & WRAP
        state[COUNT] = 1
        state[ALARM] = state[ELAPSED] = 0
        state[WITNESS_LOW] = state[WITNESS_HIGH] = values[-1]

    def _rest(self, values, at):
        state = self.state
        state[COUNT] = min(state[COUNT] + 1, self.samples)
        state[ELAPSED] = (at - int(state[SINCE])) & WRAP
        state[WITNESS_LOW] = min(state[WITNESS_LOW], values[-1])
        state[WITNESS_HIGH] = max(state[WITNESS_HIGH], values[-1])
        travel = state[WITNESS_HIGH] - state[WITNESS_LOW]
        witnessed = len(values) < 2 or travel > self.moved
        if witnessed and state[ELAPSED] >= self.seconds and state[COUNT] >= self.samples:
            state[ALARM] = 1

    def relearn(self, at):
        """Start counting at the next reading."""
        self.state[:] = array("f", bytes(4 * 8))
        self.wake()

    def why(self):
        state = self.state
        moved = state[WITNESS_HIGH] - state[WITNESS_LOW]
        return [("value", state[ANCHOR]), ("unchanged_s", state[ELAPSED]), ("witness_moved", moved)]
