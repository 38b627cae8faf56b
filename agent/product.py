"""What the thing is: its product file, as compiled by the host and loaded at boot.

The host has checked everything a person can get wrong (boards/schema.py); what is checked here is
that these bytes are a product file of a version this agent reads.
"""

import math

from agent.wire import cbor

VERSION = 1


class ProductError(cbor.MessageError):
    """The compiled product file cannot be used; says why."""


class Channel:
    """A named signal: unit, plausible range, resolution (1/scale), how much evidence to keep."""

    def __init__(self, index, spec):
        self.index = index
        self.name = spec["name"]
        self.unit = spec["unit"]
        self.scale = spec["scale"]
        self.low = spec["low"]
        self.high = spec["high"]
        self.period_s = spec.get("period", 60)
        self.evidence = spec.get("evidence", 0)
        self.stale_s = spec.get("stale", 0)
        self.stuck_s = spec.get("stuck", 0)

    def units(self, value):
        """Return a physical value as the integer that wire and ledger carry."""
        return quantise(value, self.scale)


class Product:
    """The compiled product file.

    channels: list of Channel.  monitors, consumables: decoded maps, which are large; sense and
    stock take them, keep what they use, and leave nothing here.  sensors: maps of what to try for
    those of some channels.  habits: rows of what agent/sense/habit.py learns of.  approve: index of
    the channel of the button that says the owner's yes, or -1.  in_use: of the one that shows it in
    use, or -1.
    """

    def __init__(self, data):
        """Read compiled bytes; raises ProductError."""
        try:
            spec = cbor.decode(data)
            if spec["v"] != VERSION:
                raise ProductError("product file version %s, this agent reads %d"
                                   % (spec["v"], VERSION))
            self.name = spec["product"]
            self.version = spec["version"]
            self.channels = [Channel(i, c) for i, c in enumerate(spec["channels"])]
            self.monitors = spec.get("monitors", [])
            self.consumables = spec.get("consumables", [])
            self.sensors = spec.get("sensors", ())
            self.habits = spec.get("habits", ())
            self.approve = spec.get("approve", -1)
            self.in_use = spec.get("in_use", -1)
        except cbor.CborError as error:
            raise ProductError("product file: %s" % error)
        except (KeyError, TypeError) as error:
            raise ProductError("product file lacks %s" % error)

    def channel(self, name):
        """Return the Channel of that name, or None."""
        for channel in self.channels:
            if channel.name == name:
                return channel
        return None


def quantise(value, scale):
    """Return the nearest integer to value * scale, halves up, the same on every runtime."""
    return math.floor(value * scale + 0.5)
