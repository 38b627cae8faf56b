"""A meter with a pulse output: as many pulses as what flows, evenly spread, bouncing if told."""

BOUNCE_US = 300


class Chip:
    """quantity: "rate" (units in `per` seconds). `bounces`: extra edges after each pulse."""

    def __init__(self, args, quantity):
        self.args = args
        self.quantity = quantity
        self.powered = True
        self.bounces = 0
        self._share = 0.0  # of the next pulse, already flown through

    def attach(self, pins) -> None:
        pins.attach(self.args["pin"], self)

    def brown_out(self) -> None:
        """It keeps nothing that it could lose."""

    def level(self) -> int:
        return 1

    def edges(self, since_us: int, until_us: int):
        rate = self.quantity("rate") * self.args["per_unit"] / self.args.get("per", 1)
        if rate <= 0 or not self.powered:
            return
        interval = 1e6 / rate
        at = since_us + (1.0 - self._share) * interval
        while at <= until_us:
            for bounce in range(1 + self.bounces):
                yield int(at) + bounce * BOUNCE_US, 0
                yield int(at) + bounce * BOUNCE_US + BOUNCE_US // 2, 1
            at += interval
        self._share = 1.0 - (at - until_us) / interval
