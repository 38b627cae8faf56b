"""When to get more, and how much: the reorder point and the packs.

The point covers the demand of the lead time and of one more day, and the spread of both: of
demand, of the rate and of the lead time. All of it is learned: a threshold tuned once and frozen
costs three to four times as much as one that adapts.
"""

from math import sqrt

from agent import const
from agent.stock.gauge import DAY_S

_SAFETY = const(1.65)  # normal deviate: 95 % of the lead times without a lost day
_DRIFT = const(0.05)  # relative variance of the rate itself until the goods are there
_LEAD_SPREAD = const(0.25)  # prior spread of the lead time, as a share of its mean
_LEAD_PRIOR = const(3.0)  # deliveries that the maker's lead time is worth
_LEAD_MEMORY = const(8.0)  # deliveries after which old ones fade
_HOLDING = const(0.025)  # cost of keeping a day's demand for a day, in costs of an order
_ORDER_MINOR = const(500.0)  # cost of an order (shipping, attention) where prices are compared

_DELIVERIES = const(0)
LEAD = const(1)
LEAD_VARIANCE = const(2)
SPARES = const(3)
SIZE = const(4)


class Reorder:
    """state: SIZE float32, all of it; lead_days: the maker's prior; packs: [(units, price)];
    room: base units that container and cupboard hold.
    """

    def __init__(self, state, lead_days, packs, room):
        self.state = state
        self.packs = packs
        self.room = room
        state[LEAD] = lead_days
        state[LEAD_VARIANCE] = (_LEAD_SPREAD * lead_days) * (_LEAD_SPREAD * lead_days)

    def delivered(self, quantity, lead_s):
        """quantity: base units now on hand outside the container; lead_s: how long it took."""
        state = self.state
        state[SPARES] = min(self.room, state[SPARES] + max(0.0, quantity))
        lead = min(max(0.0, lead_s / DAY_S), 10 * state[LEAD] + 1)
        state[_DELIVERIES] = min(_LEAD_MEMORY, state[_DELIVERIES] + 1)
        gain = 1 / min(_LEAD_MEMORY, _LEAD_PRIOR + state[_DELIVERIES])
        error = lead - state[LEAD]
        state[LEAD] += gain * error
        state[LEAD_VARIANCE] += gain * (error * (lead - state[LEAD]) - state[LEAD_VARIANCE])

    def refilled(self, amount):
        """What went into the container no longer lies beside it."""
        self.state[SPARES] = max(0.0, self.state[SPARES] - amount)

    def point(self, rate, variance, lead, lead_variance):
        """Stock at which an order must leave, base units; lead: days."""
        span = lead + 1
        wide = variance * span + rate * rate * (_DRIFT * span * span + lead_variance)
        return min(rate * span + _SAFETY * sqrt(wide), self.room)

    def quantity(self, rate, lead, position, point):
        """Base units to buy: the cheapest whole packs that lift position over point and will fit.
        """
        best = None
        room = self.room - max(0.0, position - rate * lead)
        for pack, price in self.packs:
            least = int((point - position) / pack) + 1
            most = max(1, int(room / pack))
            count = min(least, most)
            while count <= most:
                days = count * pack / max(rate, 1e-6)
                cost = _ORDER_MINOR * (1 / days + _HOLDING * days / 2) + price * rate / pack
                if best and cost >= best[0]:
                    break
                best = cost, count * pack
                count += 1
        return best[1]
