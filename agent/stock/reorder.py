"""When to get more, and how much: the reorder point and the packs.

s = rate x (L + 1) + 1.65 x spread x root(L + 1), everything in it learned: a threshold tuned
once and frozen costs three to four times as much as one that adapts.
"""

from math import sqrt

from agent.stock.gauge import DAY_S

SAFETY = 1.65          # normal deviate: 95 % of the lead times without a lost day
LEAD_SPREAD = 0.25     # prior spread of the lead time, as a share of its mean
LEAD_PRIOR = 3.0       # deliveries that the maker's lead time is worth
LEAD_MEMORY = 8.0      # deliveries after which old ones fade
ORDER_DAYS = 9.0       # days of demand in one order where nothing else decides

DELIVERIES, LEAD, LEAD_VARIANCE, SPARES = range(4)
SIZE = 4


class Reorder:
    """state: SIZE float32, all of it; lead_days: the maker's prior."""

    def __init__(self, state, lead_days, packs, room):
        self.state = state
        self.packs = packs
        self.room = room
        state[LEAD] = lead_days
        state[LEAD_VARIANCE] = (LEAD_SPREAD * lead_days) ** 2

    def delivered(self, quantity, lead_s):
        """quantity: base units now on hand outside the container; lead_s: how long it took."""
        state = self.state
        state[SPARES] += quantity
        state[DELIVERIES] += 1
        gain = 1 / min(LEAD_MEMORY, LEAD_PRIOR + state[DELIVERIES])
        error = lead_s / DAY_S - state[LEAD]
        state[LEAD] += gain * error
        spread = error * (lead_s / DAY_S - state[LEAD])
        state[LEAD_VARIANCE] += gain * (spread - state[LEAD_VARIANCE])

    def refilled(self, amount):
        """What went into the container no longer lies beside it."""
        self.state[SPARES] = max(0.0, self.state[SPARES] - amount)

    def point(self, rate, variance, lead, lead_variance):
        """Stock at which an order must leave, base units; lead: days."""
        horizon = lead + 1
        return rate * horizon + SAFETY * sqrt(
            variance * horizon + rate * rate * lead_variance)

    def quantity(self, rate, position):
        """Base units to buy: whole packs near the cheapest order size that there is room for."""
        best = self.packs[0]
        for pack in self.packs:
            count = max(1, int(min(rate * ORDER_DAYS / pack + 0.5, (self.room - position) / pack)))
            if abs(count * pack - rate * ORDER_DAYS) < abs(best - rate * ORDER_DAYS):
                best = count * pack
        return best
