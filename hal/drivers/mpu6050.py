"""Vibration by InvenSense MPU-6050: the last 128 ms in 128 samples, as RMS, peak and so on.

Register map RM-MPU-6000A-00 rev 4.2: sample rate 4.2-4.3, range 4.5, what goes into the FIFO
4.6 (p. 16), count and data 4.30-4.31 (p. 43-44), power 4.28, identity 4.32. The FIFO holds 1024
bytes and, once full, loses the oldest for the newest. A sample with the temperature has 8 bytes
(acceleration 3 x 2, temperature 2, in order of registers), of which exactly 128 fit: so the oldest
is always lost as a whole, and what is left are the last 128 samples, however late they are read.
"""

from struct import pack, unpack_from

from hal import HalError, vibration

FIFO = 1024
SAMPLE = 8
RATE_HZ = 1000
CHUNK = 128  # bytes per transfer; the whole takes 25 ms at 400 kHz
RANGES_G = (2, 4, 8, 16)
AWAKE = 0x01  # and the clock taken from the gyroscope
SETUP = ((0x6B, AWAKE), (0x19, 0), (0x1A, 0x01))  # 1 kHz, 184 Hz low pass
COLLECT = 0x88  # temperature and acceleration into the FIFO


class Driver:
    """Fields rms, peak (g), kurtosis, and band0 to band3 (g) at the frequencies `bands`; none at
    the first read, which starts the collecting. args: address (0x68 or 0x69), axis (x, y or z),
    bands (up to four frequencies in Hz, below 184), full_scale (g: 2, 4, 8 or 16)."""

    def __init__(self, bus, args):
        self._bus = bus
        self._address = args.get("address", 0x68)
        if self._get(0x75, 1)[0] != 0x68:
            raise HalError("absent", "no MPU-6050 at 0x%02x" % self._address)
        self._axis = "xyz".index(args.get("axis", "z")) * 2
        self._bands = args.get("bands", ())
        full = args.get("full_scale", 8)
        self._range = RANGES_G.index(full) << 3
        self._scale = full / 32768
        self._fifo = bytearray(FIFO)
        self._start()

    def read(self):
        self._set(0x23, 0)  # nothing comes in while it is read out
        held = int.from_bytes(self._get(0x72, 2), "big")
        values = {}
        if held == FIFO:
            self._drain()
            samples = [unpack_from(">h", self._fifo, at)[0] for at in range(self._axis, FIFO, 8)]
            values = vibration.summary(samples, self._scale, RATE_HZ, self._bands)
        if self._get(0x6B, 1)[0] != AWAKE:  # asked last: it vouches for what was read before
            self._start()
            raise HalError("io", "was reset")
        self._collect()
        if held % SAMPLE:
            raise HalError("io", "%d bytes are no whole samples" % held)
        return values

    def _drain(self):
        view = memoryview(self._fifo)
        for at in range(0, FIFO, CHUNK):
            self._bus.readfrom_mem_into(self._address, 0x74, view[at : at + CHUNK])

    def _start(self):
        for register, value in SETUP:
            self._set(register, value)
        self._set(0x1C, self._range)
        self._collect()

    def _collect(self):
        self._set(0x6A, 0x04)  # empty the FIFO
        self._set(0x6A, 0x40)  # and let it run
        self._set(0x23, COLLECT)

    def _get(self, register, count):
        return self._bus.readfrom_mem(self._address, register, count)

    def _set(self, register, value):
        self._bus.writeto_mem(self._address, register, pack("B", value))
