"""Sensors made from the compiled board: which part is read for which channel, when, and how.

Mistakes in the description are named with the sensor they are in, at boot. A part that does not
answer is no mistake: its channels have no value, and it is looked for again at every reading.
"""

import errno

from hal import HalError, filters


class WiringError(ValueError):
    """The compiled board cannot be used; says which sensor, what is wrong and what is allowed."""


class Part:
    """One driver, made when first needed and shared by the channels that it measures."""

    def __init__(self, make, bus, args):
        self._make = make
        self._bus = bus
        self._args = args
        self._driver = None
        self._turn = None
        self._values = None
        self.problem = None  # the last HalError, None while all is well

    def read(self, turn):
        """All fields as measured in this turn; None if the part failed in it."""
        if turn != self._turn:
            self._turn = turn
            try:
                if self._driver is None:
                    self._driver = self._make(self._bus, self._args)
                    self._make = self._bus = self._args = None  # it holds what it needs of them
                self._values = self._driver.read()
                self.problem = None
            except OSError as error:
                self._values = None
                self.problem = _named(error)
        return self._values


class Sensor:
    """One channel: its part, the field of it, the filters, and when it is due."""

    def __init__(self, channel, period, part, field, chain):
        self.channel = channel
        self.due = 0
        self.part = part
        self._period = period
        self._field = field
        self._chain = chain

    def read(self, now):
        """The filtered value, or None when there is none."""
        self.due += self._period
        if self.due <= now:
            self.due = now + self._period
        values = self.part.read(now)
        if values is None:
            return None
        value = values.get(self._field)
        for stage in self._chain:
            if value is None or value != value:
                return None
            value = stage(value, now)
        return None if value is None or value != value else value


class Sensors:
    """All channels of a thing. `due` is the uptime (s) at which the next one wants to be read.

    board: compiled board (dict); periods: seconds between readings by channel index;
    open_bus(kind, ident, pins, hz) -> bus; find_driver(name) -> the class `Driver` of a module.
    A part on no bus gets the bank of pins, open_bus("pins", 0, {}, 0). Raises WiringError.
    """

    def __init__(self, board, periods, open_bus, find_driver=None):
        self._find = find_driver or _find_driver
        self._buses = {"": open_bus and open_bus("pins", 0, {}, 0)}
        self._parts: dict = {}
        for bus in board.get("buses", ()):
            self._buses[bus["name"]] = open_bus(bus["kind"], bus["id"], bus["pins"], bus["hz"])
        self.sensors = [self._sensor(spec, periods) for spec in board["sensors"]]
        del self._parts, self._buses, self._find  # what holds them wants them no more: 1 KB of heap
        self.due = 0

    def read(self, now):
        """Yield (channel, value or None) for every channel that is due."""
        due = None
        for sensor in self.sensors:
            if sensor.due <= now:
                yield sensor.channel, sensor.read(now)
            if due is None or sensor.due < due:
                due = sensor.due
        self.due = now + 1 if due is None else due

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


def _named(error):
    """A HalError as it is; what machine's own buses raise in our words."""
    if isinstance(error, HalError):
        return error
    kind = {errno.ENODEV: "absent", errno.ETIMEDOUT: "timeout"}.get(error.errno, "io")
    return HalError(kind, str(error))


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
