"""SHT3x and SHT4x: a command starts a measurement, which can be read once; else no acknowledge."""

from hal import HalError

# CRC-8 of the data sheets by a table of half bytes; the driver goes bit by bit.
HALVES = b"\x00\x31\x62\x53\xc4\xf5\xa6\x97\xb9\x88\xdb\xea\x7d\x4c\x1f\x2e"


class Chip:
    """quantity: temperature (degC), humidity (%). `noise`: a bit of what it sends is turned."""

    def __init__(self, args, quantity):
        self.address = args.get("address", 0x44)
        self.quantity = quantity
        self.powered = True
        self.noise = False
        self.stretch_us = 0
        self._old = args.get("family", 4) == 3
        self.brown_out()

    def attach(self, bus) -> None:
        bus.attach(self.address, self)

    def brown_out(self) -> None:
        self._measured = b""

    def write(self, data) -> None:
        if data != (b"\x24\x00" if self._old else b"\xfd"):
            raise HalError("absent", "it does not know that command")
        damp = self.quantity("humidity")
        share = damp / 100 if self._old else (damp + 6) / 125
        warm = (self.quantity("temperature") + 45) / 175
        self._measured = sealed(word(warm)) + sealed(word(share))

    def read(self, count: int) -> bytes:
        if not self._measured:
            raise HalError("absent", "nothing measured")
        data, self._measured = bytearray(self._measured), b""
        data[1] ^= self.noise
        return bytes(data[:count])


def word(share):
    return min(max(int(share * 65535 + 0.5), 0), 65535).to_bytes(2, "big")


def sealed(data):
    """The bytes with their checksum behind them."""
    crc = 0xFF
    for value in data:
        crc ^= value
        for _ in range(2):
            crc = (crc << 4 & 0xFF) ^ HALVES[crc >> 4]
    return data + bytes([crc])
