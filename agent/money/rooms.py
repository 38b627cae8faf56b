"""The rooms of money, tied together: what market, buyer and deliveries share."""

from agent import limits
from agent.money import experience as learned
from agent.money import ledger as books
from agent.money.orders import AWAITING, CANCELLED, hex_of
from agent.wire import messages as wire


class Rooms:
    """What market, buyer and deliveries share; agent/trade.py has them: the thing's identity,
    orders, mandate, budget, ledger, experience, disputes and shelf, and two ways out.

    send(kind, body, about) puts a message into the outbox; tell(text) lets the owner know.
    """

    def escalate(self, order, at, words):
        """Tell the owner, once for an order, that it does not go on by itself, and why."""
        if order.escalated:
            return
        order.escalated = True
        self.ledger.add(at, books.ORDER, order.id, order.state, words)
        self.orders.keep(order)
        self.tell("%s (%s): %s" % (order.consumable, order.ref(), words))

    def ask(self, order, digest):
        """Ask the owner, here and through the desk, whether an order may be bought."""
        self.tell("approve %s? %d x %s from %s for %s %s, there in %d h, terms %s" % (
            order.ref(), order.packs, order.sku, order.seller, money(order.total),
            order.currency, order.lead_s // 3600, hex_of(digest[:4])))
        self.send(wire.QUESTION, {1: order.id, 2: {
            1: order.consumable, 2: order.sku, 3: order.packs, 4: order.pack, 5: order.seller,
            6: order.total, 7: order.currency, 8: order.lead_s, 9: limits.APPROVAL_WINDOW_S,
            10: digest, 11: order.test}}, order.id)

    def drop(self, order, at, reason, end=CANCELLED):
        """End an order that was not placed; if the owner was asked or agreed, that is over."""
        if order.state == AWAITING or order.approved:
            self.send(wire.QUESTION, {1: order.id}, order.id)
        self.orders.move(order, end, at, reason)

    def learn(self, order, kept, at, utc):
        """Learn how far a seller kept its word on an order, and share it with consent.

        kept: [(aspect, percent), ...]; test orders teach nothing.
        """
        if order.test:
            return
        seller = order.seller
        self.experience.observe(seller, kept, at)
        trust = self.experience.trust(seller, at)
        words = {learned.ASPECTS[aspect]: percent for aspect, percent in kept}
        self.ledger.add(at, books.EXPERIENCE, order.id, seller, words, trust)
        if not self.mandate.allows("experience"):
            return
        content = {0: "experience", 1: order.id, 2: self.identity.thing, 3: seller,
                   4: [order.lead_s, at - order.placed], 6: words, 7: trust}
        if order.charged >= 0:
            content[5] = [order.total, order.charged]
        if utc is not None:
            content[8] = utc
        self.send(wire.EXPERIENCE, {1: self.identity.signed(content)}, order.id)


def money(minor):
    """Return an amount as a person reads it."""
    return "%d.%02d" % (minor // 100, minor % 100)
