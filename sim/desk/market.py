"""A market of sellers of every character: those that keep their word, and those that do not.

Each is the desk's honest supplier with one habit of its own, so that a run shows what that habit
alone does to a thing. Habits of price (slow, greedy, surging) are fair: whoever compares offers can
deal with them. The others are wrongs, in the offer or after the award. `KINDS` names them for
scenario files; `SELLERS` says of each what it does and what a watchful buyer should make of it.
"""

import dataclasses
from typing import NamedTuple

import cbor2

from sim.desk import codec
from sim.desk.models import OrderState
from sim.desk.suppliers import (
    DAY_S,
    Article,
    Decline,
    HonestSupplier,
    Parcel,
    Placed,
    Quote,
    Request,
    Step,
)

LATE_S = 5 * DAY_S
OVERCHARGE_PERCENT = 25
SLOW_PERCENT, SLOWER = 80, 3
GREEDY_PERCENT, GREEDY_STEP = 140, 15
# Two and a half days in seven at almost double: about what hotels and electricity do.
SURGE_EVERY_S, SURGE_S, SURGE_PERCENT = 7 * DAY_S, 5 * DAY_S // 2, 180
ALTERED_MINOR = 100


class Slow(HonestSupplier):
    """A fifth cheaper and three times as long on the way, and says so in its offer."""

    def __init__(self, *arguments, **words):
        super().__init__(*arguments, **words)
        ship, travel = (_times(span, SLOWER) for span in (self.terms.ship_s, self.terms.travel_s))
        self.terms = dataclasses.replace(self.terms, ship_s=ship, travel_s=travel)

    def price_minor(self, request: Request, article: Article, now: int) -> int:
        """Less, for those who can wait."""
        return super().price_minor(request, article, now) * SLOW_PERCENT // 100


class Greedy(HonestSupplier):
    """Asks far too much at first and comes down in every round, below its list price at last."""

    def price_minor(self, request: Request, article: Article, now: int) -> int:
        """140 % in the first round, 15 points less in each further one, at least 90 %."""
        percent = max(90, GREEDY_PERCENT - GREEDY_STEP * max(0, request.round - 1))
        return article.price_minor * percent // 100


class Surging(HonestSupplier):
    """Its price nearly doubles for two and a half days of every seven."""

    def price_minor(self, request: Request, article: Article, now: int) -> int:
        """The list price, or the surge's."""
        price = super().price_minor(request, article, now)
        return price * SURGE_PERCENT // 100 if surges(now) else price


class Silent(HonestSupplier):
    """Never answers a request."""

    def quote(self, request: Request, now: int) -> list[Quote | Decline]:
        """Nothing."""
        return []


class Forging(HonestSupplier):
    """Signs its offers with a key that is not the one in the mandate."""

    def __init__(self, *arguments, **words):
        super().__init__(*arguments, **words)
        own = self._key.private_numbers().private_value
        self._key = codec.new_private_key(own + 1 if own % 2 else own - 1)


class Altering(HonestSupplier):
    """Signs one price and writes a lower one into the document afterwards."""

    def sign(self, content: dict) -> bytes:
        """A COSE_Sign1 whose payload is not what was signed."""
        document = cbor2.loads(super().sign(content))
        protected, header, _, signature = document.value
        lower = content | {7: max(0, content[7] - ALTERED_MINOR)}
        lower[10] = lower[7] * lower[6] + lower[8] + lower[9]
        return cbor2.dumps(
            cbor2.CBORTag(document.tag, [protected, header, codec.encode(lower), signature])
        )


class Overcharging(HonestSupplier):
    """Charges a quarter more than it offered, and gives it back when it is found out."""

    def order(self, order: Placed, now: int) -> list[Step]:
        """As ordered, but for the sum."""
        return [
            dataclasses.replace(step, charged_minor=_overcharged(step.charged_minor))
            if step.charged_minor else step
            for step in super().order(order, now)
        ]  # fmt: skip


