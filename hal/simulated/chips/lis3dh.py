"""LIS3DH: the last 32 samples in a stream, and some more at every look."""

import math

from hal.simulated.chips import registers

RATE_HZ = 1344
SINE_HZ = 84.0
LEVELS = 32


class Chip(registers.Registers):
    """quantity: "rms" (g) of a sine of 84 Hz along the axis of `args`, on 1 g of gravity along z;
    `signal(axis, seconds)` may be replaced. `per_look`: samples that come between two looks at
    the FIFO; 0: none come."""

    RESET = {0x0F: 0x33, 0x20: 0x07}

    def __init__(self, args, quantity):
        self.per_look = 3
        self.signal = self._sine
        self._tick = 0
        super().__init__(args, quantity, 0x18)

    def brown_out(self):
        super().brown_out()
        self._held = []
        self._byte = 0

    def put(self, register, value):
        super().put(register & 0x7F, value)
        if register == 0x2E and value == 0:
            self._held = []

    def get(self, register):
        register &= 0x7F
        if register == 0x2F:
            self._advance(self.per_look)
            full = len(self._held) == LEVELS
            return (0xC0 | 31) if full else len(self._held) or 0x20
        if 0x28 <= register <= 0x2D:
            return self._output(register - 0x28)
        return super().get(register)

    def step(self, register):
        # From the last byte of a sample back to the first of the next one.
        return 0xA8 if register == 0xAD else register + 1

    def elapse(self, samples: int) -> None:
        """So many sample times pass in which nobody looks."""
        self._advance(samples)

    def _advance(self, count):
        if self.values.get(0x20, 0) >> 4 != 9 or self.values.get(0x2E, 0) >> 6 != 2:
            return
        self._tick += count
        self._held = (self._held + list(range(self._tick - count, self._tick)))[-LEVELS:]

    def _output(self, byte):
        if not self._held:
            return 0
        milli = (1, 2, 4, 12)[self.values.get(0x23, 0) >> 4 & 3] / 1000
        value = self.signal("xyz"[byte // 2], self._held[0] / RATE_HZ)
        word = registers.code(value, milli, 12) << 4
        if byte == 5:
            self._held.pop(0)
        return word >> 8 if byte & 1 else word & 255

    def _sine(self, axis, seconds):
        rest = 1.0 if axis == "z" else 0.0
        if axis != self.args.get("axis", "z"):
            return rest
        wave = math.sin(2 * math.pi * SINE_HZ * seconds)
        return rest + self.quantity("rms") * math.sqrt(2) * wave
