"""The verbs of `machine.UART` that follow from `read`; an ESP32 has them of its own."""


class Verbs:
    """A port gives `any`, `read(count)`, which is None when nothing has come, and `write`."""

    def read(self, count: int = -1):
        raise NotImplementedError

    def readinto(self, buffer, count: int = -1):
        """How many bytes came into the beginning of `buffer`, or None."""
        data = self.read(len(buffer) if count < 0 else count)
        if data is None:
            return None
        buffer[: len(data)] = data
        return len(data)

    def readline(self):
        """Up to a line's end, or as much of it as has come, or None; it never waits for the end."""
        line = b""
        while not line.endswith(b"\n"):
            byte = self.read(1)
            if not byte:
                break
            line += byte
        return line or None
