"""Current, voltage and power of a direct current supply: TI INA219.

Data sheet SBOS448G: configuration register 8.6.2.1 (p. 19), shunt voltage 8.6.3.1 (10 uV), bus
voltage 8.6.3.2 (4 mV, bits 3-15, conversion ready bit 1), use without calibration 8.5.3 (p. 13).
The current is worked out here, which spares the calibration register and its rounding.
"""

from struct import unpack

from hal import HalError

# 32 V, +-320 mV, 128 samples averaged of each (68 ms), shunt and bus continuously.
CONFIG = b"\x3f\xff"
FULL = 32000


class Driver:
    """Fields current (A), voltage (V, at the load), power (W). args: address (0x40-0x4F), shunt
    (ohm, 0.1). Raises range when the shunt drops more than 320 mV."""

    def __init__(self, bus, args):
        self._bus = bus
        self._address = args.get("address", 0x40)
        self._shunt = args.get("shunt", 0.1)
        self._start()

    def read(self):
        shunt = unpack(">h", self._get(1))[0]
        bus = unpack(">H", self._get(2))[0]
        if self._get(0) != CONFIG:  # asked last, so that it vouches for what was read before
            self._start()
            raise HalError("io", "was reset")
        if not bus & 2:
            return {}  # the first average is not complete
        if not -FULL < shunt < FULL:
            raise HalError("range", "more than 320 mV across the shunt")
        current = shunt * 1e-5 / self._shunt
        voltage = (bus >> 3) * 0.004
        return {"current": current, "voltage": voltage, "power": current * voltage}

    def _get(self, register):
        return self._bus.readfrom_mem(self._address, register, 2)

    def _start(self):
        self._bus.writeto_mem(self._address, 0, CONFIG)
