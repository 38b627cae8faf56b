"""A level to trust: readings are noisy, slosh, jump and lie; this file decides what happened.

Every jump, up or down, must be repeated by several readings that agree before it counts, so a
hand on the hopper, a spike or a unit mix-up never becomes a refill, a demand or a purchase.
"""

from agent import const

DAY_S = const(86400)
AGREE = const(3)  # readings in agreement that make a jump true: outlasts a spike and slosh
_STEP = const(0.05)  # share of the capacity within which a reading is ordinary
_FINE = const(0.25)  # of that step, or of a quarter of what is left, is no way to go any more
_PACE = const(0.0625)  # for each such step; so many that they add up to
_FAR = const(0.75)  # this are no way but use, with every reading, and would never come to rest
_NOISE_STEPS = const(6.0)  # or this many mean differences between neighbours, whichever is more
_NOISE_MOST = const(0.05)  # share of the capacity: more noise than this is not believed
_WILD = const(0.04)  # neighbours that differ by more, on average, tell neither levels nor refills
_EMPTY = const(0.01)  # share of the capacity that nothing can be served from
_OVERFILL = const(1.25)  # a heaped container is possible, more is a unit mix-up
_UNDER = const(-0.05)  # tare drift below zero that is still a reading
_SMOOTH = const(0.4)  # weight of a reading seconds after the last one; an hour later it is 1
_AWAY_S = const(6 * 3600)  # a container that reads nothing this long is empty, not out for cleaning
_MOST = const(99.0)  # counters saturate here

_EVENTS = (None, "refilled", "removed", "replaced", "empty")
_REFILLED = const(1)
_REMOVED = const(2)
_REPLACED = const(3)
_EMPTIED = const(4)

# Columns of the state. Times take two columns: see mark.
LEVEL = const(0)
BEFORE = const(1)
_CANDIDATE = const(2)
AGREED = const(3)
SETTLED = const(4)
STRANGE = const(5)
_NOISE = const(6)
_RAW = const(7)
ABSENT = const(8)
EMPTIED = const(9)
_EVENT = const(10)
_AMOUNT = const(11)
_EVENT_AT = const(12)
_AWAY_AT = const(14)
CHANGED_AT = const(16)
READ_AT = const(18)
VANISHED = const(20)
SIZE = const(21)


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
        return max(_STEP * self.capacity, _NOISE_STEPS * self.state[_NOISE])

    def wild(self):
        """Are the readings all over the place?"""
        return self.state[_NOISE] > _WILD * self.capacity

    def read(self, level, at, expected):
        """One reading; expected: what may have gone since the last one. Returns the use.

        The use is signed (noise goes both ways and cancels over a day), and 0 for jumps that
        are not use: refills, removals, replacements.
        """
        state = self.state
        if not (number(level) and _UNDER <= level / self.capacity <= _OVERFILL):
            state[STRANGE] = min(_MOST, state[STRANGE] + 1)
            return 0.0
        state[STRANGE] = max(0.0, state[STRANGE] - 1)
        level = max(0.0, level)
        gain = min(1.0, _SMOOTH + since(state, READ_AT, at) / 3600)
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
        difference = abs(level - state[_RAW])
        if difference > 0 or state[SETTLED] == 0:
            mark(state, CHANGED_AT, at)
        if state[SETTLED] and difference <= self.step():
            state[_NOISE] += 0.05 * (min(difference, _NOISE_MOST * self.capacity) - state[_NOISE])
        state[_RAW] = level
        mark(state, READ_AT, at)

    def _follow(self, level, at):
        """Take over a level that is no surprise. Returns the use."""
        state = self.state
        before = state[LEVEL]
        state[LEVEL] = level
        state[AGREED] = 0.0
        state[SETTLED] = min(_MOST, state[SETTLED] + 1)
        self._ran_out(at)
        return before - state[LEVEL]

    def _ran_out(self, at):
        state = self.state
        if state[LEVEL] > 2 * _EMPTY * self.capacity:
            state[EMPTIED] = 0.0
        elif state[LEVEL] <= _EMPTY * self.capacity and not state[EMPTIED]:
            state[EMPTIED] = 1.0
            self.tell(_EMPTIED, 0.0, at)

    def _doubt(self, level, at):
        """A jump: count the readings that agree on where it went, more of them after wild ones."""
        state = self.state
        moved, step = level - state[_CANDIDATE], self.step()
        gone = state[_CANDIDATE] - state[LEVEL]
        # Through a filter, or poured, it goes there in ever smaller steps.
        way = state[AGREED] % 1
        tame = state[AGREED] < AGREE and way < _FAR and abs(moved) <= abs(gone)
        onward = tame and moved * gone > 0 and (
            abs(moved) > _FINE * min(step, max(level / 4, _EMPTY * self.capacity)))
        if state[AGREED] and abs(moved) <= step and not onward:
            state[AGREED] += 1
            state[_CANDIDATE] += moved / state[AGREED]
        else:
            if state[AGREED] and not tame:
                state[STRANGE] = min(_MOST, state[STRANGE] + 4)
            state[AGREED] = 1 + way + _PACE if tame else 1.0
            state[_CANDIDATE] = level
        if state[AGREED] < AGREE + state[STRANGE]:
            return 0.0
        return self._jump(state[_CANDIDATE], at)

    def _jump(self, level, at):
        """A jump is true: what does it mean? Returns the use."""
        state = self.state
        old = max(state[LEVEL], state[BEFORE])
        away = state[LEVEL] < 0
        if level <= _EMPTY * self.capacity and old >= 0:
            if not away:
                return self._leave(at)
            if since(state, _AWAY_AT, at) < _AWAY_S:
                return 0.0
            state[VANISHED] += old
        state[BEFORE] = -1.0
        self._settle(level, at)
        if old >= 0 and level > old + self.step() and not self.wild():
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
            mark(state, _AWAY_AT, at)
            self.tell(_REMOVED, 0.0, at)
        state[AGREED] = state[SETTLED] = 0.0
        return 0.0

    def place(self, present, at):
        """The in-place contact: out at once, in again only after readings agree on the level."""
        state = self.state
        if not present and not state[ABSENT]:
            self._leave(at)
        elif present and state[ABSENT]:
            mark(state, _AWAY_AT, at - _AWAY_S)
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
        state[_AMOUNT] = amount + (state[_AMOUNT] if state[_EVENT] == event else 0.0)
        state[_EVENT] = event
        mark(state, _EVENT_AT, at)

    def take_event(self):
        """(kind, amount in base units, at) or None."""
        state = self.state
        kind = _EVENTS[int(state[_EVENT])]
        state[_EVENT] = 0.0
        return kind and (kind, state[_AMOUNT], when(state, _EVENT_AT))
