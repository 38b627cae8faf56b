"""Four analog inputs of 16 bits: TI ADS1115, each against ground.

Data sheet SBAS444D: configuration register 9.6.3 (p. 28), full scale and step 9.3.3 table 1
(p. 14), output codes 9.5.4 (p. 24). Every read is one conversion of its own (single shot, 128 per
second, 8 ms), so a channel costs no more than its reads and parts can share the converter.
"""

from struct import pack, unpack

from hal import HalError

CONVERSION, CONFIGURATION = 0, 1
BUSY = 0x8000  # as written: start; as read: idle
RANGES = (6.144, 4.096, 2.048, 1.024, 0.512, 0.256)
POLLS = 400  # a poll takes a bus at least 0.1 ms, a conversion 8.6 ms at most


class Driver:
    """V. args: input (0-3), address (0x48-0x4B), full_scale (V: 6.144, 4.096, 2.048, 1.024, 0.512
    or 0.256). Raises range at full scale."""

    def __init__(self, bus, args):
        self._bus = bus
        self._address = args.get("address", 0x48)
        full = args.get("full_scale", 4.096)
        gain = min(range(6), key=lambda index: abs(RANGES[index] - full))
        self._step = RANGES[gain] / 32768
        # Input against ground, single shot, 128 per second, comparator off.
        self._config = BUSY | 4 + args["input"] << 12 | gain << 9 | 0x0183
        self._bus.readfrom_mem(self._address, CONFIGURATION, 2)

    def read(self):
        self._bus.writeto_mem(self._address, CONFIGURATION, pack(">H", self._config))
        for _ in range(POLLS):
            config = unpack(">H", self._bus.readfrom_mem(self._address, CONFIGURATION, 2))[0]
            if config & BUSY:
                break
        else:
            raise HalError("timeout", "the conversion does not end")
        code = unpack(">h", self._bus.readfrom_mem(self._address, CONVERSION, 2))[0]
        if unpack(">H", self._bus.readfrom_mem(self._address, CONFIGURATION, 2))[0] != self._config:
            raise HalError("io", "was reset")  # before or after the code was read
        if code in (32767, -32768):
            raise HalError("range", "beyond full scale")
        return {"": code * self._step}
