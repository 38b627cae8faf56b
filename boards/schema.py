"""What a product file may say. The README beside this file explains it by example."""

from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from boards.fields import Duration, Model, Name, Number, Quantity, Scale, Share, Text, Unit, Word
from boards.remedies import Remedy

SEVERITIES = ("notice", "minor", "major", "critical")  # compiled to 1..4

# Digits behind the point, for the currencies that do not have two (ISO 4217).
MINOR_DIGITS = {"JPY": 0, "KRW": 0, "ISK": 0, "CLP": 0, "BHD": 3, "KWD": 3, "TND": 3}
EXACT_STEPS = 2**24  # whole numbers that single precision holds
HABIT_READINGS = 48  # fewer tell no habit
CURRENCY = r"^[A-Z]{3}$"

Kind = Literal[
    "limit", "rate", "stuck", "novelty", "joint", "drift", "cycle", "onset", "life", "crosscheck"
]
Service = Literal["repair", "replacement", "upgrade", "recharge", "software", "assistance", "alarm"]


def _listed(value: Any) -> Any:
    """One channel need not be written as a list."""
    return [value] if isinstance(value, str) else value


def _gtin(value: str) -> str:
    """GTIN-8, -12, -13 or -14 with its check digit (GS1 General Specifications, 7.9)."""
    if not value.isdecimal() or len(value) not in (8, 12, 13, 14):
        raise ValueError(f'"{value}" is no GTIN: 8, 12, 13 or 14 digits')
    digits = [int(digit) for digit in reversed(value)]
    check = -sum(digit * (3 if place % 2 else 1) for place, digit in enumerate(digits) if place)
    if check % 10 != digits[0]:
        raise ValueError(f'"{value}" is no GTIN: its check digit would be {check % 10}')
    return value


class Channel(Model):
    """A named signal with a unit."""

    about: str = ""
    unit: Unit
    range: Annotated[list[Number], Field(min_length=2, max_length=2)]
    scale: Annotated[Scale, Field(alias="resolution")] = 1
    every: Duration = 60
    missing_after: Duration | None = None
    frozen_after: Duration = 0
    habit: Duration = 0
    moves_with: str | None = None
    evidence: Annotated[int, Field(ge=0, le=32)] = 0
    remedies: Annotated[list[Remedy], Field(max_length=6)] = []

    @property
    def low(self) -> float:
        return self.range[0]

    @property
    def high(self) -> float:
        return self.range[1]

    @property
    def stale(self) -> int:
        """Missing after five readings unless the file says otherwise: one lost is no fault."""
        return self.missing_after if self.missing_after is not None else 5 * self.every

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.low >= self.high:
            raise ValueError(f"range [{self.low:g}, {self.high:g}] is empty: low stands first")
        steps = max(abs(self.low), abs(self.high)) * self.scale
        if steps > EXACT_STEPS:
            raise ValueError(
                f"a range up to {steps / self.scale:g} at this resolution needs {steps:.0f} steps; "
                f"a device's single-precision numbers tell {EXACT_STEPS} apart"
            )
        if not self.every:
            raise ValueError("every must be at least 1s")
        if self.missing_after is not None and self.missing_after <= self.every:
            raise ValueError(
                f"missing_after ({self.missing_after}s) must be longer than every ({self.every}s)"
            )
        if 0 < self.frozen_after <= self.every:
            raise ValueError(
                f"frozen_after ({self.frozen_after}s) must be longer than every ({self.every}s)"
            )
        if self.habit and not HABIT_READINGS <= self.habit // self.every <= EXACT_STEPS:
            raise ValueError(
                f"habit ({self.habit}s) is learned from {self.habit // self.every} readings; "
                f"{HABIT_READINGS} to {EXACT_STEPS} are possible"
            )
        if self.moves_with is not None and not self.habit:
            raise ValueError("moves_with says how to learn a habit: give the time for it as habit")
        return self


class Monitor(Model):
    """A detector bound to channels and to a failure mode."""

    about: str = ""
    kind: Kind
    watch: Annotated[list[str], BeforeValidator(_listed), Field(min_length=1, max_length=32)]
    failure: Name | None = None
    severity: Literal["notice", "minor", "major", "critical"] = "minor"
    confirm_after: Duration = 600
    clear_after: Duration = 3600
    unless: Annotated[list[Name], BeforeValidator(_listed), Field(max_length=4)] = []
    service: Service = "repair"
    remedies: Annotated[list[Remedy], Field(max_length=6)] = []
    advice: Text = ""
    settings: dict[str, Any] = {}  # checked against boards/settings.py


class Item(Model):
    """One thing to buy: a stock number, how much is in a pack and what it usually costs."""

    sku: Word
    name: Word
    pack: Quantity
    price: Annotated[float, Field(gt=0, le=1_000_000)]
    gtin: Annotated[str, AfterValidator(_gtin)] | None = None

    def price_minor(self, currency: str) -> int:
        """Exact, or ValueError: no cent may appear or vanish by rounding."""
        digits = MINOR_DIGITS.get(currency, 2)
        minor = Decimal(str(self.price)).scaleb(digits)
        if minor != int(minor):
            raise ValueError(f"{self.price} has more than the {digits} decimals of {currency}")
        return int(minor)


class Consumable(Model):
    """Something that runs out."""

    about: str = ""
    kind: Literal["level", "count", "wear"] = "level"
    unit: Unit | None = None
    measured_by: str | None = None
    used_by: str | None = None
    in_place: str | None = None
    capacity: Quantity
    per_use: Quantity | None = None
    reorder_at: Share = 0.25
    reserve: Share = 0.0
    lead_time: Duration = 2 * 86400
    spares: Annotated[int, Field(ge=0, le=100)] = 1
    items: Annotated[list[Item], Field(max_length=5)] = []

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.kind == "level" and self.measured_by is None:
            raise ValueError('kind "level" needs measured_by, the channel that sees what is left')
        if self.kind == "count" and self.used_by is None:
            raise ValueError('kind "count" needs used_by, the channel that counts uses')
        if self.kind == "wear" and self.measured_by is None and self.used_by is None:
            raise ValueError('kind "wear" needs measured_by or used_by')
        if (self.used_by is None) != (self.per_use is None):
            raise ValueError("used_by and per_use, how much one use takes, come together")
        if self.reserve and self.reserve >= self.reorder_at:
            raise ValueError("reorder_at must be above reserve, which is to be left by then")
        return self


class Product(Model):
    """What the thing is: the whole of one file under products/."""

    product: Name
    maker: Word
    version: Annotated[str, Field(pattern=r"^\d{1,4}\.\d{1,4}\.\d{1,4}$")]
    about: str = ""
    currency: Annotated[str, Field(pattern=CURRENCY)] = "EUR"
    channels: Annotated[dict[Name, Channel], Field(max_length=64)]
    monitors: Annotated[dict[Name, Monitor], Field(max_length=64)] = {}
    consumables: Annotated[dict[Name, Consumable], Field(max_length=16)] = {}
    approve_with: str | None = None
    in_use: str | None = None

    def unit_of(self, consumable: Consumable) -> str:
        """The consumable's unit: its level channel's if it has one, else its own, else pieces."""
        channel = self.channels.get(consumable.measured_by or "")
        return channel.unit if channel else consumable.unit or "count"
