"""Temperature and humidity of air: Aosong DHT22 (AM2302), by what the board already has for it.

Data sheet "AM2302 Digital relative humidity & temperature sensor": frame of 40 bits and its worked
example 7.3 (p. 5), two seconds between measurements and range 5 (p. 3). The wire is read by the
ESP32's frozen `dht` or by the kernel (dht11, which serves both kinds); the driver keeps the pause.
"""

from hal import HalError

PAUSE_MS = 2000


class Driver:
    """Fields temperature (degC), humidity (%). pins: pin. Asked sooner than every two seconds it
    says again what it last said."""

    def __init__(self, bus, args):
        self._part = bus.dht22(args["pin"])
        self._ticks = bus.ticks
        self._asked = None
        self._values = {}

    def read(self):
        now = self._ticks.ticks_ms()
        if self._asked is None or not 0 <= self._ticks.ticks_diff(now, self._asked) < PAUSE_MS:
            self._asked, self._values = now, {}
            self._values = self._measure()
        return self._values

    def _measure(self):
        measured = self._part.measure()
        if measured is None:
            return {}
        celsius, humidity = measured
        if not (-40 <= celsius <= 80 and 0 < humidity <= 100):  # zero too: a frame of zeros
            raise HalError("range", "%.1f degC, %.1f %%" % measured)
        return {"temperature": celsius, "humidity": humidity}
