"""MPU-6050: acceleration into a FIFO of bytes that overwrites its oldest ones."""

import math

from hal.simulated.chips import registers

FIFO = 1024
RATE_HZ = 1000
SINE_HZ = 50.0


class Chip(registers.Registers):
    """quantity: "rms" (g) of a sine of 50 Hz along the axis of `args`, on 1 g of gravity along z;
    `signal(axis, seconds)` may be replaced. `burst_ms` pass between two looks at the FIFO, of
    which the last 1024 bytes are kept; `torn`: the FIFO loses a byte."""

    RESET = {0x6B: 0x40, 0x75: 0x68}

    def __init__(self, args, quantity):
        self.burst_ms = 1000
        self.torn = False
        self.signal = self._sine
        self._fifo = b""
        self._at = 0
        super().__init__(args, quantity, 0x68)

    def brown_out(self):
        super().brown_out()
        self._fifo = b""

    def put(self, register, value):
        if register == 0x23 and value == 0 and self.values.get(0x23):
            self._fill_fifo()
        if register == 0x6B and value & 0x80:
            self.brown_out()  # the reset bit, which clears itself (4.28)
            return
        if register == 0x6A and value & 4:
            self._fifo = b""
            value &= ~4
        super().put(register, value)

    def get(self, register):
        if register == 0x72:
            return len(self._fifo) >> 8
        if register == 0x73:
            return len(self._fifo) & 255
        if register == 0x74:
            value = self._fifo[0] if self._fifo else 0
            self._fifo = self._fifo[1:]
            return value
        if 0x3B <= register <= 0x40:
            return self._output(register - 0x3B)
        return super().get(register)

    def step(self, register):
        return register if register == 0x74 else register + 1

    def _output(self, byte):
        """Acceleration as of now, high byte first; none while it sleeps."""
        if self.values.get(0x6B, 0) & 0x40:
            return 0
        value = self.signal("xyz"[byte // 2], self._at / RATE_HZ)
        word = registers.code(value, self._step(), 16)
        return word & 255 if byte & 1 else word >> 8

    def _step(self):
        return (2 << (self.values.get(0x1C, 0) >> 3 & 3)) / 32768

    def _fill_fifo(self):
        """What the time since the last look has put in, byte by byte and the oldest lost first."""
        enabled = self.values.get(0x23, 0)
        asleep = self.values.get(0x6B, 0) & 0x40
        if asleep or not self.values.get(0x6A, 0) & 0x40:
            return
        step = self._step()
        size = (6 if enabled & 0x08 else 0) + (2 if enabled & 0x80 else 0)
        first = max(0, self.burst_ms - FIFO // size - 1)
        data = bytearray()
        for tick in range(self._at + first, self._at + self.burst_ms):
            for axis in "xyz" if enabled & 0x08 else "":
                word = registers.code(self.signal(axis, tick / RATE_HZ), step, 16)
                data += word.to_bytes(2, "big")
            if enabled & 0x80:
                data += b"\x0b\xb8"
        self._at += self.burst_ms
        self._fifo = bytes(data[-FIFO:])
        if self.torn:
            self._fifo = self._fifo[:-1]

    def _sine(self, axis, seconds):
        rest = 1.0 if axis == "z" else 0.0
        if axis != self.args.get("axis", "z"):
            return rest
        wave = math.sin(2 * math.pi * SINE_HZ * seconds)
        return rest + self.quantity("rms") * math.sqrt(2) * wave
