"""DS18B20: a scratchpad, a conversion that takes its time, and a CRC."""

from binascii import unhexlify

POWER_ON = b"\x50\x05\x4b\x46\x7f\xff\x0c\x10"
CONVERSION_US = 750_000


class Chip:
    """quantity: "" (degC). `ticks` is the simulated clock; without one a conversion is at once.

    A brown-out leaves 85 degC behind and ends a conversion that was under way.
    """

    def __init__(self, args, quantity, ticks=None):
        self.rom = unhexlify(args.get("rom", "28ff641d921604a3"))
        self.quantity = quantity
        self.powered = True
        self._ticks = ticks
        self.brown_out()

    def attach(self, bus) -> None:
        bus.attach(self)

    def brown_out(self) -> None:
        self._scratchpad = bytearray(POWER_ON)
        self._converting = None
        self.reset()

    def reset(self) -> None:
        self._reading = 0
        self._settle()

    def command(self, value: int) -> None:
        if value == 0x44:
            self._converting = self._now() + (CONVERSION_US if self._ticks else 0)
            self._sampled = self.quantity("")
        elif value == 0xBE:
            self._settle()
            self._reading = 0

    def answer(self) -> int:
        data = self._scratchpad + bytes((crc(self._scratchpad),))
        value = data[self._reading]
        self._reading = min(self._reading + 1, len(data) - 1)
        return value

    def _now(self):
        return self._ticks.at_us if self._ticks else 0

    def _settle(self):
        if self._converting is None or self._now() < self._converting:
            return
        self._converting = None
        value = self._sampled
        raw = int(value * 16 + (0.5 if value >= 0 else -0.5))
        raw = min(max(raw, -880), 2000)
        self._scratchpad[0] = raw & 255
        self._scratchpad[1] = raw >> 8 & 255
        self._scratchpad[6] = 16 - (raw & 15)


def crc(data):
    """The shift register of figure 9, bit by bit."""
    register = 0
    for byte in data:
        for bit in range(8):
            feedback = (register ^ byte >> bit) & 1
            register >>= 1
            if feedback:
                register ^= 0x8C
    return register
