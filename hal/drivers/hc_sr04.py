"""Distance by ultrasound: HC-SR04 and the like.

ElecFreaks "HC-SR04 User Guide" p. 2: a trigger of 10 us, the echo pin high for the way there and
back (us / 58 = cm), 2 cm to 4 m, 60 ms between measurements. The speed of sound is taken for the
temperature, 331.3 + 0.606 t m/s: 10 degC change it by 1.8 %.
"""

from hal import HalError

TIMEOUT_US = 25_000  # 4.3 m there and back; waited for twice, for the start and for the end
NEAREST_M = 0.02
FARTHEST_M = 4.0


class Driver:
    """m. pins: trigger, echo; args: temperature (degC, 20)."""

    def __init__(self, bus, args):
        self._bus = bus
        self._trigger = args["trigger"]
        self._echo = args["echo"]
        self._metres_per_us = (331.3 + 0.606 * args.get("temperature", 20)) / 2e6

    def read(self):
        metres = self._bus.echo_us(self._trigger, self._echo, TIMEOUT_US) * self._metres_per_us
        if not NEAREST_M <= metres <= FARTHEST_M:
            raise HalError("range", "%.3f m" % metres)
        return {"": metres}
