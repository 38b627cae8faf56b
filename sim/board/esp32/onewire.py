"""A fake of the `onewire` that is frozen into the ESP32 port: the simulated wire, or nobody."""

import machine
import verbs  # of hal, put beside this by sim/board/chip.py: an image has no use for it


class OneWire(verbs.OneWire):
    def __init__(self, pin):
        assert pin.number >= 0
        self._bus = machine.bench[0].open_bus("onewire", 0, None, 0) if machine.bench else None

    def present(self):
        return self._bus is not None and self._bus.reset()

    def scan(self):
        return self._bus.scan() if self._bus else []

    def readbyte(self):
        return self._bus.readbyte() if self._bus else 0xFF

    def writebyte(self, value):
        if self._bus:
            self._bus.writebyte(value)
