"""Sellers: the port that the desk speaks to, and one that keeps its word.

A supplier is asked and answers with a plan: things that will be said or done after a delay, in
desk seconds. The desk stores the plan and carries it out, so that a plan survives a restart, and
the supplier stays a plain object. Bad sellers are other plans: nothing at all (silent), a long
delay (slow), a document signed with another key (forging), a parcel that holds something else or
is brought twice. What a seller says (`Step.state`) and what it does (`Step.parcel`) are apart.
"""

import dataclasses
import random
from typing import Protocol

from sim.desk import codec, messages
from sim.desk.models import OrderState

DAY_S = 86_400
TEST_S = 5  # the longest that a quotation for a test takes: somebody at the thing waits for it


@dataclasses.dataclass(frozen=True)
class Request:
    """What a seller is told of a need. Quantities in units x scale of the consumable."""

    need: bytes
    skus: tuple[str, ...]
    quantity: int
    need_by_s: int
    round: int
    test: bool
    best_total_minor: int | None
    currency: str | None


@dataclasses.dataclass(frozen=True)
class Placed:
    """An order as its seller sees it."""

    order: bytes
    number: str
    thing: str
    sku: str
    packs: int
    total_minor: int
    price_minor: int
    currency: str
    test: bool
    state: OrderState
    offer: dict
    document: bytes


@dataclasses.dataclass(frozen=True)
class Quote:
    """A signed offer that leaves the seller after `delay_s`."""

    delay_s: int
    document: bytes


@dataclasses.dataclass(frozen=True)
class Decline:
    """No offer, and why, after `delay_s`."""

    delay_s: int
    reason: str


@dataclasses.dataclass(frozen=True)
class Parcel:
    """What is physically put down at the thing."""

    sku: str
    packs: int


@dataclasses.dataclass(frozen=True)
class Step:
    """After `delay_s` the seller says a state (or nothing) and brings a parcel (or nothing).

    answer: its words to an open dispute; agrees: whether it thereby gives in, having put things
    right. What it then keeps of the money is `charged_minor`.
    """

    delay_s: int
    state: OrderState | None = None
    packs: int | None = None
    eta_s: int | None = None
    reason: str | None = None
    charged_minor: int | None = None
    parcel: Parcel | None = None
    answer: str | None = None
    agrees: bool = True


class Supplier(Protocol):
    """The port. Every method returns at once; delays are in what it returns."""

    name: str
    public_key: bytes  # X || Y, what its offers verify with

    def carries(self, sku: str) -> bool:
        """Whether requests for this item should come here."""

    def quote(self, request: Request, now: int) -> list[Quote | Decline]:
        """Answers to a request; none is silence, several are allowed."""

    def order(self, order: Placed, now: int) -> list[Step]:
        """What will happen to an order that was placed here."""

    def cancel(self, order: Placed, now: int) -> list[Step] | None:
        """The plan that replaces the present one, or None when it is too late to cancel."""

    def complaint(self, order: Placed, event: str, quantity: int | None, now: int) -> list[Step]:
        """The plan that replaces the present one after the thing found a delivery partial, wrong,
        double, missing or returned; empty: nothing changes."""


@dataclasses.dataclass(frozen=True)
class Article:
    """One item of a catalogue; `pack_units` in units x scale of the consumable it refills."""

    sku: str
    price_minor: int
    pack_units: int
    quality: int = 80
    carbon_g: int = 500
    labels: tuple[str, ...] = ()
    stock: int = 1_000_000


@dataclasses.dataclass(frozen=True)
class Terms:
    """How a seller does business; (least, most) ranges are drawn from evenly, in seconds."""

    currency: str = "EUR"
    shipping_minor: int = 390
    tax_percent: int = 19
    quote_s: tuple[int, int] = (20, 300)
    confirm_s: tuple[int, int] = (300, 7200)
    ship_s: tuple[int, int] = (3600, DAY_S)
    travel_s: tuple[int, int] = (DAY_S, 2 * DAY_S)
    valid_s: int = 2 * DAY_S
    concession_percent: int = 3  # taken off the goods in every further round …
    concessions: int = 2  # … this often


