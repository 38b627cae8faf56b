"""A simulated bank of pins: levels, voltages, pulses and echoes come from what is attached.

The bank has its own microseconds, which pass only when somebody sleeps or the test says so, so a
test of minutes takes none and is the same every time.
"""

from hal import HalError
from hal.edges import Edges
from hal.pin import Pin

PERIOD = 1 << 30


class Ticks:
    """The ticks port on simulated time; `at_us` is the whole of it."""

    def __init__(self):
        self.at_us = 0

    def ticks_us(self):
        return self.at_us % PERIOD

    def ticks_ms(self):
        return self.at_us // 1000 % PERIOD

    def ticks_add(self, ticks, delta):
        return (ticks + delta) % PERIOD

    def ticks_diff(self, end, start):
        return (end - start + PERIOD // 2) % PERIOD - PERIOD // 2

    def sleep_ms(self, duration):
        self.at_us += 1000 * duration


class Input(Pin):
    """machine.Pin as an input; without a part it rests at `level`."""

    def __init__(self, part, level):
        self._part = part
        self._level = level

    def value(self):
        return self._part.level() if self._part else self._level


class Output(Pin):
    """machine.Pin as an output, which tells its part."""

    def __init__(self, part, level):
        self._part = part
        self._level = 0
        self.value(level)

    def value(self, level=None):
        if level is None:
            return self._level
        self._level = 1 if level else 0
        if self._part:
            self._part.drive(self._level)
        return None


class Pwm:
    """machine.PWM, which tells its part; `duty` is what was set last, 0..65535."""

    def __init__(self, part, hz):
        self.hz = hz
        self.duty = 0
        self._part = part

    def duty_u16(self, duty=None):
        if duty is not None:
            self.duty = duty
            if self._part:
                self._part.drive(duty)
        return self.duty


class Analog:
    """machine.ADC; `source()` gives volts, and the pin measures 0 to 3.3 V in 12 bits."""

    def __init__(self, source):
        self._source = source

    def read_uv(self):
        code = min(max(int(self._source() / 3.3 * 4096), 0), 4095)
        return code * 3_300_000 // 4096


class Dht22:
    """MicroPython's dht.DHT22: `frame()` of the part is five bytes, or None."""

    def __init__(self, part):
        self._part = part

    def measure(self):
        frame = self._part and self._part.frame()
        if not frame:
            raise HalError("timeout", "no answer")
        if sum(frame[:4]) & 255 != frame[4]:
            raise HalError("crc")
        tenths = (frame[2] & 0x7F) << 8 | frame[3]
        celsius = (-tenths if frame[2] & 0x80 else tenths) / 10
        return celsius, (frame[0] << 8 | frame[1]) / 10


class Pins:
    """The bank. `attach(number, part)` puts a part on a pin; `part.level()` is asked when the pin
    is read, `part.drive(level)` told when it is written, `part.edges(since_us, until_us)` yields
    (time, level) of what happened in between, `part.echo_us()` is the answer to a trigger, None
    for none, and `part.volts()` its voltage. Without a part an input is where its pull takes it.
    """

    def __init__(self, ticks=None):
        self.ticks = ticks or Ticks()
        self._parts = {}
        self._outputs = {}

    def attach(self, number: int, part) -> None:
        """Before the driver that uses the pin is made, as with a soldering iron."""
        self._parts[number] = part

    def part(self, number: int):
        """What is attached there, or None."""
        return self._parts.get(number)

    def level(self, number: int) -> int:
        """What an output was set to, 1 for a pin that nobody drives."""
        return self._outputs[number].value() if number in self._outputs else 1

    def input(self, number: int, pull: str = ""):
        return Input(self._parts.get(number), 0 if pull == "down" else 1)

    def output(self, number: int, level: int = 0):
        self._outputs[number] = pin = Output(self._parts.get(number), level)
        return pin

    def analog(self, number: int):
        part = self._parts.get(number)
        return Analog(part.volts if part else lambda: 0.0)

    def pwm(self, number: int, hz: int):
        return Pwm(self._parts.get(number), hz)

    def counter(self, number: int, pull: str, rising: bool, debounce_us: int, gap_us: int):
        return Counter(self.ticks, self._parts.get(number), rising, debounce_us, gap_us)

    def echo_us(self, trigger: int, echo: int, timeout_us: int) -> int:
        """Width of the pulse on `echo` that a trigger calls forth. Raises HalError timeout."""
        part = self._parts.get(echo)
        width = part.echo_us() if part else None
        if width is None or width > timeout_us:
            raise HalError("timeout", "no echo came")
        return int(width)

    def dht22(self, number: int):
        return Dht22(self._parts.get(number))

    def shift_in(self, clock, data, bits: int) -> int:
        """`bits` bits from `data`, high bit first, one after each rising edge of `clock`."""
        word = 0
        for _ in range(bits):
            clock.value(1)
            word = word << 1 | data.value()
            clock.value(0)
        return word


class Counter(Edges):
    """Edges that are worked out whenever somebody asks, not when they happen."""

    def __init__(self, ticks, part, rising, debounce_us, gap_us):
        super().__init__(ticks, debounce_us, gap_us)
        self._part = part
        self._rising = rising
        self._until = ticks.at_us

    def total(self):
        self._poll()
        return super().total()

    def take(self):
        self._poll()
        return super().take()

    def _poll(self):
        now = self._ticks.at_us
        if self._part is not None:
            for at_us, level in self._part.edges(self._until, now):
                self.edge(at_us % PERIOD, bool(level) == self._rising)
        self._until = now
