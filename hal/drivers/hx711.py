"""Load cell: Avia Semiconductor HX711, channel A with gain 128.

Data sheet "HX711, 24-bit ADC for weigh scales" (English): output format and serial interface
p. 4, timing figure 2 and power down figure 3 p. 5. Only gain 128 is used: it is what the part
falls back to after a brown-out, so that no reading is ever of another gain.
"""

from hal import HalError

SATURATED = (0x7FFFFF, -0x800000)


class Driver:
    """(counts - offset) / per_unit. pins: clock (PD_SCK), data (DOUT); args: offset (counts when
    empty), per_unit (counts per unit, 1)."""

    def __init__(self, bus, args):
        self._bus = bus
        self._clock = bus.output(args["clock"], 0)
        self._data = bus.input(args["data"], "up")
        self._offset = args.get("offset", 0)
        self._per_unit = args.get("per_unit", 1)

    def read(self):
        if self._data.value():
            # Ten conversions a second, the first 400 ms after power-up: it is busy or not there.
            raise HalError("timeout", "no conversion ready")
        word = self._bus.shift_in(self._clock, self._data, 25)
        if not word & 1:
            raise HalError("io", "DOUT is held low")  # the 25th pulse lets it rise
        counts = word >> 1
        if counts & 0x800000:
            counts -= 0x1000000
        if counts in SATURATED:
            raise HalError("range", "the bridge is beyond 20 mV")
        return {"": (counts - self._offset) / self._per_unit}
