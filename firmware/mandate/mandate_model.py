"""The shape of a mandate file: which keys it may have and what each may hold.

The numbers are mandate-document's keys in agent/wire/wire.cddl; docs/owner.md explains the words.
"""

import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from boards.fields import Duration, Model, Name
from firmware.mandate.currency import minor

# Keys of mandate-document, as in wire.cddl.
(SEQUENCE, THING, FROM, UNTIL, CURRENCY, APPROVAL, ASK_FROM, CAP, DAY_BUDGET, MONTH_BUDGET,
 DAY_ORDERS, MONTH_ORDERS, SELLERS, CONSUMABLES, WEIGHTS, CONSENTS, CANCEL_WINDOW, QUIET_HOURS,
 PAUSED, BLOCKED, SUBSTITUTES, LEAST_QUALITY, MOST_CARBON, LABELS, DELIVERY, ROUNDS, WALK_AWAY,
 SURGE, COUNTS) = range(1, 30)  # fmt: skip
RULES = ("auto", "ask above", "ask always")
NAME_CHARACTERS = 40


def _money(value: Any, info: ValidationInfo) -> int:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError(f"{value!r} is no amount; write for example 45 or 45.50")
    return minor(value, (info.context or {}).get("currency", ""))


def _instant(value: Any) -> int:
    """TOML's dates and times; without a zone they are UTC, and a date is its first second."""
    if not isinstance(value, datetime.date):
        raise ValueError(f"{value!r} is no date; write for example 2026-01-05, without quotes")
    if not isinstance(value, datetime.datetime):
        value = datetime.datetime.combine(value, datetime.time())
    if value.tzinfo is None:
        value = value.replace(tzinfo=datetime.UTC)
    return int(value.timestamp())


def _minute(value: Any) -> int:
    if isinstance(value, datetime.time) and not value.second and not value.microsecond:
        return value.hour * 60 + value.minute
    raise ValueError(f"{value!r} is no time of day; write for example 22:00:00, without quotes")


def _key(value: str) -> str:
    if len(value) != 128 or set(value.lower()) - set("0123456789abcdef"):
        raise ValueError(f"{len(value)} characters; a public key is X || Y in 128 hexadecimal ones")
    return value.lower()


def _readable(value: str) -> str:
    if not value.isprintable():
        raise ValueError(f"{value!r} has characters that cannot be shown")
    return value


Money = Annotated[int, BeforeValidator(_money), Field(ge=0, lt=1 << 31)]
Instant = Annotated[int, BeforeValidator(_instant), Field(ge=0, lt=1 << 32)]
Minute = Annotated[int, BeforeValidator(_minute)]
Count = Annotated[int, Field(ge=0, lt=1 << 16)]
Percent = Annotated[int, Field(ge=0, le=100)]
Word = Annotated[
    str, Field(min_length=1, max_length=NAME_CHARACTERS), AfterValidator(_readable)
]
Words = Annotated[list[Word], Field(max_length=32)]
PublicKey = Annotated[str, AfterValidator(_key)]


class Budget(Model):
    """What may be spent at all; shipping and tax are inside."""

    order: Money
    day: Money
    month: Money
    orders_per_day: Count
    orders_per_month: Count


class Approval(Model):
    """When the owner is asked first."""

    rule: Literal[RULES]  # type: ignore[valid-type]
    above: Money | None = None


class Delivery(Model):
    """From order to door, and how long the owner may change their mind."""

    at_least: Duration = 0
    at_most: Duration | None = None
    cancel_window: Duration | None = None


class Quiet(Model):
    """Hours of the day (UTC) in which nothing is bought."""

    begins: Minute
    ends: Minute


class Seller(Model):
    """Somebody that may be bought from, known by a key."""

    key: PublicKey | None = None
    key_file: str | None = None
    month: Money
    orders_per_month: Count | None = None


class Consumable(Model):
    """Limits of one consumable within the budget."""

    order: Money | None = None
    month: Money | None = None
    orders_per_month: Count | None = None
    substitutes: Words = Field(default_factory=list)
    walk_away: Money | None = None
    walk_away_for: str | None = None


class Values(Model):
    """What the owner will not have, however cheap."""

    minimum_quality: Percent | None = None
    maximum_carbon_g: Annotated[int, Field(ge=0, lt=1 << 31)] | None = None
    labels: Words = Field(default_factory=list)


class Weights(Model):
    """What counts how much in the choice between offers; together 100."""

    price: Percent = 0
    delivery: Percent = 0
    quality: Percent = 0
    trust: Percent = 0
    carbon: Percent = 0


class Negotiation(Model):
    """How the thing bargains; none of it is ever told to a seller."""

    rounds: Annotated[int, Field(ge=1, le=9)] | None = None
    surge_percent: Annotated[int, Field(ge=1, le=100)] | None = None
    surge_wait: Duration | None = None


class MandateFile(Model):
    """The whole file."""

    thing: Word
    product: str | None = None
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    valid_from: Instant
    valid_until: Instant
    blocked: Words = Field(default_factory=list)
    budget: Budget
    approval: Approval
    delivery: Delivery = Delivery()
    quiet_hours: Quiet | None = None
    sellers: Annotated[dict[Word, Seller], Field(min_length=1)]
    consumables: dict[Name, Consumable] = Field(default_factory=dict)
    values: Values = Values()
    weights: Weights | None = None
    negotiation: Negotiation = Negotiation()
    consents: dict[Word, Words] = Field(default_factory=dict)