class Switching(HonestSupplier):
    """Brings another article than the one that was ordered: one that nobody can use here."""

    def order(self, order: Placed, now: int) -> list[Step]:
        """As ordered, but for what is in the parcel."""
        return [
            dataclasses.replace(step, parcel=Parcel(f"{step.parcel.sku}-LIKE", step.parcel.packs))
            if step.parcel else step
            for step in super().order(order, now)
        ]  # fmt: skip


class Double(HonestSupplier):
    """Brings everything twice, the second time a day later."""

    def order(self, order: Placed, now: int) -> list[Step]:
        """As ordered, and a day later once more."""
        steps = super().order(order, now)
        again = [Step(step.delay_s + DAY_S, parcel=step.parcel) for step in steps if step.parcel]
        return steps + again


class Short(HonestSupplier):
    """Says that it delivered everything and brings half of it."""

    def order(self, order: Placed, now: int) -> list[Step]:
        """As ordered, but for how much is in the parcel."""
        return [_with_packs(step, order.packs // 2) for step in super().order(order, now)]


class Late(HonestSupplier):
    """Brings everything five days after it promised to."""

    def order(self, order: Placed, now: int) -> list[Step]:
        """As ordered, but for the day."""
        return [
            dataclasses.replace(step, delay_s=step.delay_s + LATE_S)
            if step.state == OrderState.DELIVERED else step
            for step in super().order(order, now)
        ]  # fmt: skip


class Absent(HonestSupplier):
    """Says that it delivered and charges for it, brings nothing, and sticks to its word."""

    def order(self, order: Placed, now: int) -> list[Step]:
        """As ordered, without a parcel."""
        return [dataclasses.replace(step, parcel=None) for step in super().order(order, now)]

    def complaint(self, order: Placed, event: str, quantity: int | None, now: int) -> list[Step]:
        """Insists."""
        return [Step(DAY_S, answer="our courier says that it was delivered", agrees=False)]


class Refusing(HonestSupplier):
    """Offers, is chosen, and then will not."""

    def order(self, order: Placed, now: int) -> list[Step]:
        """Refused."""
        delay_s = self._draw(self.terms.confirm_s)
        return [Step(delay_s, OrderState.REFUSED, reason="out of stock after all")]


class Character(NamedTuple):
    """A kind of seller: its class, what it does, and what its wrong shows as to a buyer.

    wrong: None for one that deals fairly, "offer" when no offer of it may be taken, "award" when it
    leaves its buyer without the goods at no charge, "delivery" when an order of it must end in a
    dispute.
    """

    supplier: type[HonestSupplier]
    habit: str
    wrong: str | None = None


SELLERS: dict[str, Character] = {
    "honest": Character(HonestSupplier, "keeps its word"),
    "slow": Character(Slow, "cheap and slow"),
    "greedy": Character(Greedy, "starts high and comes down round by round"),
    "surging": Character(Surging, "nearly doubles its price at times"),
    "silent": Character(Silent, "never answers", "offer"),
    "forging": Character(Forging, "signs with another key", "offer"),
    "altering": Character(Altering, "changes what it has signed", "offer"),
    "refusing": Character(Refusing, "refuses what it offered", "award"),
    "overcharging": Character(Overcharging, "charges more than it offered", "delivery"),
    "switching": Character(Switching, "brings another article", "delivery"),
    "double": Character(Double, "brings everything twice", "delivery"),
    "short": Character(Short, "brings half", "delivery"),
    "late": Character(Late, "brings it five days late", "delivery"),
    "absent": Character(Absent, "brings nothing", "delivery"),
}
KINDS = {kind: character.supplier for kind, character in SELLERS.items()}

BRINGS_TWICE = ("double",)
"""Whose second parcel is its own doing and no second order."""


def surges(now: int) -> bool:
    """Whether surging sellers ask their high price at this unix time."""
    return now % SURGE_EVERY_S < SURGE_S


def _overcharged(minor: int) -> int:
    return minor * (100 + OVERCHARGE_PERCENT) // 100


def _times(span: tuple[int, int], factor: int) -> tuple[int, int]:
    return span[0] * factor, span[1] * factor


def _with_packs(step: Step, packs: int) -> Step:
    if step.parcel is None:
        return step
    parcel = Parcel(step.parcel.sku, packs) if packs else None
    return dataclasses.replace(step, parcel=parcel)
