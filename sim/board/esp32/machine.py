"""A fake of MicroPython's `machine` on an ESP32, for the unix port: a board with or without parts.

As much as hal/esp32 and firmware/esp32 touch. With `solder` the simulated chips of a board hang on
its buses and pins; without, nobody answers there, and pins and voltages are what LEVELS and
MICROVOLTS say. Interrupts come once a turn, when the watchdog is fed, if there are `lines` for
them; without, nothing turns. A reset ends the process with RESET, a deep sleep with SLEPT, and
chip.py starts it again.
"""

import errno
import sys
import time

import verbs  # of hal, put beside this by sim/board/chip.py: an image has no use for it

PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5
RESET, SLEPT = 66, 67  # exit codes
LEVELS = {33: 0}  # GPIO 33: the tank's contact, closed to ground; all others are pulled up
MICROVOLTS = {34: 3_000_000}

causes = [PWRON_RESET]
fed = [0]
told: list = []  # what the clock was set to
bench: list = []  # a hal.simulated.bench.Bench at most
lines = None  # a list of Line for pins that interrupt, if they are to


def solder(made):
    """Put the chips of a Bench on this board, before any pin or bus is opened."""
    bench.append(made)


def reset_cause():
    return causes[-1]


def reset():
    sys.exit(RESET)


def lightsleep(duration_ms):
    time.sleep_ms(duration_ms)


def deepsleep(duration_ms):
    time.sleep_ms(duration_ms)
    sys.exit(SLEPT)


def disable_irq():
    return 0


def enable_irq(state):
    assert state == 0


def time_pulse_us(pin, level, timeout):
    return -1


class WDT:
    def __init__(self, timeout):
        assert timeout >= 10_000

    def feed(self):
        fed[0] += 1
        for line in lines or ():
            line.turn()


class RTC:
    def datetime(self, when):
        told.append(when)


class Pin:
    IN, OUT, PULL_UP, PULL_DOWN, IRQ_RISING, IRQ_FALLING, OPEN_DRAIN = 0, 1, 2, 3, 4, 8, 7

    def __init__(self, number, mode=IN, pull=None, value=None):
        self.number = number
        self._part = None
        self.held = None  # the level while an interrupt looks at it
        if bench:
            pins = bench[0].pins
            pulled = "down" if pull == Pin.PULL_DOWN else "up"
            self._part = (
                pins.output(number, value or 0) if mode == Pin.OUT else pins.input(number, pulled)
            )

    def init(self, mode, pull, value):
        assert (mode, pull, value) == (Pin.OPEN_DRAIN, Pin.PULL_UP, 1)  # a bus, and nobody holds it

    def value(self, level=None):
        if self.held is not None:
            return self.held
        if self._part is None:
            return LEVELS.get(self.number, 1)
        return self._part.value() if level is None else self._part.value(level)

    def irq(self, call, trigger):
        assert trigger
        if bench and lines is not None:
            lines.append(Line(self, bench[0].pins, call, trigger))


class Line:
    """A pin whose part moves it: every edge that has become due by a turn calls the interrupt."""

    def __init__(self, pin, pins, call, trigger):
        self._pin = pin
        self._ticks = pins.ticks
        self._part = pins.part(pin.number)
        self._call = call
        self._trigger = trigger
        self._until = self._ticks.at_us
        self._waiting = []

    def turn(self):
        now = self._ticks.at_us
        self._waiting += self._part.edges(self._until, now)
        self._until = now
        while self._waiting and self._waiting[0][0] <= now:
            self._pin.held = self._waiting.pop(0)[1]
            if self._trigger & (Pin.IRQ_RISING if self._pin.held else Pin.IRQ_FALLING):
                self._call(self._pin)
        self._pin.held = None


class ADC:
    ATTN_11DB = 3

    def __init__(self, pin, atten):
        self._number = pin.number

    def read_uv(self):
        if bench:
            return bench[0].pins.analog(self._number).read_uv()
        return MICROVOLTS.get(self._number, 0)


class I2C(verbs.I2c):
    def __init__(self, ident, scl, sda, freq, timeout):
        assert scl.number != sda.number
        self._bus = bench[0].open_bus("i2c", ident, None, freq) if bench else None

    def transfer(self, address, data, count):
        if self._bus is None:
            raise OSError(errno.ENODEV)
        try:
            return self._bus.transfer(address, data, count)
        except OSError as error:
            number = errno.ETIMEDOUT if error.kind == "timeout" else errno.ENODEV
        raise OSError(number)


class SPI(verbs.Spi):
    def __init__(self, ident, baudrate, sck, mosi, miso):
        assert baudrate
        self._bus = bench[0].open_bus("spi", ident, None, baudrate) if bench else None

    def init(self, baudrate=0, **settings):
        assert baudrate

    def exchange(self, data):
        return self._bus.exchange(data) if self._bus else bytes(len(data))


class UART:
    def __init__(self, ident, baudrate, tx, rx, timeout):
        assert timeout == 0

    def read(self, count=0):
        return None


class PWM:
    def __init__(self, pin, freq, duty_u16):
        self._pwm = bench[0].pins.pwm(pin.number, freq) if bench else None
        self.duty_u16(duty_u16)

    def duty_u16(self, duty):
        assert 0 <= duty < 65536
        if self._pwm:
            self._pwm.duty_u16(duty)
