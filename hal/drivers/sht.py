"""Temperature and humidity of air: Sensirion SHT30, SHT31, SHT35 and SHT40, SHT41, SHT45.

Data sheets "SHT3x-DIS" (single shot 4.3, checksum 4.12, conversion 4.13) and "SHT4x" (checksum
4.4, commands 4.5, conversion 4.6): high repeatability, without stretching of the clock.

A measurement takes 16 ms (8 ms the SHT4x), so each read collects the one that the read before has
started; the first read has no value. Whoever has nothing to give does not acknowledge.
"""

from hal import HalError

# Of each family the command, and humidity as code / 65535 * span + offset (%).
FAMILIES = {3: (b"\x24\x00", 100, 0), 4: (b"\xfd", 125, -6)}


class Driver:
    """Fields temperature (degC), humidity (%). args: address (0x44-0x46), family (3 or 4, 4)."""

    def __init__(self, bus, args):
        self._bus = bus
        self._address = args.get("address", 0x44)
        self._measure, self._span, self._offset = FAMILIES[args.get("family", 4)]
        self._started = False

    def read(self):
        started, self._started = self._started, False
        data = self._bus.readfrom(self._address, 6) if started else None
        self._bus.writeto(self._address, self._measure)
        self._started = True
        return self._values(data) if started else {}

    def _values(self, data):
        if crc8(data[:3]) or crc8(data[3:]):
            raise HalError("crc")
        warm, damp = data[0] << 8 | data[1], data[3] << 8 | data[4]
        humidity = self._offset + self._span * damp / 65535
        return {"temperature": 175 * warm / 65535 - 45, "humidity": min(max(humidity, 0), 100)}


def crc8(data):
    """x^8 + x^5 + x^4 + 1, high bit first, from 0xFF; 0 over data with its own CRC behind it."""
    crc = 0xFF
    for value in data:
        crc ^= value
        for _ in range(8):
            crc = (crc << 1 ^ 0x31) & 0xFF if crc & 0x80 else crc << 1
    return crc
