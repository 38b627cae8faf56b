"""Buses on Linux, with the verbs of MicroPython's `machine` classes, so that drivers are the same.

Each comes from a library of its own (extra `pi`), loaded when the bus is first used; pins of
buses are the kernel's affair and ignored. What each of them leaves out stands in its file.
"""

from hal import HalError
from hal.linux.i2c import I2c
from hal.linux.onewire import OneWire
from hal.linux.pins import Pins
from hal.linux.spi import Spi
from hal.linux.uart import Uart

BANK = Pins()  # one for all; opens the kernel's device at its first use

KINDS = {
    "i2c": lambda ident, hz: I2c(ident),
    "spi": lambda ident, hz: Spi(ident, hz, BANK),
    "onewire": lambda ident, hz: OneWire(),
    "uart": Uart,
    "pins": lambda ident, hz: BANK,
}


def open_bus(kind: str, ident: int, pins: dict, hz: int):
    """A bus of a compiled board, or its bank of pins. Raises HalError absent for what this port
    does not have. What this machine does not have is absent when it is used."""
    make = KINDS.get(kind)
    if make is None:
        raise HalError("absent", f"no {kind} on Linux")
    return make(ident, hz)
