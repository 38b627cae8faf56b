"""A meter with a pulse output: as many pulses as what flows, evenly spread, bouncing if told."""

BOUNCE_US = 300


class Chip:
    """quantity: "rate" (units in `per` seconds), or where that is None "total" (units), of which
    it shows what is added. `bounces`: extra edges after each pulse."""

    def __init__(self, args, quantity):
        self.args = args
        self.quantity = quantity
        self.powered = True
        self.bounces = 0
        self._share = 0.0  # of the next pulse, already flown through
        self._total = None if quantity("rate") is not None else quantity("total")

    def attach(self, pins) -> None:
        pins.attach(self.args["pin"], self)

    def brown_out(self) -> None:
        """It keeps nothing that it could lose."""

    def level(self) -> int:
        return 1

    def edges(self, since_us: int, until_us: int):
        hertz = self._hertz(until_us - since_us)
        if hertz <= 0 or not self.powered:
            return
        interval = 1e6 / hertz
        at = since_us + (1.0 - self._share) * interval
        while at <= until_us:
            for bounce in range(1 + self.bounces):
                yield int(at) + bounce * BOUNCE_US, 0
                yield int(at) + bounce * BOUNCE_US + BOUNCE_US // 2, 1
            at += interval
        self._share = 1.0 - (at - until_us) / interval

    def _hertz(self, duration_us):
        """Pulses per second, over so many microseconds."""
        if self._total is None:
            return self.quantity("rate") * self.args["per_unit"] / self.args.get("per", 1)
        added = self.quantity("total") - self._total
        self._total += added
        return 1e6 * added * self.args["per_unit"] / duration_us if duration_us else 0.0
