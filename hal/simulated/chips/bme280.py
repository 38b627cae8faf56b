"""BME280 and BMP280, with the formulas in floating point (appendix 8.1 of both data sheets).

The driver uses the ones in integers, so the two check each other. The trimming values of the
pressure are those of Bosch's worked example, those of the humidity a part's as they are typical.
"""

from struct import pack

from hal.simulated.chips import registers

T1, T2, T3 = 27504, 26435, -1000
PRESSURE = (36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000)
H1, H2, H3, H4, H5, H6 = 75, 362, 9, 315, 50, 30
TRIM = pack("<Hhh", T1, T2, T3) + pack("<Hhhhhhhhh", *PRESSURE)
TRIM_HUMID = pack("<hBbBbb", H2, H3, H4 >> 4, (H5 & 15) << 4 | H4 & 15, H5 >> 4, H6)


class Chip(registers.Registers):
    """quantity: temperature (degC), pressure (Pa), humidity (%); `ident` 0x58 makes it a BMP280."""

    RESET = {0xFA: 0x80, 0xF7: 0x80, 0xFD: 0x80}

    def __init__(self, args, quantity, ident=0x60):
        self.ident = ident
        super().__init__(args, quantity, 0x76)

    def get(self, register):
        if 0x88 <= register < 0x88 + len(TRIM):
            return TRIM[register - 0x88]
        if self.ident == 0x60 and 0xE1 <= register < 0xE1 + len(TRIM_HUMID):
            return TRIM_HUMID[register - 0xE1]
        if register == 0xA1:
            return H1
        if register == 0xD0:
            return self.ident
        return super().get(register)

    def put(self, register, value):
        if register == 0xF2:
            self._humid = value  # taken with the next ctrl_meas (5.4.3)
            return
        if register == 0xF5 and self.values.get(0xF4, 0) & 3:
            return  # "may be ignored" outside sleep (5.4.6), so here it is
        if register == 0xF4:
            self.values[0xF2] = self._humid
            if value & 3 in (1, 2):  # forced: one measurement, and back to sleep (3.3.3)
                super().put(register, value)
                self._measure()
                value &= ~3
        super().put(register, value)

    def brown_out(self):
        super().brown_out()
        self._humid = 0

    def read(self, count):
        # In normal mode there is always a measurement of late; a burst sees one of them (4.1).
        if self.values.get(0xF4, 0) & 3 == 3:
            self._measure()
        return super().read(count)

    def _measure(self):
        cold = search(lambda raw: fine(raw) / 5120, self.quantity("temperature"), 20)
        air = fine(cold)
        high = search(lambda raw: -pressure(raw, air), -self.quantity("pressure"), 20)
        for at, raw in ((0xFA, cold), (0xF7, high)):
            self.values[at] = raw >> 12
            self.values[at + 1] = raw >> 4 & 255
            self.values[at + 2] = (raw & 15) << 4
        if self.ident == 0x60 and self.values.get(0xF2, 0):
            raw = search(lambda raw: humidity(raw, air), self.quantity("humidity"), 16)
            self.values[0xFD] = raw >> 8
            self.values[0xFE] = raw & 255


def search(formula, wanted, bits):
    """The raw word for which a rising formula comes nearest to what is wanted."""
    raw = 0
    for bit in range(bits - 1, -1, -1):
        if formula(raw | 1 << bit) <= wanted:
            raw |= 1 << bit
    if raw + 1 < 1 << bits and formula(raw + 1) - wanted < wanted - formula(raw):
        raw += 1
    return raw


def fine(raw):
    a = (raw / 16384.0 - T1 / 1024.0) * T2
    b = (raw / 131072.0 - T1 / 8192.0) ** 2 * T3
    return a + b


def pressure(raw, air):
    p1, p2, p3, p4, p5, p6, p7, p8, p9 = PRESSURE
    a = air / 2.0 - 64000.0
    b = a * a * p6 / 32768.0 + a * p5 * 2.0
    b = b / 4.0 + p4 * 65536.0
    a = (p3 * a * a / 524288.0 + p2 * a) / 524288.0
    a = (1.0 + a / 32768.0) * p1
    p = (1048576.0 - raw - b / 4096.0) * 6250.0 / a
    return p + (p9 * p * p / 2147483648.0 + p * p8 / 32768.0 + p7) / 16.0


def humidity(raw, air):
    h = air - 76800.0
    h = (raw - (H4 * 64.0 + H5 / 16384.0 * h)) * (
        H2 / 65536.0 * (1.0 + H6 / 67108864.0 * h * (1.0 + H3 / 67108864.0 * h))
    )
    return h * (1.0 - H1 * h / 524288.0)
