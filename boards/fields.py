"""The kinds of value that both description files are made of, with their messages."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from boards import units
from boards.problems import nearest

# Bounds of the text that reaches the device: a message must fit 1 KiB whatever it quotes.
NAME_LENGTH = 24
WORD_LENGTH = 32
TEXT_LENGTH = 120
LONGEST_S = 400 * 86400
# Far beyond any sensor or container, and still exact enough to add up in single precision.
LARGEST = 1e9


class Model(BaseModel):
    """Strict, closed and frozen: a misspelt key is an error, never a silent default."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


def _name(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", value):
        raise ValueError(f'"{value}" is no name: small letters, digits and _, a letter first')
    return value


def _duration(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, str):
        raise ValueError(f'{value!r} has no unit; write a duration such as "90s", "5min" or "2h"')
    seconds = units.seconds(value)
    if seconds > LONGEST_S:
        raise ValueError(f'"{value}" is longer than the longest allowed, {LONGEST_S // 86400} days')
    return seconds


def _unit(value: str) -> str:
    if value not in units.UNITS:
        raise ValueError(f'"{value}" is no known unit; {nearest(value, units.UNITS)}')
    return value


def _scale(value: Any) -> int:
    """A resolution of 0.1 becomes the scale 10."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise ValueError(f"{value!r} is no resolution; allowed: 1, 0.5, 0.1, 0.01 …")
    scale = 1 / Decimal(str(value))
    if scale != int(scale) or not 1 <= scale <= 10000:
        raise ValueError(f"{value} does not divide 1 into 1 to 10000 whole steps; try 0.1 or 0.01")
    return int(scale)


@dataclass(frozen=True)
class Size:
    """A number and the unit it was written in, None where the place has only one."""

    number: Decimal
    unit: str | None

    def into(self, unit: str) -> float:
        """The number in that unit; ValueError when the two do not measure the same."""
        if self.unit is None:
            return float(self.number)
        return float(units.convert(self.number, self.unit, unit))


def _size(value: Any) -> Size:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f'{value!r} is no size; write a number or, with its unit, "1.2 kg"')
    if isinstance(value, str):
        return Size(*units.split(value))
    return Size(Decimal(str(value)), None)


def _share(value: Any) -> float:
    """ "25 %" or 0.25"""
    number: Any = value
    if isinstance(value, str):
        size, unit = units.split(value)
        number = float(size / 100) if unit == "%" else None
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number <= 1:
        raise ValueError(f'{value!r} is no share; write "25 %" or 0.25')
    return float(number)


Number = Annotated[float, Field(ge=-LARGEST, le=LARGEST)]
Name = Annotated[str, Field(max_length=NAME_LENGTH), AfterValidator(_name)]
Word = Annotated[str, Field(min_length=1, max_length=WORD_LENGTH)]
Text = Annotated[str, Field(max_length=TEXT_LENGTH)]
Unit = Annotated[str, AfterValidator(_unit)]
Duration = Annotated[int, BeforeValidator(_duration)]
Scale = Annotated[int, BeforeValidator(_scale)]
Share = Annotated[float, BeforeValidator(_share)]
Quantity = Annotated[Size, BeforeValidator(_size)]
