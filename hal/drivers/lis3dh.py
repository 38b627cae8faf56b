"""Vibration by ST LIS3DH: 64 samples in a row at 1344 Hz, as RMS, peak and so on.

Data sheet DocID17530 rev 2: FIFO in stream mode 5.1.3 (p. 23), registers 8.5-8.24 (WHO_AM_I 33h
in 0Fh, CTRL_REG1 20h, CTRL_REG4 23h, CTRL_REG5 24h, FIFO_CTRL 2Eh, FIFO_SRC 2Fh), sensitivity
table 4: high resolution, 12 bits to the left.

The FIFO keeps the last 32 samples; the 32 after them are waited for, 24 ms. Fewer than a summary
would like: kurtosis scatters by 0.6 at rest, so give it an ema filter on the board.
"""

from array import array
from struct import unpack

from hal import HalError, vibration

LEVELS = 32
SAMPLES = 64
RATE_HZ = 1344
POLLS = 400  # a poll and its data take a bus at least 0.1 ms, 32 samples 24 ms
OVERRUN = 0x40
MILLIG = {2: 1, 4: 2, 8: 4, 16: 12}  # per digit of the 12 bits (table 4)
CONTROL1 = 0x97  # 1344 Hz, all axes
STREAM = 0x80


class Driver:
    """Fields rms, peak (g), kurtosis, and band0 to band3 (g) at the frequencies `bands`. args:
    address (0x18 or 0x19), axis (x, y or z), bands (up to four frequencies in Hz, below 600),
    full_scale (g: 2, 4, 8 or 16)."""

    def __init__(self, bus, args):
        self._bus = bus
        self._address = args.get("address", 0x18)
        if self._get(0x0F, 1)[0] != 0x33:
            raise HalError("absent", "no LIS3DH at 0x%02x" % self._address)
        self._axis = "xyz".index(args.get("axis", "z"))
        self._bands = args.get("bands", ())
        full = args.get("full_scale", 8)
        self._control4 = 0x88 | (2, 4, 8, 16).index(full) << 4  # block update, high resolution
        self._scale = MILLIG[full] / 1000
        self._samples = array("h", [0] * SAMPLES)
        self._start()

    def read(self):
        held = self._burst()
        if self._get(0x20, 1)[0] != CONTROL1:  # asked last: it vouches for what was read before
            self._start()
            raise HalError("io", "was reset")
        if held == SAMPLES:
            return vibration.summary(self._samples, self._scale, RATE_HZ, self._bands)
        if held:
            raise HalError("timeout", "no new samples")
        return {}  # it has only just been started

    def _burst(self):
        """How many samples in a row could be had."""
        held = 0
        for _ in range(POLLS):
            source = self._get(0x2F, 1)[0]
            if held:
                if source & OVERRUN:
                    raise HalError("io", "samples were lost: the bus is too slow")
                held = self._take(held, min(source & 31, SAMPLES - held))
            elif source & OVERRUN:
                held = self._take(0, LEVELS)  # full, as it has been since shortly after the start
            if held == SAMPLES:
                break
        return held

    def _take(self, held, count):
        """Append `count` samples; returns how many there are then."""
        if count:
            # Bit 7 steps to the next register, and after the last axis back to the first (5.1.5).
            data = unpack("<%dh" % (3 * count), self._get(0xA8, 6 * count))
            for index in range(count):
                self._samples[held + index] = data[3 * index + self._axis] >> 4
        return held + count

    def _start(self):
        for register, value in (
            (0x20, CONTROL1),
            (0x23, self._control4),
            (0x24, 0x40),
            (0x2E, 0),
            (0x2E, STREAM),
        ):
            self._bus.writeto_mem(self._address, register, bytes((value,)))

    def _get(self, register, count):
        return self._bus.readfrom_mem(self._address, register, count)
