"""Deliveries: what sellers say they brought, what the thing's own sensor sees, and what is wrong.

    late      the owner is told; past the grace it is disputed as never come
    partial   waits for the rest as long; then short
    wrong     by the owner's word (`received`), for no sensor reads a label; so is `back`
    double    more parcels than were ordered, or a refill that no order explains
    unseen    said to be delivered: it may lie beside the machine until there is room for it

None of these ends in another order: what is disputed stays open, and what is open is not ordered.
"""

from agent import const, limits
from agent.money import disputes as disputing
from agent.money import experience as learned
from agent.money import orders as ordering
from agent.money.disputes import SETTLED, WITHDRAWN
from agent.money.orders import AWAITING, DELIVERED, DISPUTED, SHIPPED, STATES, VERIFIED
from agent.money.rooms import money
from agent.wire import messages as wire

# order_event codes, as in wire.cddl.
CANCEL, SEEN, PARTIAL, NOT_RECEIVED, WRONG, DOUBLE, RETURNED = range(1, 8)

# The dispute that goes with an event, and the promise that was broken.
_COMPLAINTS = {PARTIAL: disputing.SHORT, NOT_RECEIVED: disputing.NEVER, WRONG: disputing.WRONG,
               DOUBLE: disputing.DOUBLE, RETURNED: disputing.BACK}
_BROKEN = {disputing.PRICE: learned.PRICE, disputing.WRONG: learned.RIGHT_ITEM}
_WORDS = {"wrong": WRONG, "nothing": NOT_RECEIVED, "back": RETURNED}
# Disputes that goods in the container explain, and those after which they are somebody else's.
_EXPLAINED = (disputing.SHORT, disputing.NEVER)
_LOST = (disputing.WRONG, disputing.BACK)

# How much of a pack must be seen in the container before a delivery counts as verified, percent.
_SEEN_PERCENT = const(50)
# A container with so little left is empty: what should fill it is missed.
_GONE_PERCENT = const(5)


