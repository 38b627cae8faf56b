"""Air temperature, pressure and humidity: Bosch BME280, and BMP280, which has no humidity.

BME280 data sheet BST-BME280-DS002 rev 1.6: memory map and registers 5.3-5.4 (p. 26), trimming
values 4.2.2 (p. 24), formulas in integers 4.2.3 (p. 25) with 64 bits for the pressure.
BMP280 data sheet BST-BMP280-DS001 rev 1.23: 3.11 (p. 21), the same formulas.

The part measures by itself once a second, so that a read is one transfer and never waits.
"""

from struct import unpack

from hal import HalError

NAMES = {0x58: "BMP280", 0x60: "BME280"}
NORMAL = 0x27  # ctrl_meas: temperature and pressure once each, normal mode
STANDBY = 0xA0  # config: 1 s between measurements, no filter
SKIPPED = 0x80000  # what the data registers hold until the first measurement (5.4.7)


class Driver:
    """Fields temperature (degC), pressure (Pa), humidity (%, BME280 only); none before the first
    measurement. args: address (0x76 or 0x77)."""

    def __init__(self, bus, args):
        self._bus = bus
        self._address = args.get("address", 0x76)
        ident = self._get(0xD0, 1)[0]
        if ident not in NAMES:
            raise HalError("absent", "id 0x%02x is no BME280 or BMP280" % ident)
        self._trim = unpack("<HhhHhhhhhhhh", self._get(0x88, 24))
        self._humid = self._humidity_trim() if ident == 0x60 else None
        self._start()

    def read(self):
        data = self._get(0xF4, 11 if self._humid else 9)
        if data[0] != NORMAL:
            self._start()
            raise HalError("io", "was reset")
        cold = data[6] << 12 | data[7] << 4 | data[8] >> 4
        if cold == SKIPPED:
            return {}
        fine = self._fine(cold)
        values = {"temperature": (fine * 5 + 128 >> 8) / 100}
        pressure = self._pressure(data[3] << 12 | data[4] << 4 | data[5] >> 4, fine)
        values["pressure"] = pressure / 256
        if self._humid:
            values["humidity"] = self._humidity(data[9] << 8 | data[10], fine) / 1024
        return values

    def _get(self, register, count):
        return self._bus.readfrom_mem(self._address, register, count)

    def _start(self):
        # Asleep first: config is not taken in normal mode, ctrl_hum only with a ctrl_meas (5.4.3).
        for register, value in ((0xF4, 0), (0xF2, 1), (0xF5, STANDBY), (0xF4, NORMAL)):
            self._bus.writeto_mem(self._address, register, bytes((value,)))

    def _humidity_trim(self):
        h2, h3, high4, low, high5, h6 = unpack("<hBbBbb", self._get(0xE1, 7))
        return self._get(0xA1, 1)[0], h2, h3, high4 * 16 | low & 15, high5 * 16 | low >> 4, h6

    def _fine(self, raw):
        t1, t2, t3 = self._trim[:3]
        off = (raw >> 4) - t1
        return (((raw >> 3) - 2 * t1) * t2 >> 11) + ((off * off >> 12) * t3 >> 14)

    def _pressure(self, raw, fine):
        """Pa in 1/256."""
        p1, p2, p3, p4, p5, p6, p7, p8, p9 = self._trim[3:]
        a = fine - 128000
        b = a * a * p6 + (a * p5 << 17) + (p4 << 35)
        a = (a * a * p3 >> 8) + (a * p2 << 12)
        a = ((1 << 47) + a) * p1 >> 33
        if not a:
            raise HalError("range", "trimming values are empty")
        p = ((1048576 - raw << 31) - b) * 3125 // a
        a = p9 * (p >> 13) * (p >> 13) >> 25
        return (p + a + (p8 * p >> 19) >> 8) + (p7 << 4)

    def _humidity(self, raw, fine):
        """% in 1/1024."""
        h1, h2, h3, h4, h5, h6 = self._humid
        v = fine - 76800
        w = ((v * h6 >> 10) * ((v * h3 >> 11) + 32768) >> 10) + 2097152
        v = ((raw << 14) - (h4 << 20) - h5 * v + 16384 >> 15) * (w * h2 + 8192 >> 14)
        v -= ((v >> 15) * (v >> 15) >> 7) * h1 >> 4
        return min(max(v, 0), 419430400) >> 12
