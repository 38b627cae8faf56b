"""Temperature on one wire: Maxim DS18B20.

Data sheet 19-7487 rev 6: temperature register figure 4 and table 1 (p. 6), scratchpad and CRC
figure 9 (p. 9), commands (p. 11), conversion time table 2 (p. 9).

A conversion takes 750 ms, so each read collects the one that the read before has started; the
first read has no value. After a power failure the register says 85 degC, and reserved byte 6
0x0C as never after a conversion: how the kernel's w1_therm tells the two apart, as do we.
"""

from binascii import unhexlify

from hal import HalError

CONVERT = 0x44
READ_SCRATCHPAD = 0xBE
UNCONVERTED = b"\x50\x05\x0c"


class Driver:
    """degC. args: rom (16 hex digits; may be left out where the part is alone on its wire)."""

    def __init__(self, bus, args):
        self._bus = bus
        self._rom = unhexlify(args.get("rom", ""))
        self._started = False

    def read(self):
        started, self._started = self._started, False
        data = bytearray(9)
        if started:
            self._command(READ_SCRATCHPAD)
            self._bus.readinto(data)
        self._command(CONVERT)
        self._started = True
        return {"": self._temperature(data) if started else None}

    def _command(self, command):
        if not self._bus.reset():
            raise HalError("absent", "no presence pulse")
        if self._rom:
            self._bus.select_rom(self._rom)
        else:
            self._bus.writebyte(self._bus.SKIP_ROM)
        self._bus.writebyte(command)

    def _temperature(self, data):
        if self._bus.crc8(data):
            if min(data) == 0xFF:
                raise HalError("absent", "nobody answers to the rom")
            raise HalError("crc")
        if not data[4]:
            raise HalError("io", "the wire is held low")
        if data[:2] + data[6:7] == UNCONVERTED:
            raise HalError("io", "was reset")
        raw = data[0] | data[1] << 8
        if raw & 0x8000:
            raw -= 0x10000
        unused = 3 - (data[4] >> 5 & 3)  # low bits that a coarser resolution leaves undefined
        return (raw >> unused << unused) / 16
