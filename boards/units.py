"""Durations and sizes as an engineer writes them: "90s", "5min", "1.2 kg".

Kept apart from the schema because a unit table is looked up by people, not by code.
"""

import re
import struct
from decimal import Decimal, InvalidOperation

SECONDS = {
    "s": 1, "min": 60, "h": 3600, "d": 86400, "day": 86400, "days": 86400,
    "week": 604800, "weeks": 604800,
}  # fmt: skip

# Each family is measured in its first unit. A number crosses between units of one family only.
FAMILIES: dict[str, dict[str, int | Decimal]] = {
    "mass": {"g": 1, "kg": 1000, "mg": Decimal("0.001"), "t": 1000000},
    "volume": {"ml": 1, "cl": 10, "dl": 100, "l": 1000, "m3": 1000000},
    "length": {"m": 1, "km": 1000, "cm": Decimal("0.01"), "mm": Decimal("0.001")},
    "pressure": {"bar": 1, "mbar": Decimal("0.001"), "kPa": Decimal("0.01"), "Pa": Decimal("1e-5")},
    "current": {"A": 1, "mA": Decimal("0.001")},
    "voltage": {"V": 1, "mV": Decimal("0.001"), "kV": 1000},
    "power": {"W": 1, "kW": 1000, "mW": Decimal("0.001")},
    "energy": {"Wh": 1, "kWh": 1000, "MWh": 1000000},
    "frequency": {"Hz": 1, "kHz": 1000, "MHz": 1000000},
    "time": {"s": 1, "ms": Decimal("0.001"), "min": 60, "h": 3600, "d": 86400},
    "temperature": {"degC": 1},
    "share": {"%": 1},
    "flow": {"ml/s": 1, "l/min": Decimal(1000) / 60, "l/s": 1000, "l/h": Decimal(1000) / 3600},
    "count": {"count": 1, "pieces": 1, "cups": 1, "cycles": 1},
    "acceleration": {"g0": 1, "mm/s2": Decimal("0.000101971621")},
    "speed": {"mm/s": 1, "m/s": 1000},
    "illuminance": {"lx": 1},
    "state": {"on/off": 1},
}
UNITS = sorted({unit for family in FAMILIES.values() for unit in family})

_NUMBER = re.compile(r"\s*([+-]?[0-9][0-9_]*(?:\.[0-9]+)?)\s*([^\s0-9].*?)?\s*")
_PART = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]+)")


def seconds(text: str) -> int:
    """A duration such as "90s", "5min" or "1h 30min" in whole seconds; ValueError says why not."""
    total, end = Decimal(0), 0
    for part in _PART.finditer(text):
        if part.start() != end or part[2] not in SECONDS:
            break
        total, end = total + Decimal(part[1]) * SECONDS[part[2]], part.end()
    if end == 0 or text[end:].strip():
        raise ValueError(f'"{text}" is no duration; write for example "90s", "5min", "2h" or "7d"')
    if total != int(total):
        raise ValueError(f'"{text}" is not a whole number of seconds, which a thing counts in')
    return int(total)


def split(text: str) -> tuple[Decimal, str | None]:
    """ "1.2 kg" as (1.2, "kg"); the unit is None where only a number stands."""
    match = _NUMBER.fullmatch(text)
    if not match:
        raise ValueError(f'"{text}" is no size; write a number and its unit, for example "1.2 kg"')
    try:
        return Decimal(match[1].replace("_", "")), match[2]
    except InvalidOperation as error:
        raise ValueError(f'"{match[1]}" is no number') from error


def convert(size: Decimal, unit: str, wanted: str) -> Decimal:
    """The size in another unit of its family; ValueError names the units that would do."""
    if unit == wanted:
        return size
    for family in FAMILIES.values():
        if wanted in family:
            if unit in family:
                return size * Decimal(family[unit]) / Decimal(family[wanted])
            allowed = ", ".join(family)
            raise ValueError(f'"{unit}" cannot become "{wanted}"; allowed here: {allowed}')
    raise ValueError(f'"{unit}" is not "{wanted}"')


def single(value: float) -> float:
    """The nearest single-precision number: a device with 24-bit floats and one with 53 bits
    must start from the same value, or their decisions could part."""
    return struct.unpack("<f", struct.pack("<f", value))[0]
