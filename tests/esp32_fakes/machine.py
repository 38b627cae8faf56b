"""A fake of MicroPython's `machine` on an ESP32, for the unix port: a board with a few parts.

As much as hal/esp32 and firmware/esp32 touch. Nobody answers on the buses; pins and voltages are
what LEVELS and MICROVOLTS say. A reset ends the process with RESET, and the test starts it again.
"""

import sys

PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5
RESET = 66  # exit code
LEVELS = {33: 0}  # GPIO 33: the tank's contact, closed to ground; all others are pulled up
MICROVOLTS = {34: 3_000_000}

causes = [PWRON_RESET]
fed = [0]
told: list = []  # what the clock was set to


def reset_cause():
    return causes[-1]


def reset():
    sys.exit(RESET)


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


class RTC:
    def datetime(self, when):
        told.append(when)


class Pin:
    IN, OUT, PULL_UP, PULL_DOWN, IRQ_RISING, IRQ_FALLING = 0, 1, 2, 3, 4, 8

    def __init__(self, number, mode=IN, pull=None, value=None):
        self.number = number

    def value(self, level=None):
        return LEVELS.get(self.number, 1)

    def irq(self, call, trigger):
        assert trigger


class ADC:
    ATTN_11DB = 3

    def __init__(self, pin, atten):
        self._number = pin.number

    def read_uv(self):
        return MICROVOLTS.get(self._number, 0)


class I2C:
    def __init__(self, ident, scl, sda, freq, timeout):
        assert scl.number != sda.number

    def _nobody(self, *arguments, **named):
        raise OSError(19)  # ENODEV

    writeto = readfrom = readfrom_mem = _nobody


class SPI:
    def __init__(self, ident, baudrate, sck, mosi, miso):
        assert baudrate

    def write_readinto(self, data, answer):
        answer[:] = bytes(len(data))


class UART:
    def __init__(self, ident, baudrate, tx, rx, timeout):
        assert timeout == 0

    def read(self, count=0):
        return None


class PWM:
    def __init__(self, pin, freq, duty_u16):
        assert freq

    def duty_u16(self, duty):
        assert 0 <= duty < 65536
