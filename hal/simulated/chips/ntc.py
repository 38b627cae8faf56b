"""A thermistor in a divider: its resistance by the Beta equation, or by a curve of the test's."""

import math


class Chip:
    """quantity: "" (degC). `resistance(celsius)` may be replaced. `open`: a wire is broken."""

    def __init__(self, args, quantity):
        self.args = args
        self.quantity = quantity
        self.powered = True
        self.open = False
        self.resistance = self._beta

    def attach(self, pins) -> None:
        pins.attach(self.args["pin"], self)

    def brown_out(self) -> None:
        """It keeps nothing that it could lose."""

    def volts(self) -> float:
        supply = self.args.get("supply", 3.3)
        ohm = 1e9 if self.open else self.resistance(self.quantity(""))
        share = ohm / (ohm + self.args.get("series", 10000))
        return supply * (1 - share if self.args.get("high", 0) else share)

    def _beta(self, celsius):
        inverse = 1 / (celsius + 273.15) - 1 / 298.15
        return self.args.get("r25", 10000) * math.exp(self.args.get("beta", 3950) * inverse)
