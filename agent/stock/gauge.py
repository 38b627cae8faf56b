"""A level to trust: readings are noisy, slosh, jump and lie; this file decides what happened.

Every jump, up or down, must be repeated by several readings that agree before it counts, so a
hand on the hopper, a spike or a unit mix-up never becomes a refill, a demand or a purchase.
"""

DAY_S = 86400
AGREE = 3            # readings in agreement that make a jump true: outlasts a spike and slosh
STEP = 0.05          # share of the capacity within which a reading is ordinary
NOISE_STEPS = 6.0    # or this many mean differences between neighbours, whichever is more
NOISE_MOST = 0.05    # share of the capacity: more noise than this is not believed
EMPTY = 0.01         # share of the capacity that nothing can be served from
OVERFILL = 1.25      # a heaped container is possible, more is a unit mix-up
UNDER = -0.05        # tare drift below zero that is still a reading
SMOOTH = 0.4         # weight of a reading seconds after the last one; an hour later it is 1
AWAY_S = 6 * 3600    # a container that reads nothing this long is empty, not out for cleaning
MOST = 99.0          # counters saturate here

EVENTS = (None, "refilled", "removed", "replaced", "empty")
_REFILLED, _REMOVED, _REPLACED, _EMPTIED = 1, 2, 3, 4

# Columns of the state. Times take two columns: see mark.
(LEVEL, BEFORE, CANDIDATE, AGREED, SETTLED, STRANGE, NOISE, RAW, ABSENT, EMPTIED,
 EVENT, AMOUNT, EVENT_AT, _1, AWAY_AT, _2, CHANGED_AT, _3, READ_AT, _4, VANISHED) = range(21)
SIZE = 21


def mark(state, column, value):
    """Keep a time or a counter in two float32 columns, both exact up to 10^12."""
    state[column] = value // DAY_S
    state[column + 1] = value % DAY_S


