"""A DHT22 by MicroPython's frozen `dht`, whose bits are timed in C. Loaded only where one is."""

import dht
import machine

from hal import HalError


class Dht22:
    """`measure()`: (degC, %). It keeps the loop waiting for 23 ms."""

    def __init__(self, number: int):
        self._part = dht.DHT22(machine.Pin(number))

    def measure(self):
        try:
            self._part.measure()
        except OSError:
            raise HalError("timeout", "no answer")
        except Exception as error:  # the module has no kind of its own for a bad checksum
            raise HalError("crc", str(error))
        return self._part.temperature(), self._part.humidity()
