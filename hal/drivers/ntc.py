"""Temperature by a thermistor and a resistor across a supply, on an analog pin.

1/T is a polynomial in x = ln(R / R25). Two terms are the Beta equation (1/T0 and 1/B), three with
R25 = 1 and no square the one of Steinhart and Hart, Deep-Sea Research 15 (1968) 497; four are what
Vishay prints (document 29049, "NTC resistance values and coefficients", A1 B1 C1 D1).
"""

import math

from hal import HalError

SAMPLES = 8  # of an ADC whose noise is several codes
T25 = 298.15


class Driver:
    """degC. pins: pin; args: series (ohm, 10000), supply (V, 3.3), r25 (ohm, 10000), beta (K,
    3950), coefficients (ascending powers of x, instead of beta), high (1: the thermistor is
    between supply and pin, 0: between pin and ground). Raises range when open or shorted."""

    def __init__(self, bus, args):
        self._analog = bus.analog(args["pin"])
        self._series = args.get("series", 10000)
        self._supply = args.get("supply", 3.3) * 1e6
        self._r25 = args.get("r25", 10000)
        self._high = args.get("high", 0)
        self._terms = args.get("coefficients") or (1 / T25, 1 / args.get("beta", 3950))

    def read(self):
        share = sum(self._analog.read_uv() for _ in range(SAMPLES)) / SAMPLES / self._supply
        if not 0.01 < share < 0.99:
            raise HalError("range", "the thermistor is open or shorted")
        if self._high:
            share = 1 - share
        x = math.log(self._series * share / (1 - share) / self._r25)
        inverse = 0.0
        for term in reversed(self._terms):
            inverse = inverse * x + term
        return {"": 1 / inverse - 273.15}
