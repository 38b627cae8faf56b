"""I2C on Linux: the kernel's /dev/i2c-N by smbus2, one ioctl per transfer."""

import errno

from hal import HalError
from hal.verbs import I2c as Verbs


class I2c(Verbs):
    """machine.I2C on /dev/i2c-<ident>. Speed and clock stretching are the kernel's affair."""

    def __init__(self, ident: int, library=None):
        if library is None:
            import smbus2

            library = smbus2
        self._message = library.i2c_msg
        try:
            self._bus = library.SMBus(ident)
        except OSError as error:
            raise HalError("absent", str(error)) from error

    def transfer(self, address: int, data: bytes, count: int) -> bytes:
        read = self._message.read(address, count)
        messages = [self._message.write(address, data)] if data or not count else []
        try:
            self._bus.i2c_rdwr(*messages, *([read] if count else []))
        except OSError as error:
            kind = "timeout" if error.errno == errno.ETIMEDOUT else "absent"
            raise HalError(kind, f"0x{address:02x}: {error}") from error
        return bytes(read) if count else b""
