"""The ticks port on CPython: milliseconds since boot, in the ring that MicroPython uses."""

import time

PERIOD = 1 << 30
HALF = PERIOD >> 1


def ticks_ms() -> int:
    """Milliseconds of a clock that only rises, wrapped at PERIOD."""
    return time.monotonic_ns() // 1_000_000 % PERIOD


def ticks_add(ticks: int, delta: int) -> int:
    return (ticks + delta) % PERIOD


def ticks_diff(end: int, start: int) -> int:
    """Signed milliseconds from `start` to `end`, which lie less than HALF apart."""
    return (end - start + HALF) % PERIOD - HALF


def sleep_ms(duration: int) -> None:
    time.sleep(duration / 1000)
