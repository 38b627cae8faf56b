"""Single pins on a Raspberry Pi, by lgpio: the kernel's character device, no root, no daemon.

Loaded and opened at the first use, so that a laptop without pins runs everything else.
"""

import time

from hal import HalError
from hal.edges import Edges
from hal.linux import ticks
from hal.linux.dht22 import Dht22
from hal.pin import Pin as Verbs

TRIGGER_US = 10
CLOCK_HIGH_NS = 50_000  # 60 us would switch a HX711 off
HEADER = ("pinctrl-bcm", "pinctrl-rp1")  # how the chip behind the header is labelled (RP1: Pi 5)
CHIPS = 8  # looked through for it: number 0 but for a Pi 5, where kernels before 6.6.45 say 4


class Pins:
    """The bank; see hal/__init__.py. No analog inputs. `chip` is the number of /dev/gpiochip, by
    default the one behind the header, whatever its number."""

    ticks = ticks

    def __init__(self, chip: int | None = None, lgpio=None):
        self._chip = chip
        self._library = lgpio
        self._handle: int | None = None
        self._pins: dict[int, Pin] = {}

    def input(self, number: int, pull: str = "") -> "Pin":
        if number not in self._pins:
            self._call("gpio_claim_input", number, self._pull(pull))
            self._pins[number] = Pin(self._call, number)
        return self._pins[number]

    def output(self, number: int, level: int = 0) -> "Pin":
        self._call("gpio_claim_output", number, level)
        self._pins[number] = Pin(self._call, number)
        return self._pins[number]

    def analog(self, number: int) -> None:
        raise HalError("absent", "a Raspberry Pi has no ADC: use an ADS1115 or MCP3008")

    def pwm(self, number: int, hz: int) -> "Pwm":
        self._call("gpio_claim_output", number, 0)
        return Pwm(self._call, number, hz)

    def counter(self, number: int, pull: str, rising: bool, debounce_us: int, gap_us: int) -> Edges:
        """The kernel stamps every edge, so none is lost or late while Python is busy."""
        edges = Edges(ticks, debounce_us, gap_us)
        flags = self._pull(pull)
        library = self._open()
        self._call("gpio_claim_alert", number, library.BOTH_EDGES, flags)
        self._pins[number] = pin = Pin(self._call, number)

        def edge(chip: int, gpio: int, level: int, tick_ns: int) -> None:
            if level in (0, 1):  # 2 is the library's own watchdog
                edges.edge(tick_ns // 1000 % ticks.PERIOD, level == rising)

        pin.callback = library.callback(self._handle, number, library.BOTH_EDGES, edge)
        return edges

    def echo_us(self, trigger: int, echo: int, timeout_us: int) -> int:
        """Width of the pulse on `echo` that a trigger calls forth, to some 10 us: it is polled.
        Raises HalError timeout."""
        listener = self.input(echo)
        speaker = self._pins.get(trigger) or self.output(trigger, 0)
        speaker.value(1)
        time.sleep(TRIGGER_US / 1e6)
        speaker.value(0)
        self._wait(listener, 1, timeout_us)
        return self._wait(listener, 0, timeout_us)

    def dht22(self, number: int) -> Dht22:
        return Dht22(number)

    def shift_in(self, clock: "Pin", data: "Pin", bits: int) -> int:
        """`bits` bits from `data`, high bit first, one after each rising edge of `clock`. Raises
        HalError timeout when the kernel paused us while the clock was high."""
        word = 0
        for _ in range(bits):
            began = time.perf_counter_ns()
            clock.value(1)
            bit = data.value()
            clock.value(0)
            if time.perf_counter_ns() - began > CLOCK_HIGH_NS:
                raise HalError("timeout", "interrupted while the clock was high")
            word = word << 1 | bit
        return word

    def _wait(self, pin: "Pin", level: int, timeout_us: int) -> int:
        """Microseconds until `pin` is at `level`."""
        began = time.perf_counter_ns()
        while pin.value() != level:
            if time.perf_counter_ns() - began > 1000 * timeout_us:
                raise HalError("timeout", "no echo came")
        return (time.perf_counter_ns() - began) // 1000

    def _pull(self, pull: str) -> int:
        library = self._open()
        pulls = {
            "up": library.SET_PULL_UP,
            "down": library.SET_PULL_DOWN,
            "": library.SET_PULL_NONE,
        }
        return pulls[pull]

    def _open(self):
        if self._handle is None:
            if self._library is None:
                try:
                    import lgpio
                except ImportError as error:
                    raise HalError("absent", "lgpio is not installed: extra `pi`") from error
                self._library = lgpio
            if self._chip is None:
                self._handle = self._header()
            else:
                self._handle = self._checked(self._library.gpiochip_open, self._chip)
        return self._library

    def _header(self) -> int:
        library = self._library
        for chip in range(CHIPS):
            try:
                handle = library.gpiochip_open(chip)
            except library.error:
                continue
            if library.gpio_get_chip_info(handle)[3].startswith(HEADER):
                return handle
            library.gpiochip_close(handle)
        raise HalError("absent", "no GPIO chip of a Raspberry Pi")

    def _call(self, name: str, number: int, *more: float) -> int:
        return self._checked(getattr(self._open(), name), self._handle, number, *more)

    def _checked(self, function, *arguments):
        try:
            return function(*arguments)
        except self._library.error as error:
            raise HalError("io", str(error)) from error


class Pin(Verbs):
    """machine.Pin as far as drivers go."""

    callback = None

    def __init__(self, call, number: int):
        self._call = call
        self._number = number

    def value(self, level: int | None = None):
        if level is None:
            return self._call("gpio_read", self._number)
        self._call("gpio_write", self._number, 1 if level else 0)
        return None


class Pwm:
    """machine.PWM as far as drivers go; timed by software, to about 100 us."""

    def __init__(self, call, number: int, hz: int):
        self._call = call
        self._number = number
        self._hz = hz
        self._duty = 0

    def duty_u16(self, duty: int | None = None) -> int | None:
        if duty is None:
            return self._duty
        self._duty = duty
        self._call("tx_pwm", self._number, self._hz, duty * 100 / 65535)
        return None
