"""Trade: what only a thing with consumables has, tied together: its shelf and the rooms of money.

    shelf -> needs -> orders: market, buyer, deliveries -> outbox

A product without consumables does not load this file, nor what it imports of stock/ and money/.
"""

from agent import const, loan, needs
from agent.money import budget as budgets
from agent.money import disputes as disputing
from agent.money import experience as learned
from agent.money import ledger as books
from agent.money import mandate as mandates
from agent.money import orders as ordering
from agent.money.rooms import Rooms
from agent.stock import shelf as shelves
from agent.wire import messages as wire

# A level that has moved so far, percent of the capacity, is written down at once.
_GONE_PERCENT = const(15)


class Trade(Rooms):
    """Shelf, mandate, ledger, budget, orders, disputes, experience, buyer of one Agent."""

    def __init__(self, agent):
        self._agent = agent
        self._utc = agent.clock.utc
        note = agent.journal.note
        self.identity, self.send, self.tell = agent.identity, agent.send, agent.tell
        self.shelf = shelves.Shelf(agent.product, agent.senses)
        self.ledger = books.Ledger(note)
        self.mandate = mandates.Mandate(agent.identity, note)
        self.budget = budgets.Budget(note)
        self.orders = ordering.Orders(agent.identity.thing, self.ledger, self.budget, note)
        self.experience = learned.Experience(note)
        self.disputes = disputing.Disputes(agent.identity, self.ledger, agent.send, note)
        self._buyer = None
        self._kept = {}  # consumable: its level when it was last written down
        self._presses = None  # of the owner's button, as last read, and when that was
        self._read_at = 0
        self._pressed_after = None

    @property
    def buyer(self):
        """The buyer, on loan while there is something to be bought."""
        self._buyer = self._buyer or loan.call("agent.money.buyer", "Buyer", self)
        return self._buyer

    def feed(self, channel, value, at):
        """Hand a believable reading to the shelf; watch the button that says the owner's yes."""
        if channel == self._agent.product.approve:
            if self._presses is not None and value > self._presses:
                self._pressed_after = self._read_at
            self._presses, self._read_at = value, at
        self.shelf.feed(channel, value, at)

    def step(self, at):
        """From what happened to the containers to orders that are decided; see agent/core.py."""
        self._note_refills(at)
        if self._agent.may_buy():
            if self._pressed_after is not None:
                self._approve(at)
            for need in needs.arising(self.shelf, self._busy, at):
                self.orders.begin(self.shelf.specs[need.consumable]["name"], need, at)
            if self.orders.due(at):
                self.buyer.step(at, self._utc(at))
        if not self.orders.due(at):
            self._buyer = None  # goes back
        self._note_levels()

    def _busy(self, name, at):
        """Return whether nothing new may be got: nor while the desk has not heard the last word
        on the order before, for which it would refuse the next.
        """
        for message in self._agent.outbox.pending():
            if message.kind == wire.ORDER_EVENT:
                last = self.orders.ended(message.about)
                if last and last.consumable == name:
                    return True
        return self.orders.busy(name, at)

    def _approve(self, at):
        """Take a press for a yes to the only question, if it stood at the reading before."""
        after, self._pressed_after = self._pressed_after, None
        waiting = [order for order in self.orders.open if order.state == ordering.AWAITING]
        if len(waiting) > 1:
            self.tell("several orders wait: approve them one by one on the console")
        elif waiting and waiting[0].since <= after:
            refusal = self.buyer.approve(waiting[0], at, self._utc(at))
            if refusal:
                self.tell("%s: not bought: %s" % (waiting[0].consumable, refusal))

    def _note_refills(self, at):
        for index, kind, amount, _ in self.shelf.events:
            if kind in ("refilled", "replaced"):
                name = self.shelf.specs[index]["name"]
                scale = self.shelf.unit_scales[index]
                spare = self.shelf.items[index].spares() > 0
                self.buyer.delivery.refilled(name, needs.quantise(amount, scale), spare,
                                             self._agent.may_buy(), at, self._utc(at))
                self.orders.moved.append(name)

    def _note_levels(self):
        """Keep the level with every move of an order, and when much of it has gone, for a refill
        without power shows only by it: who fills a machine switches it off; and with every refill,
        for what was counted must not be seen again after the power failed.
        """
        moved, self.orders.moved = self.orders.moved, []
        for index, item in enumerate(self.shelf.items):
            level = item.level() or 0.0
            kept = self._kept.setdefault(index, level)
            if (self.shelf.specs[index]["name"] in moved
                    or abs(kept - level) * 100 > _GONE_PERCENT * item.capacity):
                self._kept[index] = level
                self._agent.journal.note(self.shelf.record(index))

    def share_usage(self, at):
        """Tell the desk the pattern of use, if the owner agreed."""
        rows = loan.call("agent.stock.pattern", "week", self.shelf)
        if rows and self.mandate.allows("usage"):
            self._agent.outbox.put(wire.USAGE, {1: rows}, at)

    def in_use(self, at):
        """Return whether this is an hour in which the thing is used, where it knows quiet ones."""
        return loan.call("agent.stock.pattern", "in_use", self.shelf, at)

    def stock_bands(self, at):
        """Return {consumable: fifth of its capacity x 1000 + days left}, coarse on purpose."""
        bands = {}
        for spec, item in zip(self.shelf.specs, self.shelf.items):
            level, days = item.level(), item.days_left(at)
            band = min(4, int(5 * (level or 0.0) / item.capacity))
            bands[spec["name"]] = 1000 * band + (min(999, int(days[1])) if days else 0)
        return bands

    # -- what the desk says --------------------------------------------------------------------

    def handlers(self):
        """Return by kind what takes a message of money: f(message, at)."""
        return {wire.OFFER: self._offer, wire.DECLINE: self._decline,
                wire.ORDER_STATUS: self._order_status, wire.MANDATE: self._mandate,
                wire.APPROVAL: self._approval}

    def _offer(self, message, at):
        self.buyer.market.offered(message[wire.BODY], self._utc(at))

    def _decline(self, message, at):
        self.buyer.market.declined(message[wire.BODY])

    def _order_status(self, message, at):
        self.buyer.status(message[wire.BODY], message[wire.ID], self._agent.may_buy(), at,
                          self._utc(at))

    def _mandate(self, message, at):
        self.install_mandate(wire.octets(message[wire.BODY], 1), at)

    def _approval(self, message, at):
        loan.call("agent.money.approval", "take", self._agent,
                  wire.octets(message[wire.BODY], 1), at)

    def install_mandate(self, document, at):
        """Put the owner's signed mandate in force; raises MessageError and changes nothing."""
        self.mandate.install(document)
        self.ledger.add(at, books.MANDATE, self.mandate.sequence(), self.mandate.hash)

    # -- memory --------------------------------------------------------------------------------

    def doubt(self, damage):
        """Return why what is remembered of money cannot be relied on, or None.

        damage: what is wrong with the journal, or None.
        """
        self.ledger.fault = self.ledger.fault or damage
        return self.ledger.fault

    def greeting(self):
        """Return the part of a hello: a memory that is not relied on counts nothing."""
        ledger = self.ledger
        body = {8: 0 if ledger.fault else ledger.count,
                9: bytes(16) if ledger.fault else ledger.head[:16], 10: self.mandate.sequence(),
                11: [order.id for order in self.orders.open if order.state > ordering.AWAITING]}
        refusal = self.mandate.refusal(None)
        if refusal not in mandates.PASSING:
            body[17] = refusal
        return body

    def reconcile(self, rows, latest, at):
        """Take the desk's word for orders that this thing may have forgotten."""
        fault, outbox = self.ledger.fault, self._agent.outbox
        if fault:
            self.ledger.restart()
        if fault or not self.ledger.count:
            self.ledger.add(at, books.RECONCILED, len(rows), latest, fault or "")
        unheard = [message.about for message in outbox.pending()
                   if message.kind in (wire.ORDER_EVENT, wire.DISPUTE)]
        before = list(self.orders.open)
        for row in rows:
            self.orders.adopt(*row, row[0] in unheard, at)
        for order in before:
            if order.state in ordering.ENDS:  # an old flash may have it still to be placed
                outbox.withdraw(wire.ORDER, order.id)

    def rooms(self):
        """Return ((room, the tags of its records), ...)."""
        return ((self.shelf, (shelves.STOCK,)), (self.ledger, books.TAGS),
                (self.mandate, mandates.TAGS), (self.experience, learned.TAGS),
                (self.disputes, (disputing.DISPUTE,)), (self.budget, budgets.TAGS),
                (self.orders, ordering.TAGS))

    def dump(self):
        """Yield all that a rewritten journal holds of these rooms."""
        for room in (self.mandate, self.budget, self.experience, self.disputes, self.orders,
                     self.shelf):
            yield from room.dump()
        yield from self.ledger.dump(self._agent.journal.transactions(),
                                    self.orders.oldest_entry())
