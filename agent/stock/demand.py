"""How fast it goes: amounts used, in daily buckets, to a rate and its spread."""

from agent.stock.gauge import DAY_S, mark, since

TAU_DAYS = 10.0        # memory of the rate: public vending sales are best served by 7 to 14
SLOW_TAU_DAYS = 28.0   # memory of the spread and of how often there is any demand
ENOUGH_DAYS = 3        # before this the rate is unknown
SILENT_S = 36 * 3600   # a longer silence was not watched: neither demand nor the lack of it
WHOLE = 0.5            # share of a day that must have been watched for it to teach
LUMPY = 0.3            # share of days with demand under which sizes and odds are learned apart

OPEN_DAY, USED, WATCHED, FED_AT, _1, DAYS, MEAN, VARIANCE, ODDS, LUMP = range(10)
SIZE = 10


class Demand:
    """state: SIZE float32, all of it."""

    def __init__(self, state):
        self.state = state
        self.relearn()

    def relearn(self):
        for i in range(SIZE):
            self.state[i] = 0.0
        self.state[OPEN_DAY] = -1.0

    def use(self, amount, at):
        """Take in what was used since the last call (0 counts too: it was watched)."""
        state = self.state
        day = at // DAY_S
        elapsed = since(state, FED_AT, at)
        mark(state, FED_AT, at)
        if state[OPEN_DAY] < 0 or elapsed > SILENT_S:
            self._open(day)
            return
        state[USED] += amount
        state[WATCHED] += elapsed
        if day != int(state[OPEN_DAY]):
            if state[WATCHED] >= WHOLE * DAY_S:
                self._learn(max(0.0, state[USED]) * DAY_S / state[WATCHED])
            self._open(day)

    def _open(self, day):
        state = self.state
        state[OPEN_DAY] = day
        state[USED] = state[WATCHED] = 0.0

    def _learn(self, used):
        state = self.state
        days = state[DAYS] = state[DAYS] + 1
        error = used - state[MEAN]
        state[MEAN] += error * max(1 / days, 1 / TAU_DAYS)
        slow = max(1 / days, 1 / SLOW_TAU_DAYS)
        state[VARIANCE] += slow * (error * (used - state[MEAN]) - state[VARIANCE])
        state[ODDS] += slow * ((used > 0) - state[ODDS])
        if used > 0:
            state[LUMP] += (used - state[LUMP]) * (slow if state[LUMP] else 1.0)

    def rate(self):
        """Base units a day, or None while it is unknown."""
        state = self.state
        if state[DAYS] < ENOUGH_DAYS:
            return None
        return state[ODDS] * state[LUMP] if state[ODDS] < LUMPY else state[MEAN]

    def spread(self):
        """Variance of a day's demand, base units squared."""
        return self.state[VARIANCE]
