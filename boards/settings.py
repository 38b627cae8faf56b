"""Which settings each kind of monitor takes, and within what range.

One table for both readers: `check_settings` refuses what a monitor would not understand, and
`settled` gives the compiler the numbers. The meaning of each setting stands where it is used, in
the docstring of agent/sense/monitors/<kind>.py; tests/test_boards_settings.py holds the two
together.
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
    """One number, or a list of them: then so many per channel watched and so many besides."""

    low: float = -HUGE
    high: float = HUGE
    whole: bool = False
    duration: bool = False
    per_channel: int = 0
    besides: int = 0

    def length(self, channels: int) -> int:
        """How many numbers the list must have; 0 where a single number stands."""
        return self.per_channel * channels + self.besides


def number(low: float = -HUGE, high: float = HUGE) -> Setting:
    return Setting(low, high)


def whole(low: int, high: int) -> Setting:
    return Setting(low, high, whole=True)


def span(low: int, high: int) -> Setting:
    """Seconds; may be written as a duration."""
    return Setting(low, high, whole=True, duration=True)


def numbers(per_channel: int, besides: int) -> Setting:
    return Setting(per_channel=per_channel, besides=besides)


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
    "novelty": {
        "sensitivity": number(0.1, 10),
        # The monitor counts readings up to its memory of 7000; a longer hold would never end.
        "hold": whole(0, 6_999),
        "range": number(0.001, 100),
        "swell": number(0.001, 100),
        "unusual": number(0.001, 100),
        "habituation": number(0, 100),
        "quiet": whole(1, 100_000),
    },
    "joint": {
        "learn": whole(30, 100_000),
        "calibrate": whole(10, 100_000),
        "smooth": number(0.001, 1),
        "outlook": number(1, 1000),
        "sigmas": number(1, 100),
        "adapt": number(0, 0.1),
    },
    "drift": {
        "block": span(60, 30 * DAY),
        "learn": whole(4, 10_000),
        "direction": whole(-1, 1),
        "slack": number(0, 100),
        "threshold": number(0.1, 1000),
        "floor": number(0),
        "limit": number(),
    },
    "cycle": {
        "on": number(),
        "off": number(),
        "least": whole(1, 1000),
        "gap": span(1, SPAN),
        "learn": whole(0, 10_000),
        "factor": number(1.01, 1000),
        "starts_low": number(0),
        "starts_high": number(0),
        "on_s_low": span(0, SPAN),
        "on_s_high": span(0, SPAN),
        "off_s_low": span(0, SPAN),
        "off_s_high": span(0, SPAN),
        "duty_low": number(0, 1),
        "duty_high": number(0, 1),
    },
    "onset": {
        "learn": whole(20, 100_000),
        "share": number(0.001, 100),
        "sigmas": number(0.5, 100),
        "samples": whole(1, 10_000),
        "direction": whole(-1, 1),
    },
    "life": {
        # One for each channel, an offset, and the 35 terms of a cubic in four variables.
        "weights": numbers(1, 1 + 35),
        "fast": number(0.001, 1),
        "slow": number(0.001, 1),
        "new": whole(1, 10_000),
        "age": number(1e-3),
        "cap": number(1),
        "horizon": number(1),
        "unit_s": span(1, SPAN),
    },
    "crosscheck": {
        "gain": number(),
        "tolerance": number(1e-6),
        "share": number(0, 10),
        "learn": whole(1, 10_000),
        "smooth": number(0.001, 1),
        "jump": number(0),
    },
}

# How many channels a monitor watches: least and most.
CHANNELS: dict[str, tuple[int, int]] = {
    "limit": (1, 1),
    "rate": (1, 1),
    "stuck": (1, 2),
    "novelty": (1, 1),
    "joint": (2, 16),
    "drift": (1, 1),
    "cycle": (1, 1),
    "onset": (1, 1),
    "life": (1, 32),
    "crosscheck": (2, 2),
}

# Monitors that watch for nothing unless one of these is set.
NEEDED: dict[str, tuple[str, ...]] = {
    "limit": ("low", "high"),
    "rate": ("rise", "fall"),
    "life": ("weights",),
}

# Settings that follow from the product itself, so that nobody writes them.
DERIVED = ("channels",)


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


def settled(kind: str, settings: dict[str, Any], channels: int) -> dict[str, Any]:
    """The settings as a monitor takes them: durations in seconds, room for just its channels.
    Only for what was checked."""
    numbers = {
        name: units.seconds(value) if isinstance(value, str) else value
        for name, value in settings.items()
    }
    return {**numbers, "channels": channels} if kind == "joint" else numbers


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
        if setting.length(channels):
            yield from _check_list(name, setting, value, channels)
        else:
            problem = wrong(setting, value)
            if problem:
                yield (name,), problem


def _check_list(
    name: str, setting: Setting, value: Any, channels: int
) -> Iterator[tuple[Path, str]]:
    if not isinstance(value, list):
        yield (name,), f"{value!r} is not a list of numbers"
        return
    wanted = setting.length(channels)
    if len(value) != wanted:
        yield (name,), f"{len(value)} numbers; {wanted} are wanted for {channels} channels"
    for index, entry in enumerate(value):
        problem = wrong(setting, entry)
        if problem:
            yield (name, index), problem


def wrong(setting: Setting, value: Any) -> str | None:
    """Why a value is not what the setting wants, None when it is."""
    if setting.duration and isinstance(value, str):
        try:
            value = units.seconds(value)
        except ValueError as error:
            return str(error)
    if isinstance(value, bool) or not isinstance(value, int | float):
        bounded = setting.low > -HUGE and setting.high < HUGE and not setting.duration
        limits = f" from {setting.low:g} to {setting.high:g}" if bounded else ""
        return f"{value!r} is not a {'duration' if setting.duration else 'number'}{limits}"
    if setting.whole and not isinstance(value, int):
        return f"{value!r} is not a whole number"
    if not setting.low <= value <= setting.high:
        return f"{value!r} is outside {setting.low:g} to {setting.high:g}"
    return None
