"""I2C on Linux: the kernel's /dev/i2c-N by smbus2, one ioctl per transfer."""

import errno

from hal import HalError
from hal.verbs import I2c as Verbs


class I2c(Verbs):
    """machine.I2C on /dev/i2c-<ident>. Speed and clock stretching are the kernel's affair.

    Opened by the first transfer, and tried again by each until it can be, so that a thing starts
    and says what is wrong even where the bus has not been switched on.
    """

    def __init__(self, ident: int, library=None):
        self._ident = ident
        self._library = library
        self._bus = None

    def transfer(self, address: int, data: bytes, count: int) -> bytes:
        bus, message = self._open(), self._library.i2c_msg
        read = message.read(address, count)
        messages = [message.write(address, data)] if data or not count else []
        try:
            bus.i2c_rdwr(*messages, *([read] if count else []))
        except OSError as error:
            kind = "timeout" if error.errno == errno.ETIMEDOUT else "absent"
            raise HalError(kind, f"0x{address:02x}: {error}") from error
        return bytes(read) if count else b""

    def _open(self):
        if self._bus is None:
            try:
                if self._library is None:
                    import smbus2

                    self._library = smbus2
                self._bus = self._library.SMBus(self._ident)
            except ImportError as error:
                raise HalError("absent", f"{error}: install the extra `pi`") from error
            except OSError as error:
                raise HalError("absent", str(error)) from error
        return self._bus
