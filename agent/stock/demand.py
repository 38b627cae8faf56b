"""How fast it goes: amounts used become a daily rate, its spread and its shape in time.

The rate is the mean of three memories: short ones follow a change, long ones keep the noise of
a few days out, and their mean beats each alone on vending sales. The shape over the hours only
says when within a day; the shape over the week is used where it has proved itself in advance.
"""

from math import sqrt

from agent.stock.gauge import DAY_S, mark, since, when

MEMORIES = (4, 16, 64)  # days
SHAPE_DAYS = 28        # memory of shapes and errors
WEEK_VISITS = 6        # memory of one weekday, in its own visits
ENOUGH_DAYS = 3        # before this the rate is unknown
WEEK_PROOF_DAYS = 21   # before this no weekly shape is believed
WEEK_GAIN = 0.85       # share of the plain squared error that a weekly shape must stay under
SILENT_S = 36 * 3600   # a longer silence was not watched: neither demand nor the lack of it
WHOLE = 0.5            # share of a day that must have been watched for it to teach
LUMPY = 0.3            # share of days with demand under which odds and size are learned apart
WILD = 4.0             # a day this many deviations high is a spill or a party: capped

# Columns of the state: 3 memories from RATE, 7 weekdays from WEEK, 24 hours from HOURS.
FED_AT, _1, USED, HOUR_USED, WATCHED, DAYS, ODDS, LUMP, PLAIN, SHAPED, RATE = range(11)
WEEK = 13
HOURS = 20
SIZE = 44


class Demand:
    """state: SIZE float32, all of it."""

    def __init__(self, state):
        self.state = state
        self.relearn()

    def relearn(self):
        for i in range(SIZE):
            self.state[i] = 0.0
        self.state[FED_AT] = -9.0

    def use(self, amount, at, stocked):
        """Take in what was used since the last call, 0 too; False when nobody watched so long.

        stocked: there was something to use; an empty container says nothing about demand.
        """
        state = self.state
        elapsed = since(state, FED_AT, at)
        last = when(state, FED_AT)
        mark(state, FED_AT, at)
        if elapsed > SILENT_S:
            state[USED] = state[HOUR_USED] = state[WATCHED] = 0.0
            return False
        if stocked:
            state[USED] += amount
            state[HOUR_USED] += amount
            state[WATCHED] += elapsed
        if at // 3600 != last // 3600:
            self._follow(HOURS + last // 3600 % 24, state[HOUR_USED], SHAPE_DAYS)
            state[HOUR_USED] = 0.0
        if at // DAY_S != last // DAY_S:
            if state[WATCHED] >= WHOLE * DAY_S:
                self._learn(max(0.0, state[USED]) * DAY_S / state[WATCHED], last // DAY_S)
            state[USED] = state[WATCHED] = 0.0
        return True

    def _follow(self, column, value, memory):
        """Running mean at first, exponential with this memory later."""
        state = self.state
        state[column] += (value - state[column]) / min(state[DAYS] + 1, memory)

    def _learn(self, used, day):
        state = self.state
        rate = self._mean()
        extra = rate * self._week(day) - rate
        if state[DAYS]:
            self._follow(PLAIN, (used - rate) * (used - rate), SHAPE_DAYS)
            self._follow(SHAPED, (used - rate - extra) * (used - rate - extra), SHAPE_DAYS)
        if state[DAYS] >= 7:
            used = min(used, max(3 * rate, rate + WILD * sqrt(state[PLAIN])))
        self._follow(ODDS, used > 0, SHAPE_DAYS)
        if used > 0:
            self._follow(LUMP, used, SHAPE_DAYS if state[LUMP] else 1)
        level = used - extra if self._weekly() else used
        for i in range(3):
            self._follow(RATE + i, level, MEMORIES[i])
        column = WEEK + day % 7
        state[column] += (used - state[column]) / min(state[DAYS] // 7 + 1, WEEK_VISITS)
        state[DAYS] = min(9999.0, state[DAYS] + 1)

    def _mean(self):
        state = self.state
        return (state[RATE] + state[RATE + 1] + state[RATE + 2]) / 3

    def _weekly(self):
        state = self.state
        return state[DAYS] >= WEEK_PROOF_DAYS and state[SHAPED] < WEEK_GAIN * state[PLAIN]

    def _week(self, day):
        week = self.state[WEEK:HOURS]
        total = sum(week)
        return week[day % 7] * 7 / total if total > 0 else 1.0

    def rate(self):
        """Base units a day, or None while it is unknown."""
        state = self.state
        if state[DAYS] < ENOUGH_DAYS:
            return None
        return state[ODDS] * state[LUMP] if state[ODDS] < LUMPY else self._mean()

    def spread(self):
        """Variance of a day's demand around what was expected, base units squared."""
        return self.state[SHAPED if self._weekly() else PLAIN]

    def weekday(self, day):
        """Share of the rate on this day of age: 1 on average over a week."""
        return self._week(day) if self._weekly() else 1.0

    def hours(self):
        """24 shares of a day, from midnight of the age; flat until learned."""
        state = self.state
        shares = [max(0.0, used) for used in state[HOURS:SIZE]]
        total = sum(shares)
        if total <= 0:
            return [1 / 24] * 24
        floor = total / 24 * max(0.02, 1 / (1 + state[DAYS]))
        total += 24 * floor
        return [(share + floor) / total for share in shares]
