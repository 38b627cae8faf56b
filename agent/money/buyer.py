"""The buyer: takes an order through its life, in time and by the desk's verified messages.

Everything it decides in one step, the budget it commits, the ledger entry, the signed order and
the message in the outbox, becomes durable in one transaction.
"""

import hashlib

from agent import limits
from agent.money import ledger as books
from agent.money import offers as quotes
from agent.money.orders import (
    AWAITING,
    CANCELLED,
    CONFIRMED,
    DELIVERED,
    DISPUTED,
    EXPIRED,
    NEEDED,
    PLACED,
    QUOTING,
    REFUSED,
    SHIPPED,
    STATES,
    VERIFIED,
)
from agent.wire import cbor, cose
from agent.wire import messages as wire

# Where an order stands when only the desk can move it on.
UNDER_WAY = (PLACED, CONFIRMED, SHIPPED, DELIVERED)

# order_event codes, as in wire.cddl.
EVENT_CANCEL, EVENT_VERIFIED, EVENT_PARTIAL, EVENT_NOT_RECEIVED = 1, 2, 3, 4

# How much of a pack must be seen in the container before a delivery counts as verified, percent.
_SEEN_PERCENT = 50


class Buyer:
    """identity, orders, mandate, budget, ledger: the money rooms; send(kind, body, about) puts a
    message into the outbox; tell(text) lets the owner know."""

    def __init__(self, identity, orders, mandate, budget, ledger, send, tell):
        self._identity = identity
        self._orders = orders
        self._mandate = mandate
        self._budget = budget
        self._ledger = ledger
        self._send = send
        self._tell = tell
        self._steps = {NEEDED: self._quote, QUOTING: self._choose_when_due,
                       AWAITING: self._expire_approval}

    def step(self, at, utc, shelf):
        """Move every open order on as far as time and mandate allow."""
        for order in list(self._orders.open):
            if order.state in UNDER_WAY:
                self._watch_delivery(order, at)
            elif order.state in self._steps:
                self._steps[order.state](order, at, utc, shelf)

    def resume(self, at, shelf):
        """After a restart, ask again for the offers that were not kept."""
        for order in self._orders.open:
            if order.state == QUOTING:
                self.ask(order, at, shelf)

    # -- quoting -------------------------------------------------------------------------------

    def _quote(self, order, at, utc, shelf):
        refusal = self._mandate.refusal(utc)
        if refusal:
            self._escalate(order, at, "%s is needed but not bought: %s"
                           % (order.consumable, refusal))
            return
        order.round = 1
        if self._orders.move(order, QUOTING, at):
            self.ask(order, at, shelf)

    def ask(self, order, at, shelf):
        """Send the request for quotation; also after a restart, for offers are not kept."""
        order.answered = False
        self._send(wire.RFQ, {
            1: order.id, 2: order.consumable, 3: skus(shelf, order.consumable),
            4: order.quantity, 5: max(0, order.need_by - at), 6: order.round, 7: order.test,
            9: self._mandate.terms[5],
        }, order.id)

    def offered(self, body, utc):
        """Take an offer message; raises MessageError or OfferError and keeps nothing of it."""
        order = self._orders.find(wire.octets(body, 1, 16))
        if order is None or order.state != QUOTING or utc is None:
            raise wire.MessageError("no quotation is open for this offer")
        offer = quotes.read(wire.octets(body, 2), self._identity, self._mandate)
        if offer.need != order.id:
            raise wire.MessageError("the offer is for another need")
        order.offers = [o for o in order.offers if o.seller != offer.seller]
        if len(order.offers) < limits.OFFERS_KEPT:
            order.offers.append(offer)

    def declined(self, body):
        """Take a supplier's word that it will not quote."""
        order = self._orders.find(wire.octets(body, 1, 16))
        if order and order.state == QUOTING and len(order.declined) < limits.OFFERS_KEPT:
            order.declined.append(wire.text(body, 2, 40))

    def _choose_when_due(self, order, at, utc, shelf):
        if not order.answered:
            return  # the desk has not taken the request yet
        heard = len(order.offers) + len(order.declined)
        waited = at - order.since >= limits.QUOTE_WINDOW_S
        if waited and not heard and order.round < limits.QUOTE_ROUNDS:
            order.round += 1
            self.ask(order, at, shelf)
        elif waited or heard >= len(self._mandate.terms[13]):
            self._choose(order, at, utc, shelf)

    def _choose(self, order, at, utc, shelf):
        refusal = self._mandate.refusal(utc)
        if refusal:
            return
        usable, reasons = self._sift(order, utc, shelf)
        scores = quotes.scores(usable, self._mandate, max(1, order.quantity),
                               max(0, order.need_by - at), lambda seller: 50)
        ranking = sorted(zip(scores, usable), key=_preference)
        rows = [[o.seller, o.total, o.lead_s, score, o.digest] for score, o in ranking]
        order.decision = self._ledger.add(at, books.DECISION, order.id, rows, reasons)
        if not ranking:
            self._escalate(order, at, "no acceptable offer for %s" % order.consumable)
            self._orders.move(order, REFUSED, at, "no acceptable offer")
            return
        best = ranking[0][1]
        order.terms = best.record()
        if self._mandate.must_ask(best.total) and not order.test:
            if self._orders.move(order, AWAITING, at):
                self._tell("approve %s? %d x %s from %s for %s %s" % (
                    order.ref(), best.packs, best.sku, best.seller, _money(best.total),
                    best.currency))
            return
        self._place(order, at, utc)

    def _sift(self, order, utc, shelf):
        usable, reasons = [], []
        wanted = skus(shelf, order.consumable)
        for offer in order.offers:
            why = quotes.refusal(offer, self._mandate, order.consumable, wanted, utc)
            if why is None and not order.test:
                why = self._budget.refusal(self._mandate, order.consumable, offer.seller,
                                           offer.total, utc)
            if why is None:
                usable.append(offer)
            else:
                reasons.append([offer.seller, why])
        return usable, reasons

    # -- approval ------------------------------------------------------------------------------

    def approve(self, order, at, utc):
        """The owner says yes to the terms shown; return None, or why it cannot be placed."""
        if order.state != AWAITING:
            return "it is " + STATES[order.state]
        refusal = self._mandate.refusal(utc) or self._budget.refusal(
            self._mandate, order.consumable, order.terms[2], order.terms[7], utc)
        if refusal is None:
            self._place(order, at, utc)
        return refusal

    def cancel(self, order, at, reason):
        """The owner says no; return False when only the seller can still stop it."""
        if order.state in (NEEDED, QUOTING, AWAITING):
            return self._orders.move(order, CANCELLED, at, reason)
        if order.state in (PLACED, CONFIRMED):
            self._send(wire.ORDER_EVENT, {1: order.id, 2: EVENT_CANCEL, 4: reason}, order.id)
            return True
        return False

    def _expire_approval(self, order, at, utc, shelf):
        if at - order.since >= limits.APPROVAL_WINDOW_S:
            self._orders.move(order, EXPIRED, at, "nobody approved it")

    # -- placing -------------------------------------------------------------------------------

    def _place(self, order, at, utc):
        (_, digest, seller, sku, pack, packs, price, total, currency, lead_s) = order.terms
        document = {
            0: "order", 1: order.id, 2: self._identity.thing, 3: order.consumable, 4: sku,
            5: packs, 6: seller, 7: total, 8: currency, 9: digest, 10: self._mandate.hash,
            11: order.decision, 12: order.test, 13: order.cycle, 14: utc, 15: price,
        }
        signed = cose.sign1_seal(self._identity.sign, self._identity.kid, cbor.encode(document))
        if not order.test:
            self._budget.commit(order.id, order.consumable, seller, total, utc)
        order.promised = at + lead_s
        order.answered = False
        if self._orders.move(order, PLACED, at, hashlib.sha256(signed).digest()[:16]):
            self._send(wire.ORDER, {1: signed}, order.id)

    def answered(self, order_id, kind, outcome, reason, number, at):
        """The desk acknowledged a request: taken, known already, or refused."""
        order = self._orders.find(order_id)
        if order is None:
            return
        if outcome == wire.REFUSED:
            if kind == wire.RFQ and order.state == QUOTING or kind == wire.ORDER:
                self._orders.move(order, REFUSED, at, reason)
            return
        if kind == wire.RFQ and not order.answered:
            order.since = at  # the time to quote runs from when the desk had the request
        order.answered = True
        order.number = number or order.number
        self._orders.keep(order)

    # -- delivery ------------------------------------------------------------------------------

    def status(self, body, at, shelf):
        """Take the supplier's word on an order, relayed by the desk."""
        order = self._orders.find(wire.octets(body, 1, 16))
        if order is None or order.state not in UNDER_WAY + (DISPUTED,):
            return
        state = wire.natural(body, 2, EXPIRED)
        if 4 in body and state in (CONFIRMED, SHIPPED):
            order.promised = at + wire.natural(body, 4)
        reason = wire.text(body, 5) if 5 in body else ""
        if not self._orders.move(order, state, at, reason):
            return
        if state == DELIVERED:
            self._delivered(order, at, shelf)

    def _delivered(self, order, at, shelf):
        index = shelf.index(order.consumable)
        if order.test:
            self._orders.move(order, VERIFIED, at, "test")
        elif index is not None and order.terms:
            unpacked = order.terms[4] * order.terms[5] - order.seen  # not in the container yet
            placed = at - self._placed_age(order)
            shelf.items[index].delivered(max(0, unpacked) / shelf.unit_scales[index], placed)

    def _placed_age(self, order):
        """Return the age at which the order was placed: promised less its lead."""
        return order.promised - order.terms[9]

    def refilled(self, name, amount, spare, at):
        """The thing's own sensor saw a container filled: amount in units x scale.

        Goods may be there before the word of them is, so it counts from when the order was placed,
        unless there are spares: before the parcel is under way, it came from those.
        """
        for order in self._orders.open:
            if order.consumable != name or order.test or order.state not in UNDER_WAY:
                continue
            if spare and order.state in (PLACED, CONFIRMED):
                continue
            order.seen += amount
            if order.state != SHIPPED or not self._verify(order, at):
                self._orders.keep(order)
            return

    def _verify(self, order, at):
        """End an order of which enough was seen; return whether it was."""
        pack = order.terms[4] if order.terms else 0
        if not order.seen or order.seen * 100 < pack * _SEEN_PERCENT:
            return False
        self._send(wire.ORDER_EVENT, {1: order.id, 2: EVENT_VERIFIED, 3: order.seen}, order.id)
        return self._orders.move(order, VERIFIED, at)

    def _watch_delivery(self, order, at):
        if order.state == DELIVERED and self._verify(order, at):
            return
        if at - order.promised < limits.DELIVERY_GRACE_S or not order.answered:
            return
        self._send(wire.ORDER_EVENT, {1: order.id, 2: EVENT_NOT_RECEIVED, 3: order.seen}, order.id)
        self._orders.move(order, DISPUTED, at, "not received")
        self._tell("%s was promised and did not come" % order.consumable)

    def _escalate(self, order, at, words):
        if order.escalated:
            return
        order.escalated = True
        self._ledger.add(at, books.ORDER, order.id, order.state, words)
        self._orders.keep(order)
        self._tell(words)


def skus(shelf, name):
    """Return the items that satisfy a consumable, first choice first."""
    index = shelf.index(name)
    return [] if index is None else [item["sku"] for item in shelf.specs[index].get("items", [])]


def _preference(scored):
    """Best score first; a tie goes to the cheaper, then by name: the same on every runtime."""
    score, offer = scored
    return (-score, offer.total, offer.seller, offer.id)


def _money(minor):
    return "%d.%02d" % (minor // 100, minor % 100)
