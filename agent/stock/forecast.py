"""Days left and its 80 % band.

A band from the variance of demand alone covers 51 to 64 % where 80 % is promised, because the
rate itself wanders. So the band carries a multiplier that is stepped by its own record: a
forecast is kept until as much as it was about has been used, and then judged.
"""

from math import sqrt

from agent.stock.gauge import DAY_S, mark, since

Z80 = 1.28            # a normal deviate is inside for 80 %
STEP = 0.1            # of the multiplier: up by 0.8 of it for a miss, down by 0.2 for a hit
NARROWEST, WIDEST = 0.3, 4.0
DRIFT = 0.04          # relative variance of the rate itself: it wanders while we wait
LONGEST_DAYS = 3650.0
KEPT = 4              # forecasts waiting for their verdict, a quarter of a container apart

WIDTH, SPACING, NEXT = 0, 1, 2
SIZE = 3 + KEPT * 5   # each: amount still to go, made at (2), low, high


class Forecast:
    """state: SIZE float32, all of it."""

    def __init__(self, state):
        self.state = state
        self.relearn()

    def relearn(self):
        for i in range(SIZE):
            self.state[i] = 0.0
        self.state[WIDTH] = 1.0

    def days(self, amount, demand):
        """(low, mid, high) days until amount is used, or None while the rate is unknown."""
        rate = demand.rate()
        if rate is None:
            return None
        if rate * LONGEST_DAYS <= amount:
            return LONGEST_DAYS, LONGEST_DAYS, LONGEST_DAYS
        mid = amount / rate
        wide = demand.spread() / (rate * rate) * mid + DRIFT * mid * mid
        wide = self.state[WIDTH] * Z80 * sqrt(wide)
        return mid * mid / (mid + wide), mid, mid + wide

    def used(self, amount, level, demand, capacity, at):
        """Judge the kept forecasts that came due, keep a new one now and then."""
        state = self.state
        for i in range(3, SIZE, 5):
            if state[i] > 0:
                state[i] -= amount
                if state[i] <= 0:
                    self._judge(i, at)
        state[SPACING] -= amount
        if state[SPACING] > 0 or level <= 0.1 * capacity:
            return
        state[SPACING] = capacity / KEPT
        days = self.days(level, demand)
        if days:
            self._keep(3 + 5 * int(state[NEXT]), level, days, at)

    def _keep(self, i, level, days, at):
        state = self.state
        state[NEXT] = (state[NEXT] + 1) % KEPT
        state[i] = level
        mark(state, i + 1, at)
        state[i + 3], _, state[i + 4] = days

    def _judge(self, i, at):
        state = self.state
        taken = since(state, i + 1, at) / DAY_S
        inside = state[i + 3] <= taken <= state[i + 4]
        width = state[WIDTH] * (1 + (-0.2 if inside else 0.8) * STEP)
        state[WIDTH] = min(WIDEST, max(NARROWEST, width))
