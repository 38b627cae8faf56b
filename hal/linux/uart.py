"""Serial ports on Linux, by pyserial, with reads that never wait."""

from hal import HalError
from hal.uart import Verbs


class Uart(Verbs):
    """machine.UART: `read` gives None when nothing has come."""

    def __init__(self, ident: int, baud: int, library=None):
        try:
            if library is None:
                import serial

                library = serial
            self._port = library.Serial(
                f"/dev/serial{ident}", baud or 9600, timeout=0, write_timeout=0.05
            )
        except ImportError as error:
            raise HalError("absent", f"{error}: install the extra `pi`") from error
        except OSError as error:
            raise HalError("absent", str(error)) from error

    def any(self) -> int:
        return self._port.in_waiting

    def read(self, count: int = -1) -> bytes | None:
        try:
            return self._port.read(self._port.in_waiting if count < 0 else count) or None
        except OSError as error:
            raise HalError("io", str(error)) from error

    def write(self, data: bytes) -> int:
        try:
            return self._port.write(bytes(data))
        except OSError as error:
            raise HalError("io", str(error)) from error