class Delivery:
    """rooms: the thing's money Rooms."""

    def __init__(self, rooms):
        self._rooms = rooms
        self._orders = rooms.orders
        self._disputes = rooms.disputes

    def parcel(self, order, packs, at, utc):
        """Note a parcel that came by somebody's word (-1: all of it) and put it on the shelf."""
        ordered = order.packs
        came = max(0, ordered - order.arrived) if packs < 0 else packs
        order.arrived += came
        shelf = self._rooms.shelf
        index = shelf.index(order.consumable)
        if index is not None and came and not order.test:
            unpacked = max(0, order.pack * came - order.seen)
            shelf.items[index].delivered(unpacked / shelf.unit_scales[index], at - order.placed)
        if 0 < ordered < order.arrived:
            self.complaint(order, DOUBLE, at, utc)

    def later(self, order, state, packs, back, at, utc):
        """A word on an order that has ended: a second parcel, or (back) its money."""
        if state == DELIVERED and order.state == VERIFIED and packs and not order.test:
            order.arrived += max(1, packs)
            if 0 < order.packs < order.arrived:
                self.complaint(order, DOUBLE, at, utc)
        elif state in ordering.UNFULFILLED and (back or order.state == VERIFIED):
            self._disputes.close(order.id, range(8), SETTLED, at, utc)
        self._orders.remember(order)

    def charged(self, order, charged, at, utc):
        """More than was agreed is a dispute, and the agreed sum explains it again.

        Of what came to nothing no more was agreed than had been charged when it did.
        """
        agreed, reason = 0 if order.test else order.total, disputing.PRICE
        if order.state in ordering.UNFULFILLED:
            agreed, reason = max(0, order.charged), disputing.NEVER
        order.charged = charged
        if charged > agreed:
            self._dispute(order, reason, at, utc)
        else:
            self._disputes.close(order.id, (disputing.PRICE,), WITHDRAWN, at, utc)

    # -- what the sensor sees ------------------------------------------------------------------

    def refilled(self, name, amount, spare, sure, at, utc):
        """The thing's own sensor saw a container filled: amount in units x scale.

        Goods may be there before the word of them is, so it counts from when the order was placed,
        unless there are spares: before the parcel is under way, it came from those.  sure: the
        desk knows no more; else what seems not to be placed yet may have been.
        """
        for order in list(self._orders.open):
            if order.consumable != name or order.test:
                continue
            if order.state <= AWAITING:
                if sure and 2 * amount >= order.quantity:
                    self._rooms.drop(order, at, "filled from elsewhere")
            elif not (spare and order.state < SHIPPED):
                order.seen += amount
                self._not_needed_before(order, at)
                # Where spares explain it as well, the seller's word of the delivery is needed too.
                if (spare and not order.arrived) or not self.verify(order, at, utc):
                    self._orders.keep(order)
            return
        if not spare:
            self._refilled_again(name, amount, at)

    def _not_needed_before(self, order, at):
        """Some of it went into the container: the rest is missed only when that is used up."""
        item = self._rooms.shelf.items[self._rooms.shelf.index(order.consumable)]
        days = item.days_left(at)
        if days:
            lasts_s = min(int(days[0] * 86400), limits.ETA_MOST_S)
            order.need_by = max(order.need_by, at + lasts_s)

    def _refilled_again(self, name, amount, at):
        """No order and no spare explains it: soon after one it may be a parcel that came twice."""
        for order in self._orders.lately():
            if (order.consumable != name or order.state != VERIFIED or order.test
                    or at - order.since >= limits.DOUBLE_S):
                continue
            bought = order.pack * order.packs
            before = order.seen
            order.seen += amount
            self._orders.remember(order)
            if before * 100 <= bought * (100 + _SEEN_PERCENT) < order.seen * 100:
                self._rooms.send(wire.ORDER_EVENT, {
                    1: order.id, 2: DOUBLE, 3: order.seen, 4: "filled without an order"}, order.id)
                self._rooms.tell("%s was filled again: did it come twice? say: received %s PACKS"
                                 % (name, order.ref()))

    def verify(self, order, at, utc):
        """End an order of which enough was seen and nothing is missing; return whether.

        Before it is due, and without word of it, a pack may be one that lay in the cupboard: then
        it takes half of all that was ordered.
        """
        packs = 1 if order.arrived or at >= order.promised else order.packs or 1
        if not order.seen or order.seen * 100 < order.pack * packs * _SEEN_PERCENT:
            return False
        if 0 < order.arrived < order.packs:
            return False
        return self.end(order, at, utc)

    def end(self, order, at, utc, reason=""):
        """The goods are there: end the order, send the receipt, learn from it; return whether."""
        lost = [why for why in self._disputes.open_for(order.id) if why in _LOST]
        if lost or not self._orders.move(order, VERIFIED, at, reason):
            return False
        self._disputes.close(order.id, _EXPLAINED, WITHDRAWN, at, utc)
        event = {1: order.id, 2: SEEN, 3: order.seen}
        if order.decision:  # not of an order that only the desk remembers
            event[5] = self._receipt(order, utc)
            self._learn(order, at, utc)
        self._rooms.send(wire.ORDER_EVENT, event, order.id)
        return True

    def _receipt(self, order, utc):
        content = {0: "receipt", 1: order.id, 2: self._rooms.identity.thing, 3: order.seller,
                   4: order.sku, 5: order.packs, 6: order.seen, 7: order.total,
                   8: order.currency, 9: order.test, 10: order.decision,
                   11: self._rooms.ledger.head[:limits.HASH_BYTES]}
        if utc is not None:
            content[12] = utc
        return self._rooms.identity.signed(content)

    def _learn(self, order, at, utc):
        """Learn from what came: the price that is usual, and how the seller kept its word."""
        if order.test:
            return
        units = order.pack * order.packs
        self._rooms.experience.paid(order.consumable, order.currency, order.total * 1000 // units)
        # Arrived is by the seller's word, so lateness is measured up to it and not to the refill.
        late = (order.came or at) - order.placed - order.lead_s
        kept = [(learned.IN_TIME, max(0, 100 - 100 * max(0, late) // limits.LATE_WORTHLESS_S)),
                (learned.IN_FULL, 100), (learned.RIGHT_ITEM, 100)]
        if order.charged <= order.total:
            kept.append((learned.PRICE, 100))
        self._rooms.learn(order, kept, at, utc)

    # -- what does not come, or not as it should -------------------------------------------------

    def watch(self, order, at, utc):
        """See whether a delivery is complete, late, or can no longer be expected."""
        order.after = at + limits.DELIVERY_LOOK_S
        if order.state == DELIVERED and self.verify(order, at, utc):
            return
        late, ordered = at - order.promised, order.packs
        if order.state == DELIVERED and order.arrived >= ordered:
            if self._rooms.shelf.index(order.consumable) is None:  # the product has it no more
                self._rooms.escalate(order, at, "nobody here sees whether it came, say: received "
                                     "%s PACKS, or nothing" % order.ref())
                return
            self._missed(order, at)
            late = min(late, at - order.need_by)
        elif late >= limits.DELIVERY_LATE_S:
            self._rooms.escalate(order, at, "late; if nothing comes, it is disputed")
        if late >= limits.DELIVERY_GRACE_S:
            short = order.seen or 0 < order.arrived < ordered
            self.complaint(order, PARTIAL if short else NOT_RECEIVED, at, utc)

    def _missed(self, order, at):
        """Ask the owner to look, once the container is empty; put off when the goods are missed for
        as long as there is something left without them, or the level is not believed.

        It lasts longer than it should where nothing is used, as in a jammed machine; but for ever
        nobody waits, lest the money is gone with the goods.
        """
        shelf, waited = self._rooms.shelf, at - order.since
        if waited >= limits.ETA_MOST_S:
            return
        item = shelf.items[shelf.index(order.consumable)]
        if (item.plausible(at) not in (None, "frozen")
                or item.level() * 100 > item.capacity * _GONE_PERCENT):
            if order.need_by < at:
                order.need_by = at + limits.DELIVERY_LATE_S
                self._orders.keep(order)
        elif waited >= limits.DELIVERY_LOOK_S:
            self._rooms.escalate(order, at, "empty, but %s says that %d x %s came: fill it in, "
                                 "or say: received %s PACKS, or nothing"
                                 % (order.seller, order.arrived, order.sku, order.ref()))

    def received(self, order, word, at, utc):
        """The owner says what came: a number of packs, or wrong, nothing or back.

        Returns None, or why that cannot be.
        """
        if order.state <= AWAITING or order.state in ordering.UNFULFILLED:
            return "it is " + STATES[order.state]
        if not order.answered:
            return "the desk has not taken it yet"
        event = _WORDS[word] if word in _WORDS else self._counted(order, int(word), at, utc)
        if event:
            self.complaint(order, event, at, utc)
        else:
            self.end(order, at, utc, "the owner counted it")
        orders = self._orders
        (orders.remember if order.state == VERIFIED else orders.keep)(order)
        return None

    def _counted(self, order, packs, at, utc):
        """The owner counted so many packs; return the event that follows, or None."""
        if order.state != VERIFIED and packs > order.arrived:
            self.parcel(order, packs - order.arrived, at, utc)
            self._orders.move(order, DELIVERED, at, "the owner received it")
        order.arrived = packs
        ordered = order.packs or packs  # only the desk remembers how many
        if packs < max(1, ordered):
            return PARTIAL
        return DOUBLE if packs > ordered else None

    def complaint(self, order, event, at, utc):
        """Tell the desk what is wrong with a delivery, and dispute it; once for a reason."""
        reason = _COMPLAINTS[event]
        if reason not in self._disputes.open_for(order.id):
            self._rooms.send(wire.ORDER_EVENT, {1: order.id, 2: event, 3: order.seen}, order.id)
            self._dispute(order, reason, at, utc)

    def _dispute(self, order, reason, at, utc):
        if reason in self._disputes.open_for(order.id):
            return
        self._disputes.raise_for(order, reason, at, utc)
        words = disputing.REASONS[reason]
        if reason == disputing.PRICE:
            words += ": %s %s for %s" % (money(order.charged), order.currency, money(order.total))
        self._rooms.tell("%s (%s) from %s: %s" % (order.consumable, order.ref(), order.seller,
                                                  words))
        order.escalated = False  # the next thing to be told is another one
        self._orders.move(order, DISPUTED, at, disputing.REASONS[reason])
        self._rooms.learn(order, [(_BROKEN.get(reason, learned.IN_FULL), 0)], at, utc)
