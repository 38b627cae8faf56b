"""Days left and its 80 % band.

A band from the variance of demand alone covers 51 to 64 % where 80 % is promised, because the
rate itself wanders. So the band carries a multiplier that its own record steps: a forecast is
kept until as much as it was about has been used, and then judged.
"""

from math import sqrt

from agent import const
from agent.stock.gauge import DAY_S

_Z80 = const(1.28)  # a normal deviate is inside for 80 %
_AIM = const(0.78)  # share of kept forecasts to be inside, which are rarer near the end than hours
_SOONER = const(1.25)  # of the width: demand that grows ends a container sooner than
_LATER = const(0.75)  # ... demand that falls prolongs it, so that both ends are missed alike
_STEP = const(0.1)  # of the multiplier: up by AIM of it for a miss, down by the rest for a hit
_UNPROVEN = const(1.5)  # multiplier before there is a record: wide until it has earned less
_NARROWEST = const(0.5)
_WIDEST = const(4.0)
_DRIFT = const(0.12)  # relative variance of the rate itself: it wanders while we wait
_LONGEST_DAYS = const(3650.0)
_KEPT = const(8)  # forecasts waiting for their verdict, this part of a container apart
_LAST = const(0.02)  # share of the capacity with too little left to learn from

_WIDTH = const(0)
_SPACING = const(1)
_NEXT = const(2)
_FIRST = const(3)
_LEFT = const(0)  # of a kept forecast: base units; the next ones in hours, days, days
_MADE = const(1)
_LOW = const(2)
_HIGH = const(3)
_COLUMNS = const(4)
SIZE = const(_FIRST + _KEPT * _COLUMNS)


class Forecast:
    """state: SIZE float32, all of it, zeros at first."""

    def __init__(self, state):
        self.state = state
        state[_WIDTH] = _UNPROVEN

    def forget(self):
        """Drop the kept forecasts: nobody watched, so they cannot be judged."""
        for i in range(1, SIZE):
            self.state[i] = 0.0

    def days(self, amount, demand, at):
        """(low, mid, high) days until amount is used, or None while the rate is unknown.

        Each is the time that its own amount takes, for what makes it uncertain is how much is
        asked for and the nights stay as long. mid is drawn in by the relative variance: the mean
        is too long when the rate is uncertain, and late costs more than early.
        """
        rate = demand.rate()
        if rate is None:
            return None
        if rate * _LONGEST_DAYS <= amount:
            return _LONGEST_DAYS, _LONGEST_DAYS, _LONGEST_DAYS
        if amount <= 0:
            return 0.0, 0.0, 0.0
        relative = demand.spread() / (rate * amount) + _DRIFT
        wide = self.state[_WIDTH] * _Z80 * sqrt(relative)
        amounts = (amount / (1 + _SOONER * wide), amount / (1 + min(wide, relative)),
                   amount * (1 + _LATER * wide))
        return walk(amounts, rate, demand, at)

    def used(self, amount, level, demand, capacity, at):
        """Judge the kept forecasts that came due, keep a new one now and then."""
        state = self.state
        for i in range(_FIRST, SIZE, _COLUMNS):
            if state[i] > 0:
                state[i] = max(0.0, state[i] - amount)
                self._judge(i, at)
        state[_SPACING] -= amount
        if state[_SPACING] > 0 or level <= _LAST * capacity:
            return
        days = self.days(level, demand, at)
        if days:
            state[_SPACING] = capacity / _KEPT
            i = _FIRST + _COLUMNS * int(state[_NEXT])
            state[_NEXT] = (state[_NEXT] + 1) % _KEPT
            state[i + _LEFT] = level
            state[i + _MADE] = at // 3600
            state[i + _LOW], _, state[i + _HIGH] = days

    def _judge(self, i, at):
        """All used, or already lasting beyond its band: it was right or wrong."""
        state = self.state
        taken = (at // 3600 - state[i + _MADE]) / 24
        hit = taken <= state[i + _HIGH]
        if hit and state[i] > 0:
            return
        state[i] = 0.0
        hit = hit and taken >= state[i + _LOW]
        width = state[_WIDTH] * (1 + _STEP * (_AIM - 1 if hit else _AIM))
        state[_WIDTH] = min(_WIDEST, max(_NARROWEST, width))


def walk(amounts, rate, demand, at):
    """Days until each of the amounts, least first, is used: by weeks, by hours to midnight, by
    days, by hours again.
    """
    hours = demand.hours()
    now = at
    gone = 0.0
    found = []
    for amount in amounts:
        weeks = int((amount - gone) / (7 * rate))
        now += weeks * 7 * DAY_S
        left = amount - gone - weeks * 7 * rate
        for _ in range(64):
            use = rate * demand.weekday(now // DAY_S)
            span = DAY_S
            if now % DAY_S or left <= use:
                span = 3600 - now % 3600
                use *= hours[now % DAY_S // 3600] * span / 3600
            if left <= use and span < DAY_S:
                now += int(span * left / use) if use > 0 else 0
                break
            left -= use
            now += span
        gone = amount
        found.append(min(_LONGEST_DAYS, (now - at) / DAY_S))
    return tuple(found)
