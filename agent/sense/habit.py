"""Habits: how a sensor that can be read normally behaves, and that it no longer does.

For channels with `habit` in the product file. Learned from the readings alone: the range they stay
in, how much neighbours differ, how long one stands still. So a mix-up of units, ten times the noise
or a frozen sensor shows although each reading by itself is a possible one. It may as well be the
machine or its owner: so it is a finding and no case, monitors go on looking, and only what is
bought on the channel waits. What lasts for as long as the learning did is the new habit.
"""

from array import array

from agent import const, loan
from agent.sense.channels import GOOD
from agent.sense.findings import CONFIRMED, NONE
from agent.sense.senses import SensorWatch

_COUNT = const(0)  # readings learned from
_LOW = const(1)
_HIGH = const(2)
_LAST = const(3)
_ROUGH = const(4)  # mean difference of the latest neighbours
_ROUGHEST = const(5)  # the most that it usually comes to
_REST = const(6)  # readings, or steps of the witness, since the last move
_LONGEST = const(7)  # usual rest
_ODD = const(8)  # odd readings on end
_WITNESS = const(9)
_RISES = const(10)
_FALLS = const(11)
_SIZE = const(12)

_NEIGHBOURS = const(16)  # that the mean difference is of
_ROUGHER = const(2.2)  # times the roughest, and more is odd
_MOVES = const(24)  # least to learn from
_TREMBLES = const(24)  # what rests for more readings in health may do so for ever
_STILLER = const(6)  # times the longest rest, and more is odd
_LATER = const(0.1)  # of what a longer rest counts for when it is learned
_FORGET = const(8)  # learning times in which the range closes in


def watch(senses, product):
    """Let the senses learn the habits of a product, whose rows are then let go of.

    Of each [channel, witness, readings to learn from, kind]; kind: 0, or of the level of a
    consumable 1, 2 where its uses are counted.
    """
    habits = [None] * len(senses.signals)
    for channel, witness, readings, kind in product.habits:
        habits[channel] = (Habit, Level, Counted)[kind](
            senses.signals[channel], senses.signals[witness], readings)
        senses.also(habits[channel])
    senses.habits = habits
    product.habits = ()


class Habit(SensorWatch):
    """The habit of one channel.

    witness: the signal whose steps time its rests, or its own signal, whose readings do; readings:
    how many to learn from.
    """

    mode = "sensor_doubtful"
    severity = 1
    service = None
    yields = True  # what stays is learned

    def __init__(self, signal, witness, readings):
        self.signals = (signal,) if witness is signal else (signal, witness)
        self.state = array("f", bytes(4 * _SIZE))
        self._readings = readings

    @property
    def detector(self):
        """What learns is the watch itself."""
        return self

    @property
    def name(self):
        return "habit_" + self.signals[0].channel.name

    @property
    def advice(self):
        return "%s is as it never was: look at it and at its sensor" % self.signals[0].channel.name

    def look(self, at):
        signal = self.signals[0]
        if signal.quality != GOOD or signal.sick:  # that is a finding already
            return self.finding.state != NONE and self.finding.blind(at)
        odd = self._take(signal.value)
        if not odd and self.finding.state == NONE:
            return False
        self.begin()
        changed = self.finding.advance(odd, 1.0, at)
        self.finding.paused = False  # now and then is no better
        return changed

    def _take(self, value):
        """Take in one reading; return whether it is out of habit."""
        state = self.state
        learn = self._readings
        if not state[_COUNT]:
            state[_LOW] = state[_HIGH] = state[_LAST] = value
        learning = state[_COUNT] < learn or state[_RISES] + state[_FALLS] < _MOVES
        step = self._step(value, 1.0 if learning else _LATER)
        value = state[_LAST]
        if learning:
            state[_COUNT] = min(state[_COUNT] + 1, learn)
            state[_ROUGH] += (step - state[_ROUGH]) / _NEIGHBOURS
            self._widen(value, 1.0)
            return False
        most = 2 * _ROUGHER * state[_ROUGHEST]  # one leap is no noise
        state[_ROUGH] += (min(step, most) - state[_ROUGH]) / _NEIGHBOURS
        if not self._odd(value):
            self._widen(value, 1 / learn)
            self._close(value, _FORGET * learn)
            state[_ODD] = 0
            return False
        state[_ODD] += 1
        if state[_ODD] >= learn and self.yields:
            self.relearn(0)
        return True

    def doubts(self):
        """Return whether the last reading is not to be bought on."""
        return self.state[_ODD] > 0 or self.finding.state == CONFIRMED

    def _step(self, value, gain):
        """Return how far it went since the last reading; count how long it rests, as a rule."""
        state = self.state
        before, witnessed = state[_LAST], state[_WITNESS]
        state[_LAST] = value  # rounded to float32 like the one that it is held against
        witness = self.signals[-1]
        if witness.quality == GOOD:
            state[_WITNESS] = witness.value
        step = state[_LAST] - before
        if step:
            state[_LONGEST] += max(0.0, state[_REST] - state[_LONGEST]) * gain
            state[_REST] = 0
            if state[_RISES] + state[_FALLS] < _MOVES:
                state[_RISES if step > 0 else _FALLS] += 1
        elif witness is self.signals[0]:
            state[_REST] += 1
        elif witnessed:  # not at its first reading
            state[_REST] += abs(state[_WITNESS] - witnessed)
        return abs(step)

    def _odd(self, value):
        state = self.state
        return (self._beyond(value) or self._still()
                or state[_ROUGH] > _ROUGHER * state[_ROUGHEST])

    def _beyond(self, value):
        """Is it further out than all that was seen is wide? Of a counter: less than it was?"""
        state = self.state
        reach = state[_HIGH] - state[_LOW]
        return (value < state[_LOW] - reach or value > state[_HIGH] + reach
                or (not state[_FALLS] and value < state[_HIGH]))

    def _still(self):
        state = self.state
        longest = state[_LONGEST]
        if len(self.signals) > 1:
            return state[_REST] > _STILLER * (longest + 1 / self.signals[1].channel.scale)
        return longest <= _TREMBLES and state[_REST] > _STILLER * (longest + 1)

    def _widen(self, value, gain):
        """What is no surprise widens the habit, as fast as gain allows for what noise would."""
        state = self.state
        state[_LOW] = min(state[_LOW], value)
        state[_HIGH] = max(state[_HIGH], value)
        state[_ROUGHEST] += max(0.0, state[_ROUGH] - state[_ROUGHEST]) * gain

    def _close(self, value, gain):
        """A range that nothing touches for long closes in: a counter leaves where it began."""
        state = self.state
        state[_LOW] += (value - state[_LOW]) / gain
        state[_HIGH] += (value - state[_HIGH]) / gain

    def wake(self):
        """Nothing rests on the state but itself."""

    def relearn(self, at):
        self.state[:] = array("f", bytes(4 * _SIZE))

    def why(self, at):
        return loan.call("agent.sense.health", "why_habit", self.state)


class Level(Habit):
    """Of what measures a consumable and is its only word: it may rise to any height, when it is
    filled, and one that fell out of sight is believed when that is done again.
    """

    yields = False

    def _beyond(self, value):
        state = self.state
        return value < 2 * state[_LOW] - state[_HIGH]


class Counted(Habit):
    """Of what measures a consumable whose uses are counted: the shelf holds both against it."""

    def _beyond(self, value):
        return False
