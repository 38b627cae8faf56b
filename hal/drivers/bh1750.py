"""Illuminance: Rohm BH1750FVI.

Data sheet "BH1750FVI", technical note rev D: instruction set; count / 1.2 lx and its example under
"measurement sequence"; slave addresses. High resolution takes 180 ms at most, so each read collects
what the read before has started; the first read has no value. After a power failure the register
is empty, which is what darkness looks like: nought is believed when it comes twice.
"""

ONCE = b"\x20"  # one measurement of high resolution, then asleep


class Driver:
    """lx. args: address (0x23 or 0x5C)."""

    def __init__(self, bus, args):
        self._bus = bus
        self._address = args.get("address", 0x23)
        self._started = self._dark = False

    def read(self):
        started, self._started = self._started, False
        data = self._bus.readfrom(self._address, 2) if started else None
        self._bus.writeto(self._address, ONCE)
        self._started = True
        return {"": self._lux(data[0] << 8 | data[1])} if started else {}

    def _lux(self, count):
        dark, self._dark = self._dark, not count
        return None if self._dark and not dark else count / 1.2
