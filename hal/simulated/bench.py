"""A wired board on a bench: simulated buses, and behind every driver of the board its chip.

So a board for a real device runs in the simulator with its real drivers, filters and wiring. Each
chip measures the signal of the channel that it is read for; a calibration of the board is gone
through backwards, so that the reading comes out as the signal again.
"""

from hal.filters import points
from hal.simulated.i2c import I2c
from hal.simulated.onewire import OneWire
from hal.simulated.pins import Pins, Ticks
from hal.simulated.spi import Spi
from hal.simulated.uart import Uart

# What a chip measures besides, when no channel of the product wants to know.
USUAL = {"temperature": 21.0, "pressure": 101325.0, "humidity": 45.0, "voltage": 12.0}
TIMED = ("ds18b20", "hx711")  # chips whose conversions take simulated time


class Uptime(Ticks):
    """Microseconds that follow a clock in whole seconds, plus what was slept since."""

    def __init__(self, uptime):
        self._uptime = uptime
        self._slept = 0

    @property
    def at_us(self):
        return self._uptime() * 1_000_000 + self._slept

    @at_us.setter
    def at_us(self, value):
        self._slept = value - self._uptime() * 1_000_000


class Load:
    """What an output of the board switches, by a relay or a dimmer; `told(on)` hears of changes."""

    def __init__(self, args, told):
        self._active = args.get("active", 1)
        self._on = at_rest(args)
        self._told = told

    def drive(self, level):
        on = bool(level) == bool(self._active)
        if on != self._on:
            self._on = on
            self._told(on)


class Bench:
    """board: compiled board; channels: their names in the product's order; value(name) -> float,
    or HalError when there is none; uptime() -> seconds; switched(output, on): hears what is
    switched, if that moves anything. `open_bus` is for hal.wiring, `chips` by driver's name for
    whoever wants to break one (a list for each).
    """

    def __init__(self, board, channels, value, uptime, switched=None):
        self.pins = Pins(Uptime(uptime))
        self.chips = {}
        self._channel_names = channels
        self._value = value
        self._buses = {}
        self._names = {}
        self._converters = {}  # converters, each input of which is a part of its own to the board
        for spec in board.get("buses", ()):
            bus = self._bus_made(spec["kind"])
            self._buses[spec["kind"], spec["id"]] = self._names[spec["name"]] = bus
        wired = []
        for sensor in board["sensors"]:
            part = (sensor["driver"], sensor.get("bus", ""), sensor.get("args", {}))
            if part not in wired:
                wired.append(part)
                self._wire(part, board["sensors"])
        for output in board.get("outputs", ()) if switched else ():
            load = Load(output["args"], _named(switched, output))
            self.pins.attach(output["args"]["output"], load)

    def open_bus(self, kind, ident, pins, hz):
        return self.pins if kind == "pins" else self._buses[kind, ident]

    def _bus_made(self, kind):
        if kind == "spi":
            return Spi(self.pins)
        return {"i2c": I2c, "onewire": OneWire, "uart": Uart}[kind]()

    def _wire(self, part, sensors):
        name, bus, args = part
        fields = {}
        for sensor in sensors:
            if (sensor["driver"], sensor.get("bus", ""), sensor.get("args", {})) == part:
                fields[sensor.get("field", "")] = sensor

        def quantity(field):
            return self._measured(fields, field)

        made = self._converters.get((name, bus, args.get("address"), args.get("cs")))
        if made is not None and hasattr(made, "join"):
            made.join(args, quantity)
            return
        make = __import__("hal.simulated.chips." + name, None, None, ("Chip",)).Chip
        more = (self.pins.ticks,) if name in TIMED else ()
        chip = make(args, quantity, *more)
        chip.attach(self._names[bus] if bus else self.pins)
        self._converters[name, bus, args.get("address"), args.get("cs")] = chip
        self.chips.setdefault(name, []).append(chip)

    def _measured(self, fields, field):
        sensor = fields.get(field)
        if sensor is None:
            return USUAL.get(field)
        value = self._value(self._channel_names[sensor["channel"]])
        for stage in reversed(sensor.get("filter", ())):
            if stage[0] == "points":
                value = backwards(stage[1])(value, 0)
        return value


def outputs_at_rest(board):
    """The outputs of a compiled board: [(name, whether it is on while nobody drives its pin)]."""
    return [(output["name"], at_rest(output["args"])) for output in board.get("outputs", ())]


def at_rest(args):
    """Whether what a driver switches is on while its pin is low, or its chip dead."""
    return not args.get("active", 1)


def _named(switched, output):
    return lambda on: switched(output["name"], on)


def backwards(line):
    """The calibration that undoes another."""
    swapped = [[value, raw] for raw, value in line]
    return points(swapped if swapped[0][0] < swapped[-1][0] else swapped[::-1])
