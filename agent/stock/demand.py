"""How fast it goes: amounts used become a daily rate, its spread and its shape in time.

The rate is the mean of two memories: the short one follows a change, today's hours included, the
long one keeps the noise of a few days out, and both together beat each alone on vending sales. The
shape over the hours only says when within a day; the shape over the week is used where it has
proved itself in advance.
"""

from math import sqrt

from agent import const
from agent.stock.gauge import DAY_S, mark, since, when

_SHORT = const(3)  # days of memory
_LONG = const(64)
_WEIGHT = const(0.4)  # of the short memory; a third to a half is as good
_SPILL = const(3.0)  # so many times the rate is the most that a day may teach before it is over
_SHAPE_DAYS = const(28)  # memory of shapes and errors
_WEEK_VISITS = const(6)  # memory of one weekday, in its own visits
_ENOUGH_DAYS = const(3)  # before this the rate is unknown
_WEEK_PROOF_DAYS = const(21)  # before this no weekly shape is believed
_WEEK_GAIN = const(0.85)  # share of the plain squared error that a weekly shape must stay under
_SILENT_S = const(36 * 3600)  # a longer silence was not watched: neither demand nor the lack of it
_WHOLE = const(0.5)  # share of a day that must have been watched for it to teach
_LUMPY = const(0.3)  # share of days with demand under which odds and size are learned apart
_WILD = const(4.0)  # a day this many deviations high is a spill or a party: capped

# Columns of the state: 2 memories from RATE, 7 weekdays from WEEK, 24 hours from HOURS. SHARE is
# what today's whole hours usually are of a day.
_FED_AT = const(0)
_USED = const(2)
_HOUR_USED = const(3)
_WATCHED = const(4)
DAYS = const(5)
_ODDS = const(6)
_LUMP = const(7)
_PLAIN = const(8)
_SHAPED = const(9)
_SHARE = const(10)
_RATE = const(11)
_WEEK = const(13)
_HOURS = const(20)
SIZE = const(44)


class Demand:
    """state: SIZE float32, all of it, zeros at first."""

    def __init__(self, state):
        self.state = state
        state[_FED_AT] = -9.0

    def use(self, amount, at, stocked):
        """Take in what was used since the last call, 0 too; False when nobody watched so long.

        stocked: there was something to use; an empty container says nothing about demand.
        """
        state = self.state
        elapsed = since(state, _FED_AT, at)
        last = when(state, _FED_AT)
        mark(state, _FED_AT, at)
        if elapsed > _SILENT_S:
            self.forget_day()
            return False
        if stocked:
            state[_USED] += amount
            state[_HOUR_USED] += amount
            state[_WATCHED] += elapsed
        if at // 3600 != last // 3600:
            self._hour(last // 3600 % 24)
        if at // DAY_S != last // DAY_S:
            used, watched = state[_USED], state[_WATCHED]
            self.forget_day()
            if watched >= _WHOLE * DAY_S:
                self._learn(max(0.0, used) * DAY_S / watched, last // DAY_S)
        return True

    def _hour(self, hour):
        """A whole hour is over: it counts in today's use and in the shape of the day."""
        state = self.state
        total = sum(state[_HOURS:SIZE])
        if total > 0:
            state[_SHARE] += max(0.0, state[_HOURS + hour]) / total
        self._follow(_HOURS + hour, state[_HOUR_USED], _SHAPE_DAYS)
        state[_HOUR_USED] = 0.0

    def forget_day(self):
        """What this day has shown so far is not to be believed, so it teaches nothing."""
        state = self.state
        state[_USED] = state[_HOUR_USED] = state[_WATCHED] = state[_SHARE] = 0.0

    def _follow(self, column, value, memory):
        """Running mean at first, exponential with this memory later."""
        state = self.state
        state[column] += (value - state[column]) / min(state[DAYS] + 1, memory)

    def _learn(self, used, day):
        state = self.state
        rate = self._mean()
        extra = rate * self._week(day) - rate
        if state[DAYS]:
            self._follow(_PLAIN, (used - rate) * (used - rate), _SHAPE_DAYS)
            self._follow(_SHAPED, (used - rate - extra) * (used - rate - extra), _SHAPE_DAYS)
        if state[DAYS] >= 7:
            used = min(used, max(3 * rate, rate + _WILD * sqrt(state[_PLAIN])))
        self._follow(_ODDS, used > 0, _SHAPE_DAYS)
        if used > 0:
            self._follow(_LUMP, used, _SHAPE_DAYS if state[_LUMP] else 1)
        level = used - extra if self._weekly() else used
        self._follow(_RATE, level, _SHORT)
        self._follow(_RATE + 1, level, _LONG)
        column = _WEEK + day % 7
        state[column] += (used - state[column]) / min(state[DAYS] // 7 + 1, _WEEK_VISITS)
        state[DAYS] = min(9999.0, state[DAYS] + 1)

    def _mean(self):
        """Both memories, the short one moved on by what today has shown up to now."""
        state = self.state
        short = state[_RATE]
        usual = state[_SHARE] * short * self.weekday(int(state[_FED_AT]))
        short += (min(state[_USED], _SPILL * short) - usual) / _SHORT
        return _WEIGHT * short + (1 - _WEIGHT) * state[_RATE + 1]

    def _weekly(self):
        state = self.state
        return state[DAYS] >= _WEEK_PROOF_DAYS and state[_SHAPED] < _WEEK_GAIN * state[_PLAIN]

    def _week(self, day):
        week = self.state[_WEEK:_HOURS]
        total = sum(week)
        return week[day % 7] * 7 / total if total > 0 else 1.0

    def rate(self):
        """Base units a day, or None while it is unknown."""
        state = self.state
        if state[DAYS] < _ENOUGH_DAYS:
            return None
        return state[_ODDS] * state[_LUMP] if state[_ODDS] < _LUMPY else self._mean()

    def spread(self):
        """Variance of a day's demand around what was expected, base units squared."""
        return self.state[_SHAPED if self._weekly() else _PLAIN]

    def weekday(self, day):
        """Share of the rate on this day of age: 1 on average over a week."""
        return self._week(day) if self._weekly() else 1.0

    def hours(self):
        """24 shares of a day, from midnight of the age; flat until learned."""
        state = self.state
        shares = [max(0.0, used) for used in state[_HOURS:SIZE]]
        total = sum(shares)
        if total <= 0:
            return [1 / 24] * 24
        floor = total / 24 * max(0.02, 1 / (1 + state[DAYS]))
        total += 24 * floor
        return [(share + floor) / total for share in shares]
