"""A shipped product of which one sensor lies: the lies, and a thing that is fed them.

A recording has every reading of a healthy product, and a thing that has lived through its first
days comes out of its journal. For both runtimes; tests/test_lying_sensors.py makes the recordings.
"""

import kit

from agent.wire import messages as wire

HOUR, DAY = 3600, 86400
STEP_S = 180  # what comes in between two steps stays under limits.READINGS_WAITING

NAN, INF = float("nan"), float("inf")


class Draw:
    """Chance that both runtimes draw alike (Lehmer's generator)."""

    def __init__(self, seed):
        self._state = seed * 7919 + 1

    def random(self):
        self._state = self._state * 48271 % 2147483647
        return self._state / 2147483647

    def normal(self):
        """About normal: the sum of twelve uniform draws."""
        return sum([self.random() for _ in range(12)]) - 6.0


def nought(value, channel, draw):
    return 0.0


def thousandfold(value, channel, draw):
    return value * 1000


def thousandth(value, channel, draw):
    return value * 0.001


def nan(value, channel, draw):
    return NAN


def noisy(value, channel, draw):
    return value + draw.normal() * max(abs(value) * 0.2, 0.2)


def share(chance, lie):
    """Return what lies that often only."""
    def lying(value, channel, draw):
        return lie(value, channel, draw) if draw.random() < chance else value

    return lying


# f(value, the channel of the product file, draw) -> what the sensor says.
BENT = {
    "NaN": nan,
    "infinity": lambda value, channel, draw: INF,
    "minus infinity": lambda value, channel, draw: -INF,
    "high rail": lambda value, channel, draw: 1e6,
    "low rail": lambda value, channel, draw: -1e6,
    "top of its range": lambda value, channel, draw: channel["high"],
    "bottom of its range": lambda value, channel, draw: channel["low"],
    "nought": nought,
    "a thousandfold": thousandfold,
    "a thousandth": thousandth,
    "as Fahrenheit": lambda value, channel, draw: value * 1.8 + 32,
    "as Celsius": lambda value, channel, draw: (value - 32) / 1.8,
    "ounces": lambda value, channel, draw: value * 0.035274,
    "ten times the noise": noisy,
    "loose": share(0.5, nan),
    "now and then a thousandfold": share(0.5, thousandfold),
    "now and then a thousandth": share(0.5, thousandth),
    "now and then nought": share(0.5, nought),
    "rarely nought": share(0.02, nought),
}
FROZEN, SILENT, LATE, MIXED = "frozen", "silent", "hours late", "out of order"
LIES = sorted({FROZEN, SILENT, LATE, MIXED} | set(BENT))


class Liar(kit.Bench):
    """A thing that is fed a recording; `bend` lets one channel of it lie.

    recording: {"product": decoded product file, "start": s, "rows": [values of each channel]}; the
    first of each row was read one period of its channel after start.
    """

    def __init__(self, recording, now, journal=(), seq=0):
        self.recording = recording
        self.product = recording["product"]
        self.store = kit.Store()
        self.store.journal = list(journal)
        self.desk = kit.Desk()
        self.desk.seq = seq
        self.draw = kit.entropy()
        self.now = now
        self.bend(None, None)
        self.boot()

    def bend(self, channel, lie):
        self.bent, self.lie, self.held, self.chance = channel, lie, None, Draw(1)

    def tick(self, seconds=STEP_S):
        start = self.now - self.recording["start"]
        self.now += seconds
        readings = []
        for index, channel in enumerate(self.product["channels"]):
            period = channel["period"]
            for row in range(start // period, (start + seconds) // period):
                readings.append(((row + 1) * period, index, row))
        for second, index, row in sorted(readings):
            value = self.recording["rows"][index][row]
            if value is not None:
                self._feed(index, value, second + self.recording["start"] - self.past)
        self.thing.step(self.up())
        return self.desk.read(self.thing)

    def _feed(self, index, value, up):
        if index == self.bent and self.lie in BENT:
            value = BENT[self.lie](value, self.product["channels"][index], self.chance)
        elif index == self.bent and self.lie == FROZEN:
            self.held = value = value if self.held is None else self.held
        elif index == self.bent and self.lie == SILENT:
            return
        elif index == self.bent:
            up -= 5 * HOUR if self.lie == LATE else int(2 * HOUR * self.chance.random())
        self.thing.feed_reading(index, value, 0, max(0, up))

    def live(self, seconds):
        """Let so much time pass; return what the thing sent."""
        return self.serve(seconds // STEP_S, STEP_S)

    def memory(self):
        """Return the journal of a thing that could be switched off now, and the desk's number."""
        thing = self.thing
        thing.journal.rewrite(thing.age(), thing._dump())
        return self.store.journal, self.desk.seq


def told(recording, memory, now, index, lie, lying_s, after_s):
    """Return (modes of the service cases, orders and requests, findings) of a lie."""
    liar = Liar(recording, now, *memory)
    liar.live(2 * HOUR)
    liar.bend(index, lie)
    sent = liar.live(lying_s)
    liar.bend(None, None)
    sent += liar.live(after_s)
    cases = {}
    for message in kit.of_kind(sent, wire.CASE):
        cases[message[wire.BODY][1]] = message[wire.BODY][2]
    bought = kit.of_kind(sent, wire.RFQ) + kit.of_kind(sent, wire.ORDER)
    found = {m[wire.BODY][1] for m in kit.of_kind(sent, wire.FINDING)}
    return sorted(cases.values()), len(bought), sorted(found)
