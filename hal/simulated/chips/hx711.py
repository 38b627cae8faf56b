"""HX711: a word shifted out by the clock, then silence until the next conversion."""

CONVERSION_US = 100_000
SETTLING_US = 400_000


class Chip:
    """quantity: "" in the unit of the board's `offset` and `per_unit`. `ticks` is the simulated
    clock; without one there is always a conversion ready. `shorted`: DOUT is held low."""

    def __init__(self, args, quantity, ticks=None):
        self.args = args
        self.quantity = quantity
        self.powered = True
        self.shorted = False
        self._ticks = ticks
        self._ready_at = 0
        self._left = 0  # pulses until the word is out
        self._word = 0
        self._clock = 0

    def attach(self, pins) -> None:
        pins.attach(self.args["clock"], self)
        pins.attach(self.args["data"], self)

    def brown_out(self) -> None:
        self._left = 0
        self._ready_at = self._now() + SETTLING_US

    def level(self) -> int:
        if self.shorted:
            return 0
        if not self.powered:
            return 1
        if self._left:
            return self._word >> self._left - 1 & 1
        if self._clock:
            return 1  # the 25th pulse pulls it up
        return int(self._ticks is not None and self._now() < self._ready_at)

    def drive(self, level: int) -> None:
        ready = not self.level()
        rising = level and not self._clock
        self._clock = level
        if not rising or not self.powered:
            return
        if self._left:
            self._left -= 1
            if self._left == 1:
                self._left = 0
                self._ready_at = self._now() + CONVERSION_US
        elif ready:
            self._load()

    def _load(self):
        value = self.quantity("") * self.args.get("per_unit", 1) + self.args.get("offset", 0)
        counts = int(value + (0.5 if value >= 0 else -0.5))
        counts = min(max(counts, -0x800000), 0x7FFFFF)
        self._word = (counts & 0xFFFFFF) << 1
        self._left = 25

    def _now(self):
        return self._ticks.at_us if self._ticks else 0
