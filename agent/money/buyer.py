"""The buyer: takes an order through its life, in time and by the desk's verified messages.

Everything it decides in one step, the budget it commits, the ledger entry, the signed order and
the message in the outbox, becomes durable in one transaction.
"""

import hashlib

from agent import limits, loan
from agent.money import disputes as disputing
from agent.money import experience as learned
from agent.money import ledger as books
from agent.money import mandate as term
from agent.money.delivery import CANCEL, NOT_RECEIVED
from agent.money.orders import (
    AWAITING,
    CANCELLED,
    CONFIRMED,
    DELIVERED,
    DISPUTED,
    ENDS,
    EXPIRED,
    MOVES,
    NEEDED,
    PLACED,
    QUOTING,
    REFUSED,
    SHIPPED,
    STATES,
    UNFULFILLED,
    terms_digest,
)
from agent.money.rooms import money
from agent.wire import messages as wire


class Buyer:
    """Orders in time: asking, agreeing, placing, and what the desk says about them.

    rooms: the thing's money Rooms.
    """

    def __init__(self, rooms):
        self._rooms = rooms
        self._orders = rooms.orders
        self._market = self._delivery = None

    @property
    def market(self):
        """The market, on loan while sellers are asked."""
        self._market = self._market or loan.call("agent.money.market", "Market", self._rooms)
        return self._market

    @property
    def delivery(self):
        """What sees to deliveries, on loan while there are orders to be delivered."""
        self._delivery = self._delivery or loan.call("agent.money.delivery", "Delivery",
                                                     self._rooms)
        return self._delivery

    def step(self, at, utc):
        """Move every open order on as far as time and mandate allow."""
        for order in self._orders.due(at):
            if order.state == NEEDED:
                self._begin(order, at, utc)
            elif order.state == QUOTING:
                offer = self.market.choice(order, at, utc)
                if offer:
                    self._agree(order, offer, at, utc)
            elif order.state == AWAITING:
                self._orders.move(order, EXPIRED, at, "nobody approved it")
            elif order.state == DISPUTED:
                self._rooms.escalate(order, at, "nobody answers the dispute; cancel closes it")
            else:
                self.delivery.watch(order, at, utc)
        if QUOTING not in [order.state for order in self._orders.open]:
            self._market = None  # goes back

    def _begin(self, order, at, utc):
        refusal = self._rooms.mandate.refusal(utc)
        if refusal is None:
            if self._orders.move(order, QUOTING, at):
                self.market.begin(order, at)
        elif refusal not in term.PASSING:
            self._rooms.escalate(order, at, "needed but not bought: " + refusal)

    # -- agreeing ------------------------------------------------------------------------------

    def _agree(self, order, offer, at, utc):
        order.agree(offer.record() + [self._rooms.mandate.hash])
        digest = terms_digest(order)
        agreed = order.approved == digest and offer.total <= order.agreed
        if agreed or not self._rooms.mandate.must_ask(offer.total):
            self._place(order, at, utc)
        elif self._orders.move(order, AWAITING, at):
            self._rooms.ask(order, digest)

    def approve(self, order, at, utc):
        """The owner says yes to the terms shown; return None, or why it cannot be placed.

        Terms that expired, or were chosen under another mandate, are asked for again; the yes
        holds for the same item, quantity and seller at the same total or less.
        """
        if order.state != AWAITING:
            return "it is " + STATES[order.state]
        refusal = self._rooms.mandate.refusal(utc)
        if refusal is None and not order.test:
            refusal = self._rooms.budget.refusal(self._rooms.mandate, order.consumable,
                                                 order.seller, order.total, utc, at)
        if refusal:
            return refusal
        order.approved, order.agreed = terms_digest(order), order.total
        self._rooms.ledger.add(at, books.ORDER, order.id, AWAITING,
                               "approved: " + money(order.total))
        if order.expires > utc and order.basis == self._rooms.mandate.hash:
            self._place(order, at, utc)
        elif self._orders.move(order, QUOTING, at, "the terms are asked for again"):
            self.market.begin(order, at)
        return None

    def cancel(self, order, at, utc, reason):
        """The owner says no; return None, or why it is too late."""
        if order.state <= AWAITING:
            self._rooms.drop(order, at, reason)
            return None
        if order.state == DISPUTED:  # closed by the owner: what was paid stays spent
            order.charged = max(order.charged, order.total)
            self._rooms.disputes.close(order.id, range(8), disputing.SETTLED, at, utc)
            self._ask_to_cancel(order)  # of disputes that were forgotten only the desk knows
            self._orders.move(order, CANCELLED, at, reason)
            return None
        window = self._rooms.mandate.term(term.CANCEL_WINDOW, at)
        if order.state not in (PLACED, CONFIRMED) or at - order.placed > window:
            return "too late, it is " + STATES[order.state]
        order.cancelling = True
        self._rooms.ledger.add(at, books.ORDER, order.id, order.state, "asked to cancel")
        self._orders.keep(order)
        if order.answered:
            self._ask_to_cancel(order)
        return None

    def _ask_to_cancel(self, order):
        """Only once the desk has the order: overtaking it, the word would be about nothing."""
        self._rooms.send(wire.ORDER_EVENT, {1: order.id, 2: CANCEL, 4: "the owner said no"},
                         order.id)

    def _place(self, order, at, utc):
        signed = self._rooms.identity.signed({
            0: "order", 1: order.id, 2: self._rooms.identity.thing, 3: order.consumable,
            4: order.sku, 5: order.packs, 6: order.seller, 7: order.total, 8: order.currency,
            9: order.digest, 10: self._rooms.mandate.hash, 11: order.decision, 12: order.test,
            13: order.cycle, 14: utc, 15: order.price,
        })
        if not order.test:
            self._rooms.budget.commit(order.id, order.consumable, order.seller, order.total,
                                      order.currency, utc, at)
        order.promised = at + order.lead_s
        order.placed = at
        order.answered = False
        order.offers = []
        if self._orders.move(order, PLACED, at, hashlib.sha256(signed).digest()[:16]):
            self._rooms.send(wire.ORDER, {1: signed}, order.id)

    # -- what the desk says --------------------------------------------------------------------

    def answered(self, order_id, kind, outcome, reason, number, at):
        """The desk acknowledged a request: taken, known already, or refused."""
        order = self._orders.find(order_id)
        if order is None:
            return
        if outcome == wire.REFUSED:
            if kind == wire.ORDER and order.state == PLACED:
                self._orders.move(order, REFUSED, at, reason)
                self._pass_over(order)  # though it may be the desk's doing, and no experience
            elif kind == wire.RFQ and order.state == QUOTING:
                self._rooms.drop(order, at, reason, REFUSED)
            return
        if kind == wire.RFQ and not order.answered:
            order.since = at  # the time to quote runs from when the desk had the request
        order.answered = True
        order.number = number or order.number
        self._orders.keep(order)
        if kind == wire.ORDER and order.cancelling:
            self._ask_to_cancel(order)

    def status(self, body, number, sure, at, utc):
        """Take the supplier's word on an order, relayed by the desk in message `number`.

        sure: whether the desk knows no more of this thing than it does itself; only then an
        order that is not in the ledger can be denied.
        """
        identifier = wire.octets(body, 1, 16)
        state = wire.natural(body, 2, EXPIRED)
        packs = wire.natural(body, 3) if 3 in body else -1
        eta = wire.natural(body, 4) if 4 in body else None
        reason = wire.text(body, 5) if 5 in body else ""
        charged = wire.natural(body, 7) if 7 in body else -1
        order = self._orders.find(identifier) or self._orders.ended(identifier)
        if order is None or not order.placed:
            if sure and (order is not None or not self._orders.past(identifier)):
                self._rooms.disputes.deny(identifier, charged, at, utc)
            return
        if number and number in order.statuses:
            return  # sent again, because the acknowledgement was lost
        order.statuses = (order.statuses + [number])[-limits.STATUSES_KEPT:]
        back = charged < max(1, order.charged)
        if charged >= 0:
            self.delivery.charged(order, charged, at, utc)
        if order.state in ENDS:
            self.delivery.later(order, state, packs, back, at, utc)
        elif state in UNFULFILLED:
            self._fail(order, state, at, utc, reason)
        else:
            self._go_on(order, state, packs, eta, reason, at, utc)

    def _go_on(self, order, state, packs, eta, reason, at, utc):
        # Said again, or for ever and a day, it would put off for good that nothing came.
        if eta is not None and state in (CONFIRMED, SHIPPED) and state in MOVES[order.state]:
            order.promised = at + min(eta, limits.ETA_MOST_S)
        if state == DELIVERED:
            order.came = at
            self.delivery.parcel(order, packs, at, utc)
        if not self._orders.move(order, state, at, reason):
            self._orders.keep(order)
        if order.test and order.state == DELIVERED:
            self.delivery.end(order, at, utc, "test")
        elif order.state in (DELIVERED, DISPUTED):
            self.delivery.verify(order, at, utc)

    def _fail(self, order, state, at, utc, reason):
        """A placed order came to nothing: its seller is passed over, the need is still there."""
        if not self._orders.move(order, state, at, reason):
            self._orders.keep(order)
            return
        held = [why for why in self._rooms.disputes.open_for(order.id) if why != disputing.PRICE]
        self._rooms.disputes.close(order.id, range(8), disputing.SETTLED, at, utc)
        if order.charged > 0 and not (held or order.seen or order.arrived):
            self.delivery.complaint(order, NOT_RECEIVED, at, utc)
        if not order.cancelling:
            self._rooms.learn(order, [(learned.IN_TIME, 0), (learned.IN_FULL, 0)], at, utc)
            self._pass_over(order)

    def _pass_over(self, order):
        self._orders.shun(order, len(self._rooms.mandate.term(term.SELLERS, ())))
