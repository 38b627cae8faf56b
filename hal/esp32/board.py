"""The board itself: why it started, randomness, the watchdog, and sleep."""

import os
import time

import machine

CAUSES = {
    machine.PWRON_RESET: "power on",
    machine.HARD_RESET: "reset",
    machine.WDT_RESET: "watchdog",
    machine.DEEPSLEEP_RESET: "sleep",
    machine.SOFT_RESET: "restart",
}
EPOCH = 0 if time.gmtime(0)[0] == 1970 else 946_684_800  # unix seconds of this port's second 0
WATCHDOG_MS = 60_000  # a TLS handshake and a signature check, many times over

entropy = os.urandom  # the radio's noise seeds it once Wi-Fi is on


def cause() -> str:
    """Why the device started, for the desk to see. A brown-out may pass for a watchdog."""
    return CAUSES.get(machine.reset_cause(), "unknown")


class Watchdog:
    """Once made it cannot be stopped: without `feed` for WATCHDOG_MS the chip resets."""

    def __init__(self):
        self._timer = machine.WDT(timeout=WATCHDOG_MS)

    def feed(self) -> None:
        self._timer.feed()


def light_sleep(duration_s: int) -> None:
    """Switch the processor off; memory and ticks go on. Wi-Fi must be off, the console is deaf."""
    machine.lightsleep(duration_s * 1000)


def deep_sleep(duration_s: int) -> None:
    """Switch all but the timer off; the device starts anew afterwards, cause "sleep"."""
    machine.deepsleep(duration_s * 1000)


def set_utc(utc) -> None:
    """Set the chip's clock."""
    year, month, day, hour, minute, second, weekday = time.gmtime(utc - EPOCH)[:7]
    machine.RTC().datetime((year, month, day, weekday, hour, minute, second, 0))
