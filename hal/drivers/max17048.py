"""What is left in a lithium cell: Maxim MAX17048 (one cell) and MAX17049 (two).

Data sheet 19-6171 rev 7, table 2 "Register summary" (p. 10): VCELL 02h in 78.125 uV per cell, SOC
04h in 1/256 %, VERSION 08h 001xh, CRATE 16h in 0.208 % per hour, STATUS 1Ah with the reset
indicator RI in bit 8. The model needs no setup; after a reset its first estimate is a guess.
"""

from struct import unpack

from hal import HalError


class Driver:
    """Fields charge (%), voltage (V per cell), rate (% per hour, below zero when discharging).
    args: address (0x36)."""

    def __init__(self, bus, args):
        self._bus = bus
        self._address = args.get("address", 0x36)
        version = self._get(">H", 0x08)
        if version & 0xFFF0 != 0x0010:
            raise HalError("absent", "version 0x%04x is no MAX17048" % version)
        self._clear_reset()

    def read(self):
        values = {
            "charge": self._get(">H", 0x04) / 256,
            "voltage": self._get(">H", 0x02) * 78.125e-6,
            "rate": self._get(">h", 0x16) * 0.208,
        }
        if self._get(">H", 0x1A) & 0x0100:  # asked last: it vouches for what was read before
            self._clear_reset()
            raise HalError("io", "was reset")
        return values

    def _get(self, kind, register):
        return unpack(kind, self._bus.readfrom_mem(self._address, register, 2))[0]

    def _clear_reset(self):
        self._bus.writeto_mem(self._address, 0x1A, b"\x00\x00")
