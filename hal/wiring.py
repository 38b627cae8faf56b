"""Makes the sensors of a thing from its compiled board; nobody needs it once that is done.

Mistakes in the description are named with the sensor they are in, at boot.
"""

from hal import filters
from hal.sensors import Part, Sensor, Sensors


class WiringError(ValueError):
    """The compiled board cannot be used; says which sensor, what is wrong and what is allowed."""


def wire(board, periods, open_bus, find_driver=None) -> Sensors:
    """The sensors of a board.

    board: compiled board (dict); periods: seconds between readings by channel index;
    open_bus(kind, ident, pins, hz) -> bus; find_driver(name) -> the class `Driver` of a module.
    A part on no bus gets the bank of pins, open_bus("pins", 0, {}, 0). Raises WiringError.
    """
    return Wiring(board, open_bus, find_driver or _find_driver).sensors(board, periods)


class Wiring:
    """The buses and parts of a board while its sensors are made."""

    def __init__(self, board, open_bus, find_driver):
        self._find = find_driver
        self._buses = {"": open_bus and open_bus("pins", 0, {}, 0)}
        self._parts: dict = {}
        for bus in board.get("buses", ()):
            self._buses[bus["name"]] = open_bus(bus["kind"], bus["id"], bus["pins"], bus["hz"])

    def sensors(self, board, periods):
        return Sensors([self._sensor(spec, periods) for spec in board["sensors"]])

    def _sensor(self, spec, periods):
        channel = spec["channel"]
        if not 0 <= channel < len(periods):
            raise WiringError("sensor of channel %s: the product has no such channel" % channel)
        where = "sensor of channel %d: " % channel
        chain = tuple([_stage(where, words) for words in spec.get("filter", ())])
        part = self._part(where, spec)
        return Sensor(channel, periods[channel], part, spec.get("field", ""), chain)

    def _part(self, where, spec):
        name, bus, args = spec["driver"], spec.get("bus", ""), spec.get("args", {})
        key = (name, bus, str(sorted(args.items())))
        if key not in self._parts:
            if bus not in self._buses:
                raise WiringError("%sno bus %s; the board has %s" % (where, bus, _all(self._buses)))
            try:
                make = self._find(name)
            except ImportError:
                raise WiringError("%sno driver %s" % (where, name))
            self._parts[key] = Part(make, self._buses[bus], args)
        return self._parts[key]


def _stage(where, words):
    make = filters.KINDS.get(words[0])
    if make is None:
        raise WiringError("%sno filter %s; allowed: %s" % (where, words[0], _all(filters.KINDS)))
    try:
        return make(*words[1:])
    except TypeError:
        raise WiringError("%sfilter %s cannot take %s" % (where, words[0], words[1:]))


def _all(names):
    return ", ".join(sorted(names)).strip(", ") or "none"


def _find_driver(name):
    return __import__("hal.drivers." + name, None, None, ("Driver",)).Driver
