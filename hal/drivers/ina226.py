"""Current, voltage and power with 16 bits: TI INA226.

Data sheet SBOS547: register set table 2, configuration (00h), shunt voltage 2.5 uV (01h), bus
voltage 1.25 mV (02h), conversion ready flag bit 3 of mask/enable (06h), identity 5449h (FEh) and
2260h (FFh). As with the INA219 the current is worked out here; the shunt is the only calibration.
"""

from struct import unpack

from hal import HalError

# 64 samples of 1.1 ms averaged of each (141 ms), shunt and bus continuously.
CONFIGURATION = b"\x47\x27"
IDENTITY = b"\x54\x49"
FULL = 32767


class Driver:
    """Fields current (A), voltage (V, at the load), power (W). args: address (0x40-0x4F), shunt
    (ohm, 0.1). Raises range when the shunt drops more than 81.9 mV."""

    def __init__(self, bus, args):
        self._bus = bus
        self._address = args.get("address", 0x40)
        self._shunt = args.get("shunt", 0.1)
        if self._get(0xFE) != IDENTITY:
            raise HalError("absent", "no INA226 at 0x%02x" % self._address)
        self._fresh = True
        self._start()

    def read(self):
        self._fresh = self._fresh and not self._get(6)[1] & 8
        shunt = unpack(">h", self._get(1))[0]
        bus = unpack(">H", self._get(2))[0]
        if self._get(0) != CONFIGURATION:  # asked last, so that it vouches for what was read before
            self._start()
            raise HalError("io", "was reset")
        if self._fresh:
            return {}  # the first average is not complete
        if not -FULL < shunt < FULL:
            raise HalError("range", "more than 81.9 mV across the shunt")
        current = shunt * 2.5e-6 / self._shunt
        voltage = bus * 0.00125
        return {"current": current, "voltage": voltage, "power": current * voltage}

    def _get(self, register):
        return self._bus.readfrom_mem(self._address, register, 2)

    def _start(self):
        self._bus.writeto_mem(self._address, 0, CONFIGURATION)
        self._fresh = True
