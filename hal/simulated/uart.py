"""A simulated serial port: what was written waits for the test, what the test sends is read."""

from hal.uart import Verbs


class Uart(Verbs):
    """machine.UART whose reads never wait. `sent` collects what the driver wrote."""

    def __init__(self):
        self.sent = b""
        self._waiting = b""

    def receive(self, data: bytes) -> None:
        """The other end sends `data`."""
        self._waiting += data

    def any(self) -> int:
        return len(self._waiting)

    def read(self, count: int = -1):
        """At most `count` bytes of what has arrived, None if nothing has."""
        if not self._waiting:
            return None
        if count < 0:
            count = len(self._waiting)
        data, self._waiting = self._waiting[:count], self._waiting[count:]
        return data

    def write(self, data) -> int:
        self.sent += bytes(data)
        return len(data)