def since(state, column, value):
    """What was added since mark; integers stay integers, so nothing is lost in float32."""
    return (int(value // DAY_S) - int(state[column])) * DAY_S + (
        value % DAY_S - state[column + 1])


def when(state, column):
    """The whole number that mark kept."""
    return int(state[column]) * DAY_S + int(state[column + 1])


def number(value):
    """Is this a finite number of a size that float32 can add up?"""
    return value == value and -1e9 < value < 1e9


class Gauge:
    """One container's contents. state: SIZE float32, all of it; capacity: base units."""

    def __init__(self, state, capacity):
        self.state = state
        self.capacity = capacity
        state[LEVEL] = state[BEFORE] = -1.0

    def level(self):
        """Base units, or None before the first settled reading; the last known one while away."""
        state = self.state
        level = max(state[LEVEL], state[BEFORE])
        return None if level < 0 else level

    def step(self):
        """How far a reading may be from the level and still be ordinary, base units."""
        return max(STEP * self.capacity, NOISE_STEPS * self.state[NOISE])

    def read(self, level, at, expected):
        """One reading; expected: what may have gone since the last one. Returns the use.

        The use is signed (noise goes both ways and cancels over a day), and 0 for jumps that
        are not use: refills, removals, replacements.
        """
        state = self.state
        if not (number(level) and UNDER <= level / self.capacity <= OVERFILL):
            state[STRANGE] = min(MOST, state[STRANGE] + 1)
            return 0.0
        state[STRANGE] = max(0.0, state[STRANGE] - 1)
        level = max(0.0, level)
        gain = min(1.0, SMOOTH + since(state, READ_AT, at) / 3600)
        self._watch(level, at)
        if state[ABSENT]:
            return 0.0
        step = self.step()
        if state[LEVEL] >= 0 and -step - expected <= level - state[LEVEL] <= step:
            return self._follow(state[LEVEL] + gain * (level - state[LEVEL]), at)
        return self._doubt(level, at)

    def _watch(self, level, at):
        """Note when the raw signal last changed and how much neighbours differ."""
        state = self.state
        difference = abs(level - state[RAW])
        if difference > 0 or state[SETTLED] == 0:
            mark(state, CHANGED_AT, at)
        if state[SETTLED] and difference <= self.step():
            state[NOISE] += 0.05 * (min(difference, NOISE_MOST * self.capacity) - state[NOISE])
        state[RAW] = level
        mark(state, READ_AT, at)

    def _follow(self, level, at):
        """Take over a level that is no surprise. Returns the use."""
        state = self.state
        before = state[LEVEL]
        state[LEVEL] = level
        state[AGREED] = 0.0
        state[SETTLED] = min(MOST, state[SETTLED] + 1)
        self._ran_out(at)
        return before - state[LEVEL]

    def _ran_out(self, at):
        state = self.state
        if state[LEVEL] > 2 * EMPTY * self.capacity:
            state[EMPTIED] = 0.0
        elif state[LEVEL] <= EMPTY * self.capacity and not state[EMPTIED]:
            state[EMPTIED] = 1.0
            self.tell(_EMPTIED, 0.0, at)

    def _doubt(self, level, at):
        """A jump: count the readings that agree on where it went."""
        state = self.state
        if state[AGREED] and abs(level - state[CANDIDATE]) <= self.step():
            state[AGREED] += 1
            state[CANDIDATE] += (level - state[CANDIDATE]) / state[AGREED]
        else:
            state[AGREED] = 1.0
            state[CANDIDATE] = level
        if state[AGREED] < AGREE:
            return 0.0
        return self._jump(state[CANDIDATE], at)

    def _jump(self, level, at):
        """A jump is true: what does it mean? Returns the use."""
        state = self.state
        old = max(state[LEVEL], state[BEFORE])
        away = state[LEVEL] < 0
        if level <= EMPTY * self.capacity and old >= 0:
            if not away:
                return self._leave(at)
            if since(state, AWAY_AT, at) < AWAY_S:
                return 0.0
            state[VANISHED] += old
        state[BEFORE] = -1.0
        self._settle(level, at)
        if old >= 0 and level > old + self.step():
            self.tell(_REPLACED if away else _REFILLED, level - old, at)
        return 0.0 if away or level > old else old - level

    def _settle(self, level, at):
        state = self.state
        state[LEVEL] = level
        state[AGREED] = state[SETTLED] = 0.0
        self._ran_out(at)

    def _leave(self, at):
        """Nothing to be seen at once: taken out, until it comes back or stays away too long."""
        state = self.state
        if state[LEVEL] >= 0:
            state[BEFORE] = state[LEVEL]
            state[LEVEL] = -1.0
            mark(state, AWAY_AT, at)
            self.tell(_REMOVED, 0.0, at)
        state[AGREED] = state[SETTLED] = 0.0
        return 0.0

    def place(self, present, at):
        """The in-place contact: out at once, in again only after readings agree on the level."""
        state = self.state
        if not present and not state[ABSENT]:
            self._leave(at)
        elif present and state[ABSENT]:
            mark(state, AWAY_AT, at - AWAY_S)
        state[ABSENT] = 0.0 if present else 1.0

    def draw(self, amount, at):
        """For a container without a level sensor: this much was used."""
        mark(self.state, READ_AT, at)
        self._follow(max(0.0, self.state[LEVEL] - amount), at)

    def fill(self, level, at):
        """Somebody says, or a swapped container shows, that it holds this much now."""
        added = level - (self.level() or 0.0)
        self.state[BEFORE] = -1.0
        self._settle(level, at)
        if added > 0:
            self.tell(_REFILLED, added, at)

    def tell(self, event, amount, at):
        """Keep the newest event; two pours that nobody asked about in between are one refill."""
        state = self.state
        state[AMOUNT] = amount + (state[AMOUNT] if state[EVENT] == event else 0.0)
        state[EVENT] = event
        mark(state, EVENT_AT, at)

    def take_event(self):
        """(kind, amount in base units, at) or None."""
        state = self.state
        kind = EVENTS[int(state[EVENT])]
        state[EVENT] = 0.0
        return kind and (kind, state[AMOUNT], when(state, EVENT_AT))
