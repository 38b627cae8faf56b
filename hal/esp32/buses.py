"""Buses on an ESP32: MicroPython's own, as they are. The pins come from the board file.

What the world does wrong they raise as plain OSErrors, which hal.sensors takes as it takes ours: on
I2C ENODEV when nobody acknowledges, ETIMEDOUT when a line is held.
"""

import machine

from hal import HalError
from hal.esp32.pins import Pins

STRETCH_LIMIT_US = 50_000
BANK = Pins()  # one for all, so that nobody sets up a pin anew that another part uses


def open_bus(kind: str, ident: int, pins: dict, hz: int):
    """A bus of a compiled board, or its bank of pins. Raises HalError absent for other kinds."""
    make = KINDS.get(kind)
    if make is None:
        raise HalError("absent", "no " + kind + " on an ESP32")
    return make(ident, {name: machine.Pin(number) for name, number in pins.items()}, hz)


def open_i2c(ident: int, wires: dict, hz: int):
    return machine.I2C(
        ident,
        scl=wires["scl"],
        sda=wires["sda"],
        freq=hz or 100_000,
        timeout=STRETCH_LIMIT_US,
    )


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
    "i2c": open_i2c,
    "spi": Spi,
    "onewire": open_onewire,
    "uart": open_uart,
    "pins": lambda ident, wires, hz: BANK,
}
