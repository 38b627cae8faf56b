"""Orders: the life of a purchase, from need to a refill that the thing's own sensor has seen.

    needed -> quoting -> (awaiting ->) placed -> confirmed -> shipped -> delivered -> verified
       any of the first three may end as cancelled, refused or expired without money moving;
       a placed one is cancelled or refused only by a verified message, and is disputed when what
       was promised does not come.  Verified, cancelled, refused and expired are the ends.

`MOVES` is the whole of it.  One order at most is open for a consumable, and its id follows from
thing, consumable and cycle; the cycle advances only when an end is written to the ledger, so a
power cut anywhere finds the same id again and the desk answers `exists`.
"""

import hashlib

from agent import limits
from agent.money import ledger as books
from agent.wire import cbor

ORDER, CYCLE = TAGS = 40, 41

(NEEDED, QUOTING, AWAITING, PLACED, CONFIRMED, SHIPPED, DELIVERED, CANCELLED, REFUSED, EXPIRED,
 VERIFIED, DISPUTED) = range(1, 13)
STATES = ("", "needed", "quoting", "awaiting approval", "placed", "confirmed", "shipped",
          "delivered", "cancelled", "refused", "expired", "verified", "disputed")

MOVES = {
    NEEDED: (QUOTING, CANCELLED, EXPIRED),
    QUOTING: (AWAITING, PLACED, CANCELLED, REFUSED, EXPIRED),
    AWAITING: (PLACED, CANCELLED, REFUSED, EXPIRED),
    PLACED: (CONFIRMED, SHIPPED, DELIVERED, CANCELLED, REFUSED, EXPIRED, DISPUTED),
    CONFIRMED: (SHIPPED, DELIVERED, CANCELLED, REFUSED, DISPUTED),
    SHIPPED: (DELIVERED, VERIFIED, CANCELLED, REFUSED, DISPUTED),
    DELIVERED: (VERIFIED, DISPUTED),
    DISPUTED: (VERIFIED, CANCELLED),
}
ENDS = (CANCELLED, REFUSED, EXPIRED, VERIFIED)
# Ends after which nothing was got, so the need may come back after a rest.
UNFULFILLED = (CANCELLED, REFUSED, EXPIRED)


def order_id(thing, consumable, cycle, test):
    """Return the 16-byte id of an order, the same after every restart."""
    key = [thing, consumable, cycle, "test"] if test else [thing, consumable, cycle]
    return hashlib.sha256(cbor.encode(key)).digest()[:16]


class Order:
    """One purchase.  Quantities in units x scale, money in minor units, times as ages in s."""

    COLUMNS = ("id", "consumable", "cycle", "state", "since", "quantity", "need_by", "test",
               "round", "terms", "decision", "number", "promised", "seen", "answered", "entry",
               "escalated")

    def __init__(self, values):
        for column, value in zip(self.COLUMNS, values):
            setattr(self, column, value)
        self.offers = []  # considered while quoting; asked for again after a restart
        self.declined = []

    def record(self):
        return [ORDER] + [getattr(self, column) for column in self.COLUMNS]

    def ref(self):
        """Return how a person calls the order: the head of its id in hex."""
        return "".join("%02x" % byte for byte in self.id[:4])


class Orders:
    """Open orders and cycles.  Durable: both; the ledger tells what they have been through."""

    def __init__(self, thing, ledger, budget, note):
        self._thing = thing
        self._ledger = ledger
        self._budget = budget
        self._note = note
        self.open = []
        self._cycles = {}  # consumable: [cycle, age until which it rests]
        self.moved = []  # consumables whose order moved on since somebody looked

    def busy(self, name, at):
        """Return whether a consumable has an open order or rests after a failed one."""
        resting = self._cycle(name)[1] > at
        return resting or any(o.consumable == name and not o.test for o in self.open)

    def begin(self, name, need, at, test=False):
        """Open an order for a Need and write the need to the ledger."""
        cycle = self._cycle(self._key(name, test))[0]
        identifier = order_id(self._thing, name, cycle, test)
        entry = self._ledger.count
        self._ledger.add(at, books.NEED, identifier, name, cycle, need.quantity, need.reason, test)
        order = Order([identifier, name, cycle, NEEDED, at, need.quantity, at + need.need_by_s,
                       test, 0, [], b"", "", 0, 0, False, entry, False])
        self.open.append(order)
        self._note(order.record())
        return order

    def move(self, order, state, at, reason=""):
        """Move an order along MOVES; write it to journal and ledger; release what it held."""
        if state not in MOVES[order.state]:
            return False
        self._set(order, state, at, reason)
        return True

    def _set(self, order, state, at, reason):
        order.state = state
        order.since = at
        self.moved.append(order.consumable)
        self._ledger.add(at, books.ORDER, order.id, state, reason)
        if state in ENDS:
            self._end(order, at)
        else:
            self._note(order.record())

    def keep(self, order):
        """Make a change of an order's columns durable."""
        self._note(order.record())

    def find(self, identifier):
        """Return the open order of an id (bytes), or None."""
        for order in self.open:
            if order.id == identifier:
                return order
        return None

    def called(self, word):
        """Return the open order that a person calls by a prefix of its id in hex, or None."""
        found = [o for o in self.open
                 if "".join("%02x" % byte for byte in o.id).startswith(word)]
        return found[0] if word and len(found) == 1 else None

    def adopt(self, identifier, name, cycle, state, at):
        """Take the desk's word, after amnesia, for an order this thing no longer remembers.

        One that it remembers catches up with what the desk knows; it never goes back.
        """
        own, known = self._cycle(name), self.find(identifier)
        if known:
            if state > known.state or state in MOVES[known.state]:
                known.answered = True
                known.promised = max(known.promised, at)
                self._set(known, state, at, "reconciled")
            return
        if cycle < own[0]:
            return
        own[0] = cycle
        if state in ENDS:
            own[0] = cycle + 1
        else:
            self.open.append(Order([identifier, name, cycle, state, at, 0, at, False, 0, [], b"",
                                    "", at, 0, True, self._ledger.count, False]))
            self._note(self.open[-1].record())
        self._note([CYCLE, name, own[0], own[1]])

    def oldest_entry(self):
        """Return the index of the first ledger entry that an open order rests on."""
        return min([order.entry for order in self.open] + [self._ledger.count])

    def _end(self, order, at):
        if order.state in UNFULFILLED:
            self._budget.release(order.id)
        key = self._key(order.consumable, order.test)
        rest = limits.NEED_REST_S if order.state in UNFULFILLED and not order.test else 0
        self._cycles[key] = [order.cycle + 1, at + rest]
        self.open.remove(order)
        self._note([CYCLE, key] + self._cycles[key])
        self._note(order.record())

    def _cycle(self, key):
        if key not in self._cycles:
            self._cycles[key] = [0, 0]
        return self._cycles[key]

    @staticmethod
    def _key(name, test):
        return name + "?" if test else name

    def apply(self, record):
        if record[0] == CYCLE:
            self._cycles[record[1]] = [record[2], record[3]]
            return
        order = Order(record[1:])
        known = self.find(order.id)
        if known:
            self.open.remove(known)
        if order.state not in ENDS:
            self.open.append(order)

    def dump(self):
        for key in sorted(self._cycles):
            yield [CYCLE, key] + self._cycles[key]
        for order in self.open:
            yield order.record()
