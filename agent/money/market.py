"""The market: asks suppliers what they want for a need, bargains, and chooses.

    ask all -> offers and declines -> best total told to all, improve on it -> ... -> one offer
       or wait, when the price is a surge and the stock lasts
       or ask again, when nobody answered or everything expired; at last give up and rest

What an offer has to beat is told; what the owner would pay at the most never is.  Offers are kept
in memory only: after a restart they are asked for again, and the desk repeats those that stand.
"""

from agent import limits
from agent.money import ledger as books
from agent.money import mandate as term
from agent.money import offers as quotes
from agent.money.mandate import PASSING
from agent.money.orders import QUOTING, REFUSED
from agent.wire import messages as wire


class Market:
    """rooms: the thing's Rooms (agent/money/buyer.py), of which it uses most."""

    def __init__(self, rooms):
        self._rooms = rooms

    def begin(self, order, at):
        """Ask for the first time, or all anew."""
        order.base = order.round + 1
        order.after = 0
        order.offers = []
        if self._items(order):
            self.ask(order, order.base, at, None)
        else:
            self._give_up(order, at, {}, "no item is allowed")

    def ask(self, order, number, at, best):
        """Send the request of a round; best: the total to improve on, or None."""
        rooms = self._rooms
        order.round, order.best = number, best
        order.answered = False
        order.heard = []
        body = {1: order.id, 2: order.consumable, 3: [sku for sku, _ in self._items(order)],
                4: order.quantity, 5: max(0, order.need_by - at), 6: number, 7: order.test,
                9: rooms.mandate.terms[term.CURRENCY]}
        if best is not None:
            body[8] = best
        rooms.orders.keep(order)
        rooms.send(wire.RFQ, body, order.id)

    def offered(self, body, utc):
        """Take an offer message; raises MessageError and keeps nothing of it."""
        order = self._asking(body)
        if order is None or utc is None:
            raise wire.MessageError("no quotation is open for this offer")
        document = wire.octets(body, 2)
        if quotes.digest(document) in [known.digest for known in order.offers]:
            return  # sent again; to verify a signature once more takes a device a second
        offer = quotes.read(document, self._rooms.identity, self._rooms.mandate)
        if offer.need != order.id:
            raise wire.MessageError("the offer is for another need")
        others = []
        for old in order.offers:
            if old.seller != offer.seller:
                others.append(old)
            elif old.expires > utc and not offer.cheaper_than(old):
                raise wire.MessageError("no better than the offer before")
        if len(others) >= limits.OFFERS_KEPT:
            raise wire.MessageError("too many offers")
        order.offers = others + [offer]
        if offer.round in (None, order.round):
            self._hear(order, offer.seller)

    def declined(self, body):
        """Take a supplier's word that it will not quote, or not do better."""
        order = self._asking(body)
        seller = wire.text(body, 2, 40)
        if order and len(order.heard) < limits.LIST_ITEMS:
            self._hear(order, seller)

    def _asking(self, body):
        order = self._rooms.orders.find(wire.octets(body, 1, 16))
        asked = order and order.state == QUOTING and order.heard is not None and not order.after
        return order if asked else None

    @staticmethod
    def _hear(order, seller):
        if seller not in order.heard:
            order.heard.append(seller)

    def choice(self, order, at, utc):
        """Move a quotation on; return the offer to agree to when there is one, else None."""
        refusal = self._rooms.mandate.refusal(utc)
        if refusal:
            if refusal not in PASSING:
                self._rooms.escalate(order, at, refusal)
        elif order.after:
            if at >= order.after:
                self.begin(order, at)
        elif order.heard is None:
            self.ask(order, order.base, at, None)
        elif order.answered and self._complete(order, at):  # the desk has the request
            return self._decide(order, at, utc)
        return None

    def _complete(self, order, at):
        """Return whether all have answered who will."""
        first = order.round == order.base
        asked = len(self._rooms.mandate.terms[term.SELLERS]) if first else len(order.offers)
        window = limits.TEST_WINDOW_S if order.test else limits.QUOTE_WINDOW_S
        return len(order.heard) >= asked or at - order.since >= window

    def _decide(self, order, at, utc):
        usable, dear, refused = self._sift(order, at, utc)
        if self._bargain(order, at, usable + dear):
            return None
        if not usable:
            stale = not order.offers or "expired" in refused.values()
            if stale and order.round < limits.QUOTE_ROUNDS + order.waits:
                self.begin(order, at)
            else:
                self._give_up(order, at, refused)
            return None
        worth = quotes.parts(usable, max(1, order.quantity), max(0, order.need_by - at),
                             lambda seller: self._rooms.experience.trust(seller, at))
        # Best score first; a tie goes to the cheaper, then by name: the same on every runtime.
        scored = sorted([(-quotes.score(part, self._rooms.mandate), offer.total, offer.seller,
                          offer, part) for offer, part in zip(usable, worth)])
        best, most = scored[0][3:]
        if self._surges(order, best, at):
            return None
        self._record(order, at, scored, refused)
        for _, _, seller, _, part in scored[1:]:
            refused[seller] = quotes.shortfall(part, most, self._rooms.mandate)
        self._reject(order, refused)
        return best

    def _items(self, order):
        """Return {item: units x scale of a pack, None when the product file does not say}."""
        shelf = self._rooms.shelf
        index = shelf.index(order.consumable)
        specified = [] if index is None else shelf.specs[index].get("items", [])
        packs = {item["sku"]: int(item["pack"] * shelf.unit_scales[index] + 0.5)
                 for item in specified}
        return [(sku, packs.get(sku)) for sku in self._rooms.mandate.items(
            order.consumable, [item["sku"] for item in specified[:1]])]

    def _sift(self, order, at, utc):
        """Return offers to choose from, offers that are only too dear, and {seller: reason}."""
        rooms, usable, dear, refused = self._rooms, [], [], {}
        wanted = dict(self._items(order))
        for offer in order.offers:
            why = quotes.refusal(offer, rooms.mandate, order.consumable, wanted, utc)
            if why is None and offer.seller in rooms.orders.shunned(order):
                why = "failed before"
            if why is None and not order.test:
                why = rooms.budget.refusal(rooms.mandate, order.consumable, offer.seller,
                                           offer.total, utc, at)
            if why is None:
                usable.append(offer)
            else:
                refused[offer.seller] = why
                if why == quotes.TOO_DEAR:
                    dear.append(offer)
        return usable, dear, refused

    def _bargain(self, order, at, standing):
        """Ask everybody to improve on the best total, as long as that helps; return whether."""
        rounds = min(self._rooms.mandate.terms.get(term.ROUNDS, 1), limits.NEGOTIATION_ROUNDS)
        if not standing or order.round - order.base + 1 >= rounds:
            return False
        best = min([offer.total for offer in standing])
        if order.best is not None and best >= order.best:
            return False
        self.ask(order, order.round + 1, at, best)
        return True

    def _surges(self, order, offer, at):
        """Return whether the price is a surge that the stock outlasts; then ask again later."""
        usual = self._rooms.experience.usual(order.consumable, offer.currency)
        percent, patience = self._rooms.mandate.terms.get(
            term.SURGE, (limits.SURGE_PERCENT, limits.SURGE_PATIENCE_S))
        price = offer.per_1000()
        if order.test or not usual or 100 * price <= usual * (100 + percent):
            return False
        wait = limits.SURGE_WAIT_S
        if ((order.waits + 1) * wait > patience
                or order.need_by - at < offer.lead_s + wait + limits.SURGE_MARGIN_S):
            return False
        order.waits += 1
        order.after = at + wait
        self._rooms.ledger.add(at, books.ORDER, order.id, QUOTING,
                               "waits: %d for 1000, usually %d" % (price, usual))
        self._reject(order, {o.seller: quotes.TOO_DEAR for o in order.offers})
        self._rooms.orders.keep(order)
        return True

    def _give_up(self, order, at, refused, words="no acceptable offer"):
        self._record(order, at, [], refused)
        self._reject(order, refused)
        self._rooms.escalate(order, at, words)
        self._rooms.drop(order, at, words, REFUSED)

    def _record(self, order, at, scored, refused):
        """Write the choice and what it was made from to the ledger."""
        ledger = self._rooms.ledger
        rows = [[seller, total, offer.lead_s, -score, offer.digest, list(part)]
                for score, total, seller, offer, part in scored]
        order.decided = ledger.count
        order.decision = ledger.add(at, books.DECISION, order.id, rows,
                                    [[seller, refused[seller]] for seller in sorted(refused)])

    def _reject(self, order, refused):
        if refused:
            words = {seller: refused[seller].split(":")[0] for seller in refused}  # no amounts
            self._rooms.send(wire.REJECTION, {1: order.id, 2: words}, order.id)
