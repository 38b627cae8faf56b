"""SPI on Linux: the kernel's /dev/spidevN.0 by spidev.

The kernel moves its own chip select CE0 along; parts are selected by a pin of their own, any but
CE0 and CE1, so that several can share the bus and boards are wired alike on every port.
"""

from hal import HalError
from hal.verbs import Spi as Verbs


class Spi(Verbs):
    """machine.SPI in mode 0 on bus `ident`; `pins` is the port's bank for the selects."""

    def __init__(self, ident: int, hz: int, pins, library=None):
        if library is None:
            import spidev

            library = spidev
        self._bus = library.SpiDev()
        try:
            self._bus.open(ident, 0)
        except OSError as error:
            raise HalError("absent", str(error)) from error
        self._bus.max_speed_hz = hz or 1_000_000
        self._bus.mode = 0
        self.pins = pins

    def exchange(self, data: bytes) -> bytes:
        try:
            return bytes(self._bus.xfer2(list(data)))
        except OSError as error:
            raise HalError("io", str(error)) from error
