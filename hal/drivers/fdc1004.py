"""Liquid level through the wall of a tank by capacitance: TI FDC1004.

Data sheet SNOSCY5C: measurement registers 6.6.1.1 and configuration 6.6.1.2-6.6.1.3, capacitance
(code / 2^19 pF plus 3.125 pF per step of the CAPDAC) 6.5.3.4, liquid level sensor 7.1.1: an
electrode along the tank on CIN1 and a short one, always covered, on CIN2, whose growth since
empty is the measure of the liquid, so that warmth and kind of liquid drop out.
"""

from struct import pack, unpack

from hal import HalError

IDENTITY = b"\x10\x04"
REPEAT = 0x05C0  # 100 per second, again and again, measurements 1 and 2
CAPDAC_PF = 3.125
FULL_PF = 15.0


class Driver:
    """Fields level (mm), c1 and c2 (pF, to calibrate by). args: height (mm of the reference
    electrode), empty1 and empty2 (pF of both electrodes without liquid), capdac (0-31), address.
    Raises range beyond 15 pF, or when the reference electrode is not covered."""

    def __init__(self, bus, args):
        self._bus = bus
        self._address = args.get("address", 0x50)
        self._height = args["height"]
        self._empty = args.get("empty1", 0.0), args.get("empty2", 0.0)
        self._capdac = args.get("capdac", 0)
        if self._get(0xFF) != IDENTITY:
            raise HalError("absent", "no FDC1004 at 0x%02x" % self._address)
        self._start()

    def read(self):
        done = self._get(0x0C)[1] & 0x0C
        codes = self._code(0), self._code(2)
        if unpack(">H", self._get(0x0C))[0] & 0xFFF0 != REPEAT:
            self._start()  # asked last, so that it vouches for what was read before
            raise HalError("io", "was reset")
        if done != 0x0C:
            return {}  # the first round is not complete
        c1, c2 = self._picofarad(codes[0]), self._picofarad(codes[1])
        covered = c2 - self._empty[1]
        if covered <= 0:
            raise HalError("range", "the reference electrode is not covered")
        return {"level": self._height * (c1 - self._empty[0]) / covered, "c1": c1, "c2": c2}

    def _code(self, register):
        # The high word must be read first, it holds the low one still (6.6.1.1).
        return unpack(">i", self._get(register) + self._get(register + 1))[0] >> 8

    def _picofarad(self, code):
        value = code / 524288
        if not -FULL_PF < value < FULL_PF:
            raise HalError("range", "beyond 15 pF")
        return value + CAPDAC_PF * self._capdac

    def _get(self, register):
        return self._bus.readfrom_mem(self._address, register, 2)

    def _start(self):
        # Each input against the CAPDAC (CHB 4), or alone (CHB 7) when there is none.
        second = 4 << 10 | self._capdac << 5 if self._capdac else 7 << 10
        for register, value in ((0x08, second), (0x09, 1 << 13 | second), (0x0C, REPEAT)):
            self._bus.writeto_mem(self._address, register, pack(">H", value))