class HonestSupplier:
    """Quotes what it has, charges what it quoted, brings what was ordered when it said so."""

    def __init__(
        self,
        name: str,
        articles: list[Article],
        terms: Terms | None = None,
        rng: random.Random | None = None,
        private_key=None,
    ):
        self.name = name
        self.articles = {article.sku: article for article in articles}
        self.terms = terms or Terms()
        self._rng = rng or random.Random()
        self._key = private_key or codec.new_private_key()
        self.public_key = codec.public_bytes(self._key.public_key())

    def carries(self, sku: str) -> bool:
        """Whether the item is in the catalogue."""
        return sku in self.articles

    def quote(self, request: Request, now: int) -> list[Quote | Decline]:
        """One signed offer for the cheapest of the acceptable items, or one decline."""
        delay_s = self._draw(self.terms.quote_s)
        if request.test:
            delay_s = min(delay_s, TEST_S)
        if request.currency not in (None, self.terms.currency):
            return [Decline(delay_s, f"sells in {self.terms.currency} only")]
        wanted = [self.articles[sku] for sku in request.skus if self.carries(sku)]
        drafts = [self._offer(request, article, now + delay_s) for article in wanted]
        offers = [draft for draft in drafts if draft is not None]
        if not offers:
            return [Decline(delay_s, "out of stock")]
        offer = min(offers, key=lambda words: (words["total_minor"], words["sku"]))
        best = request.best_total_minor
        if request.round > 1 and best is not None and offer["total_minor"] >= best:
            return [Decline(delay_s, "no better price")]
        content = {0: "offer"} | messages.write(messages.OFFER_DOCUMENT, **offer)
        return [Quote(delay_s, self.sign(content))]

    def sign(self, content: dict) -> bytes:
        """The signed document of an offer's map."""
        return codec.sign(content, self._key)

    def price_minor(self, request: Request, article: Article, now: int) -> int:
        """What a pack costs, tax left out: the list price less what this round gives way."""
        terms = self.terms
        off = min(max(request.round - 1, 0), terms.concessions) * terms.concession_percent
        return article.price_minor * (100 - off) // 100

    def order(self, order: Placed, now: int) -> list[Step]:
        """Confirm, ship, deliver; or refuse when the offer has expired or the stock is gone."""
        confirm_s = self._draw(self.terms.confirm_s)
        if now > order.offer["expires"]:
            return [Step(confirm_s, OrderState.REFUSED, reason="offer expired")]
        if not self._take_from_stock(order, order.packs):
            return [Step(confirm_s, OrderState.REFUSED, reason="out of stock")]
        ship_s = confirm_s + self._draw(self.terms.ship_s)
        arrive_s = ship_s + self._draw(self.terms.travel_s)
        parcel = None if order.test else Parcel(order.sku, order.packs)
        charged = 0 if order.test else order.total_minor
        return [
            Step(confirm_s, OrderState.CONFIRMED, order.packs, arrive_s - confirm_s),
            Step(ship_s, OrderState.SHIPPED, order.packs, arrive_s - ship_s),
            Step(arrive_s, OrderState.DELIVERED, order.packs, charged_minor=charged, parcel=parcel),
        ]

    def cancel(self, order: Placed, now: int) -> list[Step] | None:
        """Cancelled at no charge as long as nothing has been shipped."""
        if order.state >= OrderState.SHIPPED:
            return None
        self._take_from_stock(order, -order.packs)
        return [Step(0, OrderState.CANCELLED, charged_minor=0)]

    def complaint(self, order: Placed, event: str, quantity: int | None, now: int) -> list[Step]:
        """Gives the money back for what did not come or came wrong, and what was charged too much;
        what came twice may stay."""
        ordered = order.offer.get("pack_units", 0) * order.packs
        seen = min(quantity or 0, ordered)
        keeps = order.total_minor * seen // ordered if ordered and event == "partial" else 0
        if event == "double":
            return [Step(DAY_S, answer="keep it")]
        if event == "price_changed":
            return [Step(DAY_S, answer="a mistake", charged_minor=order.total_minor)]
        state = OrderState.CANCELLED
        return [Step(DAY_S, state, reason="refunded", charged_minor=keeps, answer="refunded")]

    def _take_from_stock(self, order: Placed, packs: int) -> bool:
        article = self.articles.get(order.sku)
        if article is None or article.stock < packs:
            return False
        if not order.test:
            left = dataclasses.replace(article, stock=article.stock - packs)
            self.articles[order.sku] = left
        return True

    def _offer(self, request: Request, article: Article, now: int) -> dict | None:
        packs = max(1, -(-request.quantity // max(1, article.pack_units)))
        if packs > article.stock:
            return None
        terms = self.terms
        price = self.price_minor(request, article, now)
        net = price * packs + terms.shipping_minor
        tax = net * terms.tax_percent // 100
        return {
            "offer": self._rng.randbytes(8),
            "need": request.need,
            "seller": self.name,
            "sku": article.sku,
            "pack_units": article.pack_units,
            "packs": packs,
            "price_minor": price,
            "shipping_minor": terms.shipping_minor,
            "tax_minor": tax,
            "total_minor": net + tax,
            "currency": terms.currency,
            "lead_s": terms.confirm_s[1] + terms.ship_s[1] + terms.travel_s[1],
            "expires": now + terms.valid_s,
            "quality": article.quality,
            "carbon_g": article.carbon_g,
            "labels": list(article.labels) or None,
            "round": request.round,
        }

    def _draw(self, bounds: tuple[int, int]) -> int:
        return self._rng.randint(*bounds)


class PeopleSupplier(HonestSupplier):
    """Quotes from its catalogue by itself; people take the orders on over the desk's REST."""

    def order(self, order: Placed, now: int) -> list[Step]:
        """No plan: somebody confirms, ships and delivers."""
        return []

    def cancel(self, order: Placed, now: int) -> list[Step] | None:
        """Granted as long as nobody has confirmed."""
        return [Step(0, OrderState.CANCELLED)] if order.state == OrderState.PLACED else None

    def complaint(self, order: Placed, event: str, quantity: int | None, now: int) -> list[Step]:
        """Somebody reads it in the order's history."""
        return []
