"""Buses on an ESP32: MicroPython's own, as they are. The pins come from the board file.

What the world does wrong they raise as plain OSErrors, which hal.sensors takes as it takes ours: on
I2C ENODEV when nobody acknowledges, ETIMEDOUT when a line is held.
"""

import time

import machine

from hal import HalError
from hal.esp32.pins import Pins

STRETCH_LIMIT_US = 50_000
CLOCKS, HALF_CLOCK_US = 9, 5  # the rest of a byte and its acknowledgement, at 100 kHz
BANK = Pins()  # one for all, so that nobody sets up a pin anew that another part uses


def open_bus(kind: str, ident: int, pins: dict, hz: int):
    """A bus of a compiled board, or its bank of pins. Raises HalError absent for other kinds."""
    make = KINDS.get(kind)
    if make is None:
        raise HalError("absent", "no " + kind + " on an ESP32")
    return make(ident, {name: machine.Pin(number) for name, number in pins.items()}, hz)


class I2c:
    """machine.I2C with the verbs of hal.verbs, and `free`, for a part that holds the data line.

    A part that a reset or a disturbance cut off in the middle of a byte waits for the rest of its
    clocks, for good if need be, and nobody else can speak. Not every chip's own driver gives them.
    """

    def __init__(self, ident: int, wires: dict, hz: int):
        self._scl, self._sda = wires["scl"], wires["sda"]
        self._how = ident, hz or 100_000
        bus = self.free()
        self.scan, self.readfrom, self.readfrom_into = bus.scan, bus.readfrom, bus.readfrom_into
        self.readfrom_mem, self.readfrom_mem_into = bus.readfrom_mem, bus.readfrom_mem_into
        self.writeto, self.writeto_mem = bus.writeto, bus.writeto_mem

    def free(self):
        """Clock out whoever holds the line (UM10204 3.1.16), and set the controller up anew; there
        is one object for each, which keeps its verbs."""
        scl, sda, drain = self._scl, self._sda, machine.Pin.OPEN_DRAIN
        sda.init(drain, machine.Pin.PULL_UP, value=1)
        if not sda.value():
            scl.init(drain, machine.Pin.PULL_UP, value=1)
            for _ in range(CLOCKS):
                self._clock(0)
                self._clock(1)
                if sda.value():
                    break
            self._clock(0)
            sda.value(0)
            self._clock(1)
            sda.value(1)  # data that rises while the clock is high: a stop
        ident, hz = self._how
        return machine.I2C(ident, scl=scl, sda=sda, freq=hz, timeout=STRETCH_LIMIT_US)

    def _clock(self, level):
        self._scl.value(level)
        time.sleep_us(HALF_CLOCK_US)


class Spi:
    """machine.SPI in mode 0, and beside its own verbs `pins`, the bank for the selects."""

    def __init__(self, ident: int, wires: dict, hz: int):
        bus = machine.SPI(
            ident,
            baudrate=hz or 1_000_000,
            sck=wires["sck"],
            mosi=wires["mosi"],
            miso=wires["miso"],
        )
        self.init, self.read, self.readinto = bus.init, bus.read, bus.readinto
        self.write, self.write_readinto = bus.write, bus.write_readinto
        self.pins = BANK


def open_onewire(ident: int, wires: dict, hz: int):
    """The frozen `onewire`, whose bits are timed in C."""
    import onewire

    return onewire.OneWire(wires["data"])


def open_uart(ident: int, wires: dict, hz: int):
    """`read` gives None when nothing has come."""
    return machine.UART(ident, baudrate=hz or 9600, tx=wires["tx"], rx=wires["rx"], timeout=0)


KINDS = {
    "i2c": I2c,
    "spi": Spi,
    "onewire": open_onewire,
    "uart": open_uart,
    "pins": lambda ident, wires, hz: BANK,
}
