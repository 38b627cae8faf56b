"""Which settings each kind of monitor and of consumable takes, and within what range.

One table for both readers: `check_settings` refuses what a monitor would not understand, and
`settled` gives the compiler the numbers. The meaning of each setting stands where it is used, in
the docstring of agent/sense/monitors/<kind>.py and of agent/stock; tests/test_boards_settings.py
holds the two together.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from boards import units
from boards.locate import Path
from boards.problems import nearest

HUGE = 1e9  # far beyond any reading, well inside single precision


@dataclass(frozen=True)
class Setting:
    """One number, or a list of them; `length` says how a list is bound to the channels watched."""

    low: float = -HUGE
    high: float = HUGE
    whole: bool = False
    duration: bool = False
    length: str = ""  # "" a single number, "channels" one per channel watched, "any"


def number(low: float = -HUGE, high: float = HUGE) -> Setting:
    return Setting(low, high)


def whole(low: int, high: int) -> Setting:
    return Setting(low, high, whole=True)


def span(low: int, high: int) -> Setting:
    """Seconds; may be written as a duration."""
    return Setting(low, high, whole=True, duration=True)


def numbers(length: str) -> Setting:
    return Setting(length=length)


DAY = 86400
# Windows are kept in float32, whose whole seconds are exact up to 2^24.
SPAN = 194 * DAY

MONITORS: dict[str, dict[str, Setting]] = {
    "limit": {
        "low": number(),
        "high": number(),
        "hysteresis": number(0),
        "samples": whole(1, 1000),
    },
    "rate": {
        "rise": number(1e-6),
        "fall": number(1e-6),
        "window": span(1, SPAN),
        "hysteresis": number(0, 1),
    },
    "stuck": {
        "seconds": span(1, SPAN),
        "epsilon": number(0),
        "moved": number(0),
        "samples": whole(1, 1000),
    },
    "novelty": {},
    "joint": {},
    "drift": {},
    "cycle": {},
    "onset": {},
    "life": {},
    "crosscheck": {},
}

# How many channels a monitor watches: least and most.
CHANNELS: dict[str, tuple[int, int]] = {
    "limit": (1, 1),
    "rate": (1, 1),
    "stuck": (1, 2),
    "novelty": (1, 1),
    "joint": (2, 16),
    "drift": (1, 1),
    "cycle": (1, 2),
    "onset": (1, 16),
    "life": (1, 32),
    "crosscheck": (2, 8),
}

# Monitors that watch for nothing unless one of these is set.
NEEDED: dict[str, tuple[str, ...]] = {"limit": ("low", "high"), "rate": ("rise", "fall")}

CONSUMABLES: dict[str, Setting] = {}


def check_settings(
    kind: str, settings: dict[str, Any], channels: int
) -> Iterator[tuple[Path, str]]:
    """What is wrong with a monitor's settings, each with its place below `settings`."""
    yield from _check(MONITORS[kind], settings, channels)
    needed = NEEDED.get(kind, ())
    if needed and not any(name in settings for name in needed):
        yield (), f"{kind} needs at least one of: {', '.join(needed)}"
    if kind == "limit" and _crossed(settings):
        yield ("low",), f"low ({settings['low']}) must be below high ({settings['high']})"


def check_consumable_settings(settings: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    yield from _check(CONSUMABLES, settings, 1)


def settled(table: dict[str, Setting], settings: dict[str, Any]) -> dict[str, Any]:
    """The settings as numbers: durations become seconds. Only for what was checked."""
    return {
        name: units.seconds(value) if isinstance(value, str) else value
        for name, value in settings.items()
        if name in table
    }


def _crossed(settings: dict[str, Any]) -> bool:
    low, high = settings.get("low"), settings.get("high")
    return isinstance(low, int | float) and isinstance(high, int | float) and low >= high


def _check(
    table: dict[str, Setting], settings: dict[str, Any], channels: int
) -> Iterator[tuple[Path, str]]:
    for name, value in settings.items():
        if name not in table:
            yield (name,), f"unknown setting; {nearest(name, sorted(table))}"
            continue
        setting = table[name]
        if setting.length:
            yield from _check_list(name, setting, value, channels)
        else:
            problem = _wrong(setting, value)
            if problem:
                yield (name,), problem


def _check_list(
    name: str, setting: Setting, value: Any, channels: int
) -> Iterator[tuple[Path, str]]:
    if not isinstance(value, list):
        yield (name,), f"{value!r} is not a list of numbers"
        return
    if setting.length == "channels" and len(value) != channels:
        yield (name,), f"{len(value)} numbers for {channels} channels; one per channel is wanted"
    for index, entry in enumerate(value):
        problem = _wrong(setting, entry)
        if problem:
            yield (name, index), problem


def _wrong(setting: Setting, value: Any) -> str | None:
    if setting.duration and isinstance(value, str):
        try:
            value = units.seconds(value)
        except ValueError as error:
            return str(error)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"{value!r} is not a {'duration' if setting.duration else 'number'}"
    if setting.whole and not isinstance(value, int):
        return f"{value!r} is not a whole number"
    if not setting.low <= value <= setting.high:
        return f"{value!r} is outside {setting.low:g} to {setting.high:g}"
    return None
