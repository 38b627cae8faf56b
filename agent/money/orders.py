"""Orders: the life of a purchase, from need to a refill that the thing's own sensor has seen.

    needed -> quoting -> (awaiting ->) placed -> confirmed -> shipped -> delivered -> verified
       any of the first three may end as cancelled, refused or expired without money moving;
       a placed one is cancelled or refused only by a verified message, and is disputed when what
       was promised does not come, comes wrong or costs more.  Verified, cancelled, refused and
       expired are the ends; what is disputed stays open, so nothing is bought in its place until
       it was explained, paid back or closed by the owner.

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
    NEEDED: (QUOTING, CANCELLED),
    QUOTING: (AWAITING, PLACED, CANCELLED, REFUSED, EXPIRED),
    AWAITING: (QUOTING, PLACED, CANCELLED, REFUSED, EXPIRED),
    PLACED: (CONFIRMED, SHIPPED, DELIVERED, CANCELLED, REFUSED, EXPIRED, DISPUTED),
    CONFIRMED: (SHIPPED, DELIVERED, CANCELLED, REFUSED, EXPIRED, DISPUTED),
    SHIPPED: (DELIVERED, VERIFIED, CANCELLED, REFUSED, DISPUTED),
    DELIVERED: (VERIFIED, DISPUTED),
    DISPUTED: (VERIFIED, CANCELLED, REFUSED, EXPIRED),
}
ENDS = (CANCELLED, REFUSED, EXPIRED, VERIFIED)
# Ends after which nothing was got, so the need may come back after a rest.
UNFULFILLED = (CANCELLED, REFUSED, EXPIRED)


def order_id(thing, consumable, cycle, test):
    """Return the 16-byte id of an order, the same after every restart."""
    key = [thing, consumable, cycle, "test"] if test else [thing, consumable, cycle]
    return hashlib.sha256(cbor.encode(key)).digest()[:16]


class Order:
    """One purchase.  Quantities in units x scale, money in minor units, times as ages in s.

    terms: the chosen offer's record and the hash of the mandate it was chosen under; each of them
    is an attribute, too, once there are any; decision, decided: link and number of the ledger
    entry with the choice; base, round: first and last round of this asking; after: asked again,
    or looked after, then; waits: how often a surge was waited out; approved, agreed: what the
    owner said yes to, and its total; arrived: packs that came by the seller's word, and came:
    when; charged: -1 while unknown; statuses: numbers of the messages that were heard;
    cancelling: the owner asked for it.
    """

    COLUMNS = ("id", "consumable", "cycle", "state", "since", "quantity", "need_by", "test",
               "round", "terms", "decision", "number", "promised", "seen", "answered", "entry",
               "escalated", "decided", "base", "after", "waits", "approved", "agreed", "placed",
               "arrived", "charged", "statuses", "came", "cancelling")
    TERMS = ("offer", "digest", "seller", "sku", "pack", "packs", "price", "total", "currency",
             "lead_s", "expires", "basis")

    def __init__(self, values):
        for column, value in zip(self.COLUMNS, values):
            setattr(self, column, value)
        self.agree(self.terms)
        self.offers = []  # considered while quoting; asked for again after a restart
        self.heard = None  # sellers who answered in this round; None: not asked since the boot
        self.best = None  # lowest total when this round was asked for

    def agree(self, terms):
        self.terms = terms
        for name, value in zip(self.TERMS, terms):
            setattr(self, name, value)

    def record(self):
        return [ORDER] + [getattr(self, column) for column in self.COLUMNS]

    def due(self, at):
        """Return whether there is anything to do about it now; else it waits for word or goods."""
        if self.state <= QUOTING:
            return True
        if self.state == AWAITING:
            return at - self.since >= limits.APPROVAL_WINDOW_S
        if self.state == DISPUTED:
            return not self.escalated and at - self.since >= limits.DISPUTE_PATIENCE_S
        late = self.answered and at - self.promised >= limits.DELIVERY_LATE_S
        return at >= self.after and (late or self.state == DELIVERED)

    def key(self):
        """Return under what its cycles are counted: those of tests by themselves."""
        return _key(self.consumable, self.test)

    def ref(self):
        """Return how a person calls the order: the head of its id in hex."""
        return hex_of(self.id[:4])


def _key(name, test):
    return name + "?" if test else name


def opening(identifier, name, cycle, state, at, quantity, need_by, test, entry):
    """Return an Order of which no more is known yet."""
    return Order([identifier, name, cycle, state, at, quantity, need_by, test, 0, [], b"", "", 0,
                  0, False, entry, False, 0, 0, 0, 0, b"", 0, 0, 0, -1, [], 0, False])


def terms_digest(order):
    """Return what an approval is bound to, besides the total: item, quantity and seller."""
    bound = cbor.encode([order.id, order.seller, order.sku, order.pack, order.packs,
                         order.currency])
    return hashlib.sha256(bound).digest()[:limits.HASH_BYTES]


def hex_of(data):
    return "".join(["%02x" % byte for byte in data])


def _fill(order, told, at):
    """Give an order that only the desk remembers the terms that it told."""
    seller, total, currency = told
    order.agree([b"", b"", seller, "", 0, 0, 0, total, currency, 0, 0, b""])
    order.placed = order.promised = at
    order.decision = b""
    order.answered = True


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

    def due(self, at):
        """Return the open orders about which there is anything to do now."""
        return [order for order in self.open if order.due(at)]

    def begin(self, name, need, at, test=False):
        """Open an order for a Need and write the need to the ledger."""
        cycle = self._cycle(_key(name, test))[0]
        identifier = order_id(self._thing, name, cycle, test)
        entry = self._ledger.count
        self._ledger.add(at, books.NEED, identifier, name, cycle, need.quantity, need.reason, test)
        order = opening(identifier, name, cycle, NEEDED, at, need.quantity,
                        at + need.need_by_s, test, entry)
        self.open.append(order)
        self._note(order.record())
        return order

    def move(self, order, state, at, reason=""):
        """Move an order along MOVES; write it to journal and ledger; release what it held."""
        if state not in MOVES.get(order.state, ()):
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

    def find(self, identifier, among=None):
        """Return the open order of an id (bytes), or the one among others; or None."""
        for order in self.open if among is None else among:
            if order.id == identifier:
                return order
        return None

    def called(self, word):
        """Return the order that a person calls by a prefix of its id in hex, or None.

        Open ones first, then the last one of each consumable.
        """
        for orders in (self.open, self.lately()):
            found = [order for order in orders if hex_of(order.id).startswith(word)]
            if word and len(found) == 1:
                return found[0]
        return None

    def lately(self):
        """Return the order of each consumable that came to its end last."""
        return [Order(row[3]) for _, row in sorted(self._cycles.items()) if row[3]]

    def ended(self, identifier):
        """Return the order of an id if it is the last one of its consumable, else None."""
        return self.find(identifier, self.lately())

    def remember(self, order):
        """Keep what was learned of an order after its end."""
        key = order.key()
        self._cycles[key][3] = order.record()[1:]
        self._keep_cycle(key)

    def past(self, identifier):
        """Return whether an id is that of any order of this thing that has ended."""
        for key in sorted(self._cycles):
            cycle, test = self._cycles[key][0], key.endswith("?")
            name = key[:-1] if test else key
            for past in range(max(0, cycle - limits.CYCLES_SEARCHED), cycle):
                if order_id(self._thing, name, past, test) == identifier:
                    return True
        return False

    def shunned(self, order):
        """Return the sellers that failed the present need."""
        return self._cycle(order.key())[2]

    def shun(self, order, sellers):
        """Turn to another seller at once; when none of that many is left, rest and forget."""
        key = order.key()
        row = self._cycles[key]
        shunned = row[2] + [order.seller]
        if len(shunned) < sellers:
            row[1], row[2] = 0, shunned
        else:
            row[2] = []
        self._keep_cycle(key)

    def adopt(self, identifier, name, cycle, state, seller, total, utc, currency, unheard,
              at):
        """Take the desk's word for an order that this thing may no longer remember.

        One that it remembers catches up with what the desk knows; it never goes back.  What the
        desk holds for open is open, unless word of its end is on its way to it (unheard).
        """
        test = identifier == order_id(self._thing, name, cycle, True)
        told = seller, total, currency
        if not test and identifier != order_id(self._thing, name, cycle, False):
            return  # no order of this thing; a status about it will be denied
        key = _key(name, test)
        own, known = self._cycle(key), self.find(identifier)
        own_doing = known.placed if known else cycle < own[0]
        # Of one that came to nothing the total is what was charged all the same.
        if total and not test and not (own_doing and self._budget.past(utc)):
            self._budget.recall(identifier, name, *told, utc, at)
        alike = [o for o in self.open if o.consumable == name and o.test == test]
        for order in alike:
            if order.cycle < cycle:  # of an old flash: the desk knows that it ended
                self._set(order, CANCELLED, at, "a later one is known")
        if known:
            self._catch_up(known, state, told, at)
        elif state in ENDS:
            self._was(identifier, key, cycle, told, at)
        elif not unheard and not [o for o in alike if o.cycle > cycle]:
            order = opening(identifier, name, cycle, state, at, 0, at, test, self._ledger.count)
            self._open_again(order, key, told, at)

    def _catch_up(self, known, state, told, at):
        if state > known.state or state in MOVES[known.state]:
            if not known.placed:  # and it does not know on what terms any more
                _fill(known, told, at)
            known.answered = True
            known.promised = max(known.promised, at)
            self._set(known, state, at, "reconciled")

    def _was(self, identifier, key, cycle, told, at):
        """An order has ended that this memory did not place, or no longer knows."""
        row = self._cycle(key)
        ended = self.ended(identifier)
        if cycle >= row[0]:
            row[0] = cycle + 1
            self._keep_cycle(key)
        elif ended and not ended.placed:  # by this memory; by another one it was
            _fill(ended, told, at)
            self.remember(ended)

    def _open_again(self, order, key, told, at):
        """An order is open of which this memory knows nothing, or that it ended unplaced."""
        row = self._cycle(key)
        row[0] = max(row[0], order.cycle)
        if self.ended(order.id):
            row[3] = []
        self._keep_cycle(key)
        _fill(order, told, at)
        self.open.append(order)
        self._set(order, order.state, at, "reconciled")

    def oldest_entry(self):
        """Return the index of the first ledger entry that an open order rests on."""
        return min([order.entry for order in self.open] + [self._ledger.count])

    def _end(self, order, at):
        if order.state in UNFULFILLED and order.charged <= 0:
            self._budget.release(order.id)
        key = order.key()
        failed = order.state in UNFULFILLED
        rest = at + limits.NEED_REST_S if failed and not order.test else at
        shunned = self._cycle(key)[2] if failed and order.placed else []
        cycle = max(order.cycle + 1, self._cycle(key)[0])
        self._cycles[key] = [cycle, rest, shunned, order.record()[1:]]
        self.open.remove(order)
        self._keep_cycle(key)

    def _cycle(self, key):
        """Return [cycle, age until which it rests, shunned sellers, its last order's columns]."""
        return self._cycles.setdefault(key, [0, 0, [], []])

    def _keep_cycle(self, key):
        self._note([CYCLE, key] + self._cycles[key])

    def apply(self, record):
        cycle = record[0] == CYCLE
        if cycle:
            self._cycles[record[1]] = record[2:]
        columns = record[5] if cycle else record[1:]
        known = self.find(columns[0]) if columns else None
        if known:
            self.open.remove(known)
        if not cycle:
            self.open.append(Order(columns))

    def dump(self):
        for key in sorted(self._cycles):
            yield [CYCLE, key] + self._cycles[key]
        for order in self.open:
            yield order.record()
