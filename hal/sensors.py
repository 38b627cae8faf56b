"""The sensors of a thing at work: which channel is read when, from which part, through what.

Made by hal/wiring.py. A part that does not answer is no mistake: its channels have no value, and
it is looked for again at every reading.
"""

import errno

from hal import HalError


class Part:
    """One driver, made when first needed and shared by the channels that it measures."""

    def __init__(self, make, bus, args):
        self._make = make
        self._bus = bus
        self.restart(args)
        self._values = None
        self.problem = None  # the last HalError, None while all is well

    def restart(self, args):
        """Have it looked for and set up anew, with the arguments of its board, when it is read."""
        self._args = args
        self._driver = self._turn = None

    def read(self, turn):
        """All fields as measured in this turn; None if the part failed in it."""
        if turn != self._turn:
            self._turn = turn
            try:
                if self._driver is None:
                    self._driver = self._make(self._bus, self._args)
                    self._args = None  # it holds what it needs of them
                self._values = self._driver.read()
                if not isinstance(self._values, dict):
                    raise TypeError("read() gives no fields by name")
                self.problem = None
            except MemoryError:
                raise  # of the thing, not of this part: it starts anew
            except Exception as error:
                self._values = None
                self.problem = _problem_of(error)
                if self.problem.kind == "timeout" and hasattr(self._bus, "free"):
                    self._bus.free()
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
    """All channels of a thing. `due` is the uptime (s) at which the next one wants to be read."""

    def __init__(self, sensors):
        self.sensors = sensors
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


def _problem_of(error):
    """A HalError as it is; what machine's own buses raise in our words, and what a driver raises
    that does not know them, or has a mistake in it: that must not take the other parts with it.
    """
    if isinstance(error, HalError):
        return error
    if not isinstance(error, OSError):
        return HalError("io", repr(error))
    kind = {errno.ENODEV: "absent", errno.ETIMEDOUT: "timeout"}.get(error.errno, "io")
    return HalError(kind, str(error))
