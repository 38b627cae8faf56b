"""SPI on Linux: the kernel's /dev/spidevN.0 by spidev.

The kernel moves its own chip select CE0 along; parts are selected by a pin of their own, any but
CE0 and CE1, so that several can share the bus and boards are wired alike on every port.
"""

from hal import HalError
from hal.verbs import Spi as Verbs


class Spi(Verbs):
    """machine.SPI on bus `ident`, in mode 0 until `init` says otherwise; `pins` is the port's bank
    for the selects. Opened by the first exchange, and tried again by each until it can be."""

    def __init__(self, ident: int, hz: int, pins, library=None):
        self._ident = ident
        self._hz = hz or 1_000_000
        self._mode = 0
        self._library = library
        self._bus = None
        self.pins = pins

    def init(self, baudrate: int = 1_000_000, *, polarity: int = 0, phase: int = 0, **others):
        self._hz, self._mode = baudrate, 2 * polarity + phase

    def exchange(self, data: bytes) -> bytes:
        bus = self._open()
        try:
            bus.max_speed_hz, bus.mode = self._hz, self._mode
            return bytes(bus.xfer2(list(data)))
        except OSError as error:
            raise HalError("io", str(error)) from error

    def _open(self):
        if self._bus is None:
            try:
                if self._library is None:
                    import spidev

                    self._library = spidev
                bus = self._library.SpiDev()
                bus.open(self._ident, 0)
            except ImportError as error:
                raise HalError("absent", f"{error}: install the extra `pi`") from error
            except OSError as error:
                raise HalError("absent", str(error)) from error
            self._bus = bus
        return self._bus
