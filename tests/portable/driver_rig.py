"""A driver on its simulated chip, for the tests of drivers on both runtimes.

The chips work the formulas the other way round, so a mistake would have to be made twice.
"""

from hal import HalError
from hal.simulated.i2c import I2c
from hal.simulated.onewire import OneWire
from hal.simulated.pins import Pins
from hal.simulated.spi import Spi

TRUTH = {
    "temperature": 21.0, "pressure": 98000.0, "humidity": 40.0, "current": 0.5, "voltage": 12.0,
    "charge": 50.0, "rate": -4.0, "level": 20.0, "rms": 0.3, "closed": 0, "": 1.0,
}  # fmt: skip


def truth(**changes):
    values = dict(TRUTH)
    values.update(changes)
    return values


BUSES = {
    "i2c": I2c,
    "onewire": OneWire,
    "spi": lambda: Spi(Pins()),
    "pins": Pins,
}


class Rig:
    """A driver, its chip and the bus between them. `truth` is what the chip is to measure."""

    def __init__(self, name, kind, args, truth, **more):
        self.truth = truth
        self.bus = BUSES[kind]()
        make = module("hal.simulated.chips." + name).Chip
        if kind == "pins" and name == "hx711":
            more["ticks"] = self.bus.ticks
        self.chip = make(args, lambda field: self.truth[field], **more)
        self.chip.attach(self.bus)
        self.driver = module("hal.drivers." + name).Driver(self.bus, args)

    def value(self, field):
        """The first value that comes; a part may need reads to start."""
        for _ in range(3):
            value = self.driver.read().get(field)
            if value is not None:
                return value
        raise AssertionError("no value after three reads")

    def kind(self):
        """The kind of error that a read ends with."""
        try:
            self.driver.read()
        except HalError as error:
            return error.kind
        return "no error"


def module(name):
    return __import__(name, None, None, ("Driver",))
